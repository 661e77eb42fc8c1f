import { cpus } from 'node:os';
import { curve, type Figure } from '@hourglass/experiments';
import type { OutputFolder } from '../io/output-folder.ts';
import { profileTable } from './profile.ts';
import { readBackTable } from './read-back.ts';
import type { BenchResult, ProfileResult, ReadBackResult, ScalingResult } from './results.ts';
import { type ScalingPoint, scalingTable } from './scaling.ts';
import { formatMarkdown, LEGEND, timingTable } from './table.ts';

/** All measurements on one adapter. */
export interface Report {
  readonly timing: BenchResult;
  readonly readBack: ReadBackResult;
  readonly profile: ProfileResult;
  readonly scaling: ScalingResult;
}

/**
 * Writes the tables as README.md, with the scaling figures next to it.
 *
 * @throws OutputError if a file can't be written
 */
export async function writeReport(folder: OutputFolder, report: Report): Promise<void> {
  await folder.add('README.md', markdown(report));
  for (const figure of scalingFigures(report.scaling)) await folder.addFigure(figure);
}

function markdown({ timing, readBack, profile, scaling }: Report): string {
  const { adapter, rows, missing } = timing;
  const [processor] = cpus();
  const versions = new Map(rows.flatMap(({ library, version }) => (version === undefined ? [] : [[library, version]])));
  return [
    `# Measured on ${adapter}`,
    `\`hourglass ${process.argv.slice(2).join(' ')}\`, ${new Date().toISOString().slice(0, 10)}, ${cpus().length} x ${processor?.model.trim() ?? 'unknown processor'}.`,
    `Other libraries: ${[...versions].map((pair) => pair.join(' ')).join(', ') || 'none'}.`,
    ...missing.map(({ peer, reason }) => `Without ${peer}: ${reason}.`),
    '## Steps',
    formatMarkdown(timingTable(rows)),
    LEGEND.join('\n'),
    '## Training with and without the progress line',
    formatMarkdown(readBackTable(readBack.trainings)),
    '## Time per sample',
    ...scalingFigures(scaling).map(({ name }) => `![${name}](${name}.png)`),
    formatMarkdown(scalingTable(scaling.points)),
    '## Kernels',
    ...profile.works.flatMap(({ name, size, kernels }) => [
      `### ${name} ${size}`,
      formatMarkdown(profileTable(kernels)),
    ]),
    '',
  ].join('\n\n');
}

function scalingFigures({ adapter, points }: ScalingResult): Figure[] {
  const of = (name: string, x: (point: ScalingPoint) => number, y: (point: ScalingPoint) => number) =>
    points.filter((point) => point.name === name).map((point) => ({ x: x(point), y: y(point) }));
  const batches = of(
    'fashion',
    ({ batchSize }) => batchSize,
    ({ millisecondsPerSample }) => millisecondsPerSample,
  );
  const sizes = of(
    'cartoon-vae',
    ({ size }) => size,
    ({ nanosecondsPerPixel }) => nanosecondsPerPixel,
  );
  const figure = (title: string, data: typeof batches, xLabel: string, yLabel: string) =>
    curve({ title: `${title}, on ${adapter}`, points: data, xLabel, yLabel, fromZero: true });
  return [
    { name: 'scaling-batch', svg: figure('Training step of fashion', batches, 'batch size', 'ms per sample') },
    {
      name: 'scaling-size',
      svg: figure('Training step of cartoon-vae', sizes, 'height and width of the images', 'ns per pixel'),
    },
  ];
}
