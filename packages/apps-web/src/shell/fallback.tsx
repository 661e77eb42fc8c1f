/** Instead of the pages, where there is no WebGPU: why, who has it, and the pictures anyway. */
export function Fallback({ reason }: { reason: string }) {
  return (
    <article class="page">
      <header>
        <h1>This demo needs WebGPU</h1>
        <p class="lead">{reason} The models run on the graphics card, through WebGPU, which these browsers have:</p>
      </header>
      <ul class="browsers">
        <li>
          <b>Chrome, Edge and Opera</b> 113 or newer on Windows, macOS and ChromeOS, and 121 or newer on Android
        </li>
        <li>
          <b>Chrome</b> on Linux with a recent driver; older ones need the flag{' '}
          <code>chrome://flags/#enable-unsafe-webgpu</code>
        </li>
        <li>
          <b>Safari</b> 26 or newer on macOS, iOS, iPadOS and visionOS
        </li>
        <li>
          <b>Firefox</b> 141 or newer on Windows, and 145 or newer on Macs with Apple silicon
        </li>
      </ul>
      <p>Until then, this is what there is to see:</p>
      <div class="pictures">
        <figure>
          <img
            src="pictures/plane.png"
            alt="A square map of decoded garments that change from boots over trousers to shirts, beside the codes of the test set, coloured by class."
          />
          <figcaption>
            The latent plane: every point of it is a garment. Coloured points are test images, put there by the encoder.
          </figcaption>
        </figure>
      </div>
    </article>
  );
}
