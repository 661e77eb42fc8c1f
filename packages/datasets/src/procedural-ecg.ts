import type { SeriesDataset } from './dataset.ts';
import { BEAT_LENGTH, ecg5000 } from './ecg5000.ts';
import { Draw } from './procedural/random.ts';

/** A Gaussian bump: its centre and standard deviation in samples, and its height. */
type Wave = readonly [at: number, width: number, height: number];

/** The six waves of a beat as cut in ECG5000: S, ST segment, the rise to T, T, P of the next beat, and its S. */
type Shape = readonly Wave[];

const NORMAL: Shape = [
  [3.4, 1.9, -4.3],
  [34, 9, -0.7],
  [80, 18, 0.8],
  [103.5, 4.2, 1.4],
  [133.5, 2.8, 1.4],
  [141.5, 1.6, -2.5],
];

/** Kinds of abnormal beats, and the share of each among them. */
const ABNORMAL: readonly { readonly share: number; readonly shape: Shape }[] = [
  {
    share: 0.84, // the next beat comes too early, on the T wave of this one
    shape: [
      [5, 2.9, -2.9],
      [50, 10, -0.2],
      [104, 24, 0.9],
      [108, 6, 0.1],
      [128, 3, 0],
      [135.3, 2.7, -4.6],
    ],
  },
  {
    share: 0.06, // widened: the beat starts in a ventricle and spreads slowly
    shape: [
      [6.5, 5, -3.6],
      [40, 12, -0.5],
      [85, 18, 0.7],
      [112, 7, 1],
      [134, 4, 0.8],
      [141, 3.5, -2.5],
    ],
  },
  {
    share: 0.06, // inverted T wave
    shape: [
      [4, 2.2, -3.4],
      [38, 9, -0.3],
      [80, 20, 0.7],
      [106, 5.5, -1.3],
      [131, 3.5, 1.7],
      [141.5, 1.6, -1.5],
    ],
  },
  {
    share: 0.04, // a premature beat in the middle of the cycle
    shape: [
      [3.6, 2, -3],
      [34, 9, -0.4],
      [70, 14, 0.6],
      [92, 5, 1.2],
      [128, 6, 0.6],
      [112, 3.4, -4.2],
    ],
  },
];

/** Normal beats in fifty: 58 %, as in ECG5000. */
const NORMAL_OF_FIFTY = 29;

/**
 * The stand-in for ECG5000: beats in the same format and balance (58 % normal), drawn by code as sums of Gaussian
 * waves. Abnormal beats are blends of a normal beat and one of four abnormal kinds, most of them far enough from normal
 * to be detected. The same seed gives the same samples (in one JavaScript engine: the last digit of its exponentials
 * may differ in another).
 *
 * @param options.seed an integer, default 0
 * @param options.count total number of beats in both splits, default 5 000
 * @throws DataError if the count is less than two
 */
export function proceduralEcg(options: { seed?: number; count?: number } = {}): SeriesDataset {
  const { seed = 0, count = 5_000 } = options;
  const normal = Uint8Array.from({ length: count }, (_, i) => (i % 50 < NORMAL_OF_FIFTY ? 1 : 0));
  const values = new Float32Array(count * BEAT_LENGTH);
  normal.forEach((isNormal, i) => {
    const draw = new Draw(seed, i);
    const shape = isNormal ? NORMAL : between(NORMAL, drawKind(draw), Math.min(1, draw.between(0.25, 1.8)));
    values.set(drawBeat(draw, shape), i * BEAT_LENGTH);
  });
  return ecg5000({ count, values, normal }, 'procedural');
}

function drawKind(draw: Draw): Shape {
  let left = draw.between(0, 1);
  const kind = ABNORMAL.find(({ share }) => {
    left -= share;
    return left < 0;
  });
  return (kind ?? ABNORMAL[0]!).shape;
}

/** The shape at `way` (0 .. 1) between two shapes. */
function between(from: Shape, to: Shape, way: number): Shape {
  const mix = (a: number, b: number) => a + (b - a) * way;
  return from.map(([at, width, height], i) => {
    const other = to[i]!;
    return [mix(at, other[0]), mix(width, other[1]), mix(height, other[2])];
  });
}

/** One beat of this shape with random pace, waves, baseline drift and noise; mean 0, sample standard deviation 1. */
function drawBeat(draw: Draw, shape: Shape): Float64Array {
  const unrest = draw.chance(0.1) ? 2 : 1;
  const pace = 1 + 0.018 * unrest * bell(draw);
  const waves = shape.map(([at, width, height]) => ({
    at: at * pace + 0.9 * bell(draw),
    width: width * (1 + 0.12 * bell(draw)),
    height: height * (1 + 0.2 * unrest * bell(draw)),
  }));
  const drift = 0.25 * unrest * bell(draw);
  const noise = draw.between(0.04, 0.12);
  const beat = new Float64Array(BEAT_LENGTH);
  for (let t = 0; t < BEAT_LENGTH; t++) {
    beat[t] = drift * Math.cos((Math.PI * t) / BEAT_LENGTH) + noise * draw.between(-1, 1);
    for (const { at, width, height } of waves) beat[t]! += height * Math.exp(-0.5 * ((t - at) / width) ** 2);
  }
  return standardised(beat);
}

/** A bell-shaped random number with mean 0 and standard deviation 1, from -3 to 3. */
function bell(draw: Draw): number {
  return draw.between(-1, 1) + draw.between(-1, 1) + draw.between(-1, 1);
}

function standardised(beat: Float64Array): Float64Array {
  const mean = beat.reduce((sum, value) => sum + value, 0) / beat.length;
  const squares = beat.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / (beat.length - 1));
  return beat.map((value) => (value - mean) / deviation);
}
