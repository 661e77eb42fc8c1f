import type { ComponentChildren } from 'preact';
import { Page } from '../kit/frames.tsx';

interface Browser {
  readonly key: string;
  /** Matches the user agent of this browser. */
  readonly agent: RegExp;
  readonly advice: ComponentChildren;
}

const BROWSERS: readonly Browser[] = [
  {
    key: 'chrome',
    agent: /(Windows|Mac OS|CrOS|Android).*Chrome/,
    advice: (
      <>
        <b>Chrome, Edge and Opera</b> 113 or newer on Windows, macOS and ChromeOS, and 121 or newer on Android
      </>
    ),
  },
  {
    key: 'linux',
    agent: /X11; Linux.*Chrome/,
    advice: (
      <>
        <b>Chrome</b> on Linux with a recent driver; with older drivers, set the flag{' '}
        <code>chrome://flags/#enable-unsafe-webgpu</code>
      </>
    ),
  },
  {
    key: 'safari',
    agent: /Version\/.*Safari/,
    advice: (
      <>
        <b>Safari</b> 26 or newer on macOS, iOS, iPadOS and visionOS
      </>
    ),
  },
  {
    key: 'firefox',
    agent: /Firefox/,
    advice: (
      <>
        <b>Firefox</b> 141 or newer on Windows, and 145 or newer on Macs with Apple silicon
      </>
    ),
  },
];

/** The browsers with WebGPU, the visitor's first. Old browsers, which need this page most, lack `toSorted`. */
const browsersFor = (agent: string): readonly Browser[] =>
  [...BROWSERS].sort((a, b) => Number(b.agent.test(agent)) - Number(a.agent.test(agent)));

/** Replaces the pages where WebGPU is missing: the reason, the browsers that have it, and some pictures. */
export function Fallback({ reason }: { reason: string }) {
  return (
    <Page
      title="This demo needs WebGPU"
      lead={`${reason} The models run on the graphics card through WebGPU, which these browsers have:`}
    >
      <ul class="browsers">
        {browsersFor(navigator.userAgent).map(({ key, advice }) => (
          <li key={key}>{advice}</li>
        ))}
      </ul>
      <p>This is what you would see:</p>
      <div class="pictures">
        <figure>
          <img
            src="pictures/plane.jpg"
            alt="A map of decoded garments that change from shoes through trousers to shirts and bags, overlaid with the codes of test images, coloured by class."
          />
          <figcaption>
            The latent plane: every point on it is a garment. Coloured points are test images, placed by the encoder.
          </figcaption>
        </figure>
        <figure>
          <img
            src="pictures/cartoons.jpg"
            alt="Twenty-five faces drawn at random, and one of them with sliders for the directions along which faces differ."
          />
          <figcaption>
            Cartoons: faces that nobody drew, made from random numbers, with sliders to steer one.
          </figcaption>
        </figure>
      </div>
    </Page>
  );
}
