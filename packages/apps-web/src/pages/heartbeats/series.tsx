import { useEffect, useMemo, useState } from 'preact/hooks';
import type { JudgedSeries, ModelInfo } from '../../engine/api.ts';
import { BeatLegend, BeatPlot } from '../../kit/beat-plot.tsx';
import { Button, Slider } from '../../kit/controls.tsx';
import { type Curve, Curves } from '../../kit/curves.tsx';
import { Figure, Notice, Progress } from '../../kit/frames.tsx';
import { rangeOf } from '../../kit/range.ts';
import { useNumber } from '../../shell/address.ts';
import { useEngine } from '../../shell/engine.ts';
import { formatError } from './judgement.ts';

/** Most points of the curve, about the plot's width in pixels. */
const POINTS = 1000;

/** The visitor's series, judged by their own detector. */
export function SeriesDetector({ model }: { model: ModelInfo }) {
  const { engine } = useEngine();
  const [judged, setJudged] = useState<JudgedSeries>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    engine.judgeSeries().then(setJudged, (error: Error) => setProblem(error.message));
  }, [engine, model]);
  if (problem !== undefined) return <Notice kind="problem">{problem}</Notice>;
  return judged === undefined ? (
    <Progress label="Reconstructing your series" fraction={undefined} />
  ) : (
    <Judgement judged={judged} />
  );
}

function Judgement({ judged: { threshold: rule, scores, positions, unit, worst } }: { judged: JudgedSeries }) {
  const usual = Number(rule.toFixed(5));
  const [threshold, setThreshold] = useNumber('threshold', usual, { min: 0, digits: 5 });
  const highest = scores.reduce((a, b) => Math.max(a, b), 0);
  const above = scores.reduce((count, score) => count + Number(score > threshold), 0);
  const samples = unit === 'series' ? 'series' : 'windows';
  const points = useMemo(() => pointsOf(positions, scores), [positions, scores]);
  const curves = useMemo((): Curve[] => {
    const ends = [points[0]!, points.at(-1)!];
    return [
      { name: 'score', colour: '--class-0', style: 'line', points },
      { name: 'threshold', colour: '--class-1', style: 'line', points: ends.map(({ x }) => ({ x, y: threshold })) },
    ];
  }, [points, threshold]);
  return (
    <>
      <Figure
        title={`${above.toLocaleString('en')} of ${scores.length.toLocaleString('en')} ${samples} are above the threshold`}
        actions={
          <Button disabled={threshold === usual} onClick={() => setThreshold(usual)}>
            The model’s threshold
          </Button>
        }
        caption={`The score is the mean absolute error of the reconstruction, on scaled numbers${unit === 'instant' ? ', at the first instant of each window' : ''}. The initial threshold is stored with the model: by default, it is above the scores of 99% of all windows.`}
      >
        <Curves
          curves={curves}
          xLabel={unit}
          label={`The scores of ${scores.length} ${samples}, from ${formatError(points.reduce((a, { y }) => Math.min(a, y), highest))} to ${formatError(highest)}, and the threshold`}
        />
        <Slider
          label="Threshold"
          value={threshold}
          min={0}
          max={Math.max(highest, usual)}
          step={Math.max(highest, usual) / 500}
          format={formatError}
          onInput={setThreshold}
        />
      </Figure>
      <Figure title={`The ${samples} with the highest scores`}>
        <BeatLegend signal="your numbers" />
        <ol class="beat-list">
          {worst.map(({ title, score, samples, reconstruction }, i) => (
            <li key={i}>
              <BeatPlot
                beat={samples}
                reconstruction={reconstruction}
                range={rangeOf(samples, reconstruction)}
                label={title}
              />
              <span class={`beat-error ${score > threshold ? 'abnormal' : 'normal'}`}>{title}</span>
            </li>
          ))}
        </ol>
      </Figure>
    </>
  );
}

/**
 * The points of the score curve. If there are many scores, each point is the highest of a few neighbours. The
 * logarithmic axis has no place for 0.
 */
function pointsOf(positions: Float32Array, scores: Float32Array): Curve['points'] {
  const each = Math.ceil(scores.length / POINTS);
  return Array.from({ length: Math.ceil(scores.length / each) }, (_, i) => {
    const own = scores.subarray(i * each, (i + 1) * each);
    return { x: positions[i * each]!, y: own.reduce((a, b) => Math.max(a, b), Number.MIN_VALUE) };
  });
}
