import { useMemo, useRef } from 'preact/hooks';
import type { Activation } from '../../engine/api.ts';
import { Picture } from '../../kit/picture.tsx';

/** Channels shown of each stage. */
const SHOWN = 4;

interface StageColumnProps {
  /** Height and width of a channel. */
  readonly side: number;
  readonly activation: Activation | undefined;
}

/** A few channels of a stage as pictures, each from its lowest value (paper) to its highest (ink). */
export function StageColumn({ side, activation }: StageColumnProps) {
  const chosen = useRef<readonly number[]>([]);
  const pictures = useMemo(() => {
    if (activation === undefined) return undefined;
    // Keeps the same channels while the input changes, so that the visitor can follow them
    if (chosen.current.length === 0) chosen.current = clearest(activation);
    return scaledChannels(activation, chosen.current);
  }, [activation]);
  const channels = activation?.shape[2];
  return (
    <div class="stage-column" style={{ '--side': side }}>
      {Array.from({ length: SHOWN }, (_, i) => (
        <Picture
          key={i}
          rows={pictures}
          index={i}
          shape={[side, side, 1]}
          label={`Channel ${(chosen.current[i] ?? i) + 1} of ${channels ?? '…'}, ${side} by ${side}`}
        />
      ))}
      <span>
        {side}×{side}
        {channels !== undefined && <small>4 of {channels}</small>}
      </span>
    </div>
  );
}

const channelOf = ({ shape, values }: Activation, channel: number): Float32Array =>
  values.filter((_, i) => i % shape[2]! === channel);

/** The channels in which shapes stand out most from the grain: those whose means of 3×3 pixels vary most. */
function clearest(activation: Activation): number[] {
  const scores = Array.from({ length: activation.shape[2]! }, (_, channel) => {
    const values = channelOf(activation, channel);
    const spread = variance(values);
    return { channel, score: spread > 0 ? variance(blockMeans(values, activation.shape[1]!)) / spread : 0 };
  });
  return scores
    .sort((a, b) => b.score - a.score)
    .slice(0, SHOWN)
    .map(({ channel }) => channel);
}

function variance(values: Float32Array): number {
  const mean = values.reduce((a, b) => a + b) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
}

/** The mean of each pixel and its neighbours. */
const blockMeans = (values: Float32Array, width: number): Float32Array =>
  values.map((_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    let [sum, count] = [0, 0];
    for (let row = Math.max(0, y - 1); row <= Math.min(values.length / width - 1, y + 1); row++) {
      for (let column = Math.max(0, x - 1); column <= Math.min(width - 1, x + 1); column++) {
        sum += values[row * width + column]!;
        count++;
      }
    }
    return sum / count;
  });

/** Share of the pixels at each end that may saturate: single extreme pixels would hide all others. */
const EXTREME = 0.03;

/** The channels as pictures [n, height, width, 1] in [0, 1]. */
function scaledChannels(activation: Activation, channels: readonly number[]): Float32Array {
  const [height, width] = activation.shape as [number, number];
  const rows = new Float32Array(channels.length * height * width);
  channels.forEach((channel, i) => {
    const values = channelOf(activation, channel);
    const sorted = values.toSorted();
    const cut = Math.floor(EXTREME * values.length);
    const low = sorted[cut]!;
    const range = sorted[values.length - 1 - cut]! - low || 1;
    rows.set(
      values.map((value) => Math.min(1, Math.max(0, (value - low) / range))),
      i * height * width,
    );
  });
  return rows;
}
