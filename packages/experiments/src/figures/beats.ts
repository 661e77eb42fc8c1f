import { area, line } from 'd3-shape';
import { chart, extent, linearAxis, type Panel } from './chart.ts';
import { checkCount, checkFinite } from './check.ts';
import { PALETTE } from './palette.ts';

export interface Beat {
  /** The beat's name, such as `Normal beat`. */
  readonly title: string;
  /** Amplitudes. */
  readonly samples: ArrayLike<number>;
  /** As long as `samples`. */
  readonly reconstruction: ArrayLike<number>;
  /** The error of the reconstruction. */
  readonly error: number;
}

const [BEAT, RECONSTRUCTION] = PALETTE;
const BEAT_LINE = `fill="none" stroke="${BEAT}" stroke-width="1.5" stroke-linejoin="round"`;
const RECONSTRUCTION_LINE = `fill="none" stroke="${RECONSTRUCTION}" stroke-width="1.5" stroke-dasharray="5 2" stroke-linejoin="round"`;
const DIFFERENCE = `fill="${RECONSTRUCTION}" fill-opacity="0.25"`;

export interface BeatFigureOptions {
  /** The figure's title; default: a description of its content. */
  readonly title?: string;
  readonly beats: readonly Beat[];
  /** The name of the error measure; default `mean absolute error`. */
  readonly measure?: string;
}

/**
 * Draws heartbeats next to each other on one amplitude axis as SVG, each with its reconstruction and the area between
 * them filled.
 *
 * @throws RangeError if there are no beats, a beat has no samples, a reconstruction is not as long as its beat, or a
 *   number is not finite
 */
export function beatFigure({
  title: heading = 'Heartbeats and their reconstructions',
  beats,
  measure = 'mean absolute error',
}: BeatFigureOptions): string {
  if (beats.length === 0) throw new RangeError('A figure of beats needs at least one beat.');
  for (const { title, samples, reconstruction, error } of beats) {
    if (samples.length === 0) throw new RangeError(`A beat needs at least one sample; “${title}” has none.`);
    checkCount('A beat', 'values in its reconstruction', reconstruction.length, 'samples', samples.length);
    checkFinite(`samples of “${title}”`, samples);
    checkFinite(`reconstruction of “${title}”`, reconstruction);
    checkFinite(`error of “${title}”`, [error]);
  }
  const y = linearAxis(
    'amplitude',
    extent(beats.flatMap(({ samples, reconstruction }) => [...Array.from(samples), ...Array.from(reconstruction)])),
    6,
  );
  const panels = beats.map(({ title, samples, reconstruction, error }): Panel => {
    const values = Array.from(samples);
    return {
      title: `${title} · ${measure} ${Number(error.toPrecision(3))}`,
      x: linearAxis('sample', [0, Math.max(1, samples.length - 1)], 7),
      y,
      height: 240,
      marks: (toX, toY) => {
        const at = (_: number, i: number) => toX(i);
        const between = area<number>(at, toY, (_, i) => toY(reconstruction[i]!));
        const curve = line<number>(at, toY);
        return [
          `<path d="${between(values)}" ${DIFFERENCE}/>`,
          `<path d="${curve(values)}" ${BEAT_LINE}/>`,
          `<path d="${curve(Array.from(reconstruction))}" ${RECONSTRUCTION_LINE}/>`,
        ];
      },
    };
  });
  return chart({
    title: heading,
    rows: [panels],
    width: 450 * beats.length - 50,
    legend: [
      { label: 'beat', mark: `<path d="M-9,0H9" ${BEAT_LINE}/>` },
      { label: 'reconstruction', mark: `<path d="M-9,0H9" ${RECONSTRUCTION_LINE}/>` },
      { label: 'difference', mark: `<rect x="-9" y="-5" width="18" height="10" ${DIFFERENCE}/>` },
    ],
  });
}
