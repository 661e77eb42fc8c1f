import type { EpochLosses } from './epoch-losses.ts';
import { type Figure, type FigureSource, subjectOf } from './figure-source.ts';
import { lossCurves, type Series } from './figures/index.ts';

/** The parts of a loss, or the loss of an opponent, and their names in a figure. */
const PARTS = [
  { name: 'reconstructionLoss', validation: 'valReconstructionLoss', yLabel: '1000 x MSE' },
  { name: 'klLoss', validation: 'valKlLoss', yLabel: 'KL divergence' },
  { name: 'adversarialLoss', validation: 'valAdversarialLoss', yLabel: '100 x generator loss' },
  { name: 'discriminatorLoss', validation: 'valDiscriminatorLoss', yLabel: 'discriminator loss' },
] as const;

/**
 * Draws training and validation loss by epoch, with separate parts. Returns no figure for a single epoch, which makes
 * no curve.
 */
export function lossFigure(source: FigureSource, epochs: readonly EpochLosses[]): Figure[] {
  const [first] = epochs;
  if (first === undefined || epochs.length < 2) return [];
  const series = (training: keyof EpochLosses, validation: keyof EpochLosses): Series[] => [
    { name: 'training', values: epochs.map((epoch) => epoch[training]!) },
    { name: 'validation', values: epochs.map((epoch) => epoch[validation]!) },
  ];
  const parts = PARTS.filter(({ name }) => first[name] !== undefined).map(({ name, validation, yLabel }) => ({
    yLabel,
    series: series(name, validation),
  }));
  const normal: Series[] =
    first.valNormalLoss === undefined
      ? []
      : [{ name: 'validation, normal only', values: epochs.map(({ valNormalLoss }) => valNormalLoss!) }];
  const svg = lossCurves({
    title: subjectOf(source),
    yLabel: source.experiment.lossName,
    series: [...series('loss', 'valLoss'), ...normal],
    parts,
  });
  return [{ name: 'losses', svg }];
}
