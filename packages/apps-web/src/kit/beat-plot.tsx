interface BeatPlotProps {
  /** Samples, nominally in [0, 1]. */
  readonly beat: Float32Array;
  readonly reconstruction?: Float32Array | undefined;
  readonly label?: string;
  /** The values at the lower and upper edge; default slightly more than [0, 1]. */
  readonly range?: readonly [number, number] | undefined;
  /** Height at a width of 278; the plot stretches to its container. */
  readonly height?: number;
}

const STEP = 2;

/** A heartbeat and its reconstruction, with the area between them filled. */
export function BeatPlot({
  beat,
  reconstruction,
  label = 'A heartbeat and its reconstruction',
  range: [low, high] = [-0.05, 1.05],
  height = 120,
}: BeatPlotProps) {
  const width = (beat.length - 1) * STEP;
  const y = (value: number): string => (((high - value) / (high - low)) * height).toFixed(1);
  const line = (values: Float32Array): string => [...values].map((value, t) => `${t * STEP},${y(value)}`).join(' ');
  return (
    <svg class="beat" viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label} preserveAspectRatio="none">
      {reconstruction && (
        <polygon class="between" points={`${line(beat)} ${line(reconstruction).split(' ').reverse().join(' ')}`} />
      )}
      <polyline class="signal" points={line(beat)} />
      {reconstruction && <polyline class="reconstruction" points={line(reconstruction)} />}
    </svg>
  );
}
