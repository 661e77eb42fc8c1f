interface BeatPlotProps {
  /** Samples, nominally in [0, 1]. */
  readonly beat: Float32Array;
  readonly reconstruction?: Float32Array | undefined;
  readonly label?: string;
  /** The values at the lower and upper edge; default slightly more than [0, 1]. */
  readonly range?: readonly [number, number] | undefined;
  /** Height at a width of {@link WIDTH}; the plot stretches to its container. */
  readonly height?: number;
}

const WIDTH = 278;

/** A heartbeat and its reconstruction, with the area between them filled. */
export function BeatPlot({
  beat,
  reconstruction,
  label = 'A heartbeat and its reconstruction',
  range: [low, high] = [-0.05, 1.05],
  height = 120,
}: BeatPlotProps) {
  const x = (t: number): string => ((t / (beat.length - 1)) * WIDTH).toFixed(1);
  const y = (value: number): string => (((high - value) / (high - low)) * height).toFixed(1);
  const line = (values: Float32Array): string => [...values].map((value, t) => `${x(t)},${y(value)}`).join(' ');
  return (
    <svg class="beat" viewBox={`0 0 ${WIDTH} ${height}`} role="img" aria-label={label} preserveAspectRatio="none">
      {reconstruction && (
        <polygon class="between" points={`${line(beat)} ${line(reconstruction).split(' ').reverse().join(' ')}`} />
      )}
      <polyline class="signal" points={line(beat)} />
      {reconstruction && <polyline class="reconstruction" points={line(reconstruction)} />}
    </svg>
  );
}

/** Names the lines of the plots. */
export function BeatLegend({ signal }: { signal: string }) {
  return (
    <ul class="curve-names">
      <li>
        <span class="line" style={{ color: 'var(--text)' }} aria-hidden="true" />
        {signal}
      </li>
      <li>
        <span class="line" style={{ color: 'var(--class-1)' }} aria-hidden="true" />
        the autoencoder’s reconstruction
      </li>
    </ul>
  );
}
