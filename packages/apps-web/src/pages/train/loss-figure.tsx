import { useMemo } from 'preact/hooks';
import type { KeptTraining, LossPoint } from '../../engine/api.ts';
import type { ExperimentInfo } from '../../engine/experiment-info.ts';
import { type Curve, Curves } from '../../kit/curves.tsx';
import type { TrainingView } from './store.ts';

const NAMES: Readonly<Record<string, string>> = {
  reconstructionLoss: 'reconstruction (1000 × MSE)',
  klLoss: 'Kullback-Leibler divergence',
  adversarialLoss: 'generator loss × 100',
  discriminatorLoss: 'discriminator loss',
};
const COLOURS = ['--class-0', '--class-1', '--class-2', '--class-3', '--class-4'];

/** Curves of the loss and of its parts, and the validation loss after each epoch. */
export function LossFigure({
  view: { curve, validation },
  experiment,
  compared,
}: {
  view: TrainingView;
  experiment: ExperimentInfo;
  /** Another run, whose loss is drawn too. */
  compared: KeptTraining | undefined;
}) {
  const curves = useMemo(() => {
    const parts = [...new Set([...curve, ...validation].flatMap(({ metrics }) => Object.keys(metrics)))];
    const names = ['loss', ...parts.filter((name) => name !== 'loss')];
    const points = (from: readonly LossPoint[], name: string) =>
      from.flatMap(({ step, metrics }) => (metrics[name]! > 0 ? [{ x: step, y: metrics[name]! }] : []));
    const title = (name: string): string => (name === 'loss' ? experiment.lossName : (NAMES[name] ?? name));
    const other: Curve[] =
      compared === undefined
        ? []
        : [
            {
              name: `loss of ${compared.name}`,
              colour: '--class-5',
              style: 'line',
              points: points(compared.curve, 'loss'),
            },
          ];
    const own = names.flatMap((name, i): Curve[] => [
      { name: title(name), colour: COLOURS[i]!, style: 'line', points: points(curve, name) },
      ...(name === 'loss'
        ? [
            {
              name: `${title(name)}, validation`,
              colour: COLOURS[i]!,
              style: 'points' as const,
              points: points(validation, name),
            },
          ]
        : []),
    ]);
    return [...own, ...other];
  }, [curve, validation, experiment, compared]);
  const last = curve.at(-1)?.metrics.loss;
  return (
    <Curves
      curves={curves}
      xLabel="step"
      label={last === undefined ? 'Loss curves, empty so far' : `Loss curves; the loss is ${last.toPrecision(3)} now`}
    />
  );
}
