import { useEffect, useMemo, useState } from 'preact/hooks';
import type { ModelInfo, TestErrors } from '../../engine/api.ts';
import type { EngineClient } from '../../engine/client.ts';
import { Button } from '../../kit/controls.tsx';
import { Figure, Notice, Page, Progress } from '../../kit/frames.tsx';
import { isOwn, useModelChoice } from '../../kit/model-choice.tsx';
import { ModelGate } from '../../kit/model-gate.tsx';
import { useAddress, useNumber } from '../../shell/address.ts';
import { useEngine } from '../../shell/engine.ts';
import { type Beat, BeatFigure, BeatList } from './beat-figure.tsx';
import { type Bar, HistogramFigure } from './histogram-figure.tsx';
import { binOf, formatError, type Histograms, histogramsOf, KINDS, kindOf } from './judgement.ts';
import { SeriesDetector } from './series.tsx';
import { Verdict } from './verdict.tsx';

/** Beats of a bar shown side by side. */
const LISTED = 12;

export function HeartbeatsPage() {
  const shipped = [{ value: 'ecg', title: 'Heartbeats' }];
  const { experiment, toggle } = useModelChoice('heartbeats', shipped, ['threshold', 'bar', 'beat']);
  return (
    <Page
      title={isOwn(experiment) ? 'Your series' : 'Heartbeats'}
      lead={
        isOwn(experiment)
          ? 'Your model reconstructs what it knows, and bends everything else towards it: the error gives an anomaly away. You decide which error raises the alarm: move the threshold.'
          : 'This autoencoder has seen only normal heartbeats. It reconstructs those well, but bends an abnormal one towards what it knows, and the error gives it away. You decide which error raises the alarm: drag the threshold.'
      }
    >
      {toggle}
      <ModelGate key={experiment} experiment={experiment}>
        {(model) => (isOwn(experiment) ? <SeriesDetector model={model} /> : <Detector model={model} />)}
      </ModelGate>
    </Page>
  );
}

interface Examined {
  readonly measured: TestErrors;
  readonly beats: readonly Beat[];
}

function Detector({ model }: { model: ModelInfo }) {
  const { engine } = useEngine();
  const [examined, setExamined] = useState<Examined>();
  const [problem, setProblem] = useState<string>();
  useEffect(() => {
    examine(engine, model).then(setExamined, (error: Error) => setProblem(error.message));
  }, [engine, model]);
  if (problem !== undefined)
    return (
      <Notice kind="problem" actions={<Button onClick={() => location.reload()}>Reload</Button>}>
        {problem}
      </Notice>
    );
  return examined === undefined ? (
    <Progress label="Reconstructing the test beats" fraction={undefined} />
  ) : (
    <Examination {...examined} />
  );
}

/** Measures all beats, and returns the beats that can be shown. */
async function examine(engine: EngineClient, { experiment, shape }: ModelInfo): Promise<Examined> {
  const measured = await engine.testErrors(experiment);
  const { rows, labels } = await engine.testSamples(experiment, Number.POSITIVE_INFINITY);
  const reconstructions = await engine.reconstruct(experiment, rows);
  const length = shape[0]!;
  const of = (all: Float32Array, index: number) => all.subarray(index * length, (index + 1) * length);
  const beats = Array.from(labels, (label, index): Beat => {
    const [samples, reconstruction] = [of(rows, index), of(reconstructions, index)];
    const own = () => samples.reduce((sum, value, t) => sum + Math.abs(value - reconstruction[t]!), 0) / length;
    const error = measured.source === 'shipped' ? own() : measured.errors[index]!;
    return { index, kind: kindOf(label), error, samples, reconstruction };
  });
  return { measured, beats };
}

function Examination({ measured, beats }: Examined) {
  const address = useAddress();
  const histograms = useMemo(() => histogramsOf(measured.errors, measured.labels), [measured]);
  const range = useMemo(() => rangeOf(beats), [beats]);
  const rule = Number(measured.threshold.toFixed(5));
  const [threshold, setThreshold] = useNumber('threshold', rule, { min: 0, digits: 5 });
  const bar = parseBar(address.param('bar'));
  const inBar = useMemo(() => beatsIn(beats, bar, histograms), [beats, bar?.kind, bar?.bin, histograms]);
  const shown = inBar.find(({ index }) => String(index) === address.param('beat')) ?? inBar[0];
  const show = (beat: Beat) => address.set({ beat: String(beat.index) });
  const position = shown === undefined ? 0 : inBar.indexOf(shown);
  const listFrom = Math.floor(position / LISTED) * LISTED;

  return (
    <>
      <div class="detector">
        <Figure
          title="Errors of the test beats"
          actions={
            <>
              <span class="number">Threshold {formatError(threshold)}</span>
              <Button disabled={threshold === rule} onClick={() => setThreshold(rule)}>
                {measured.stored ? 'The model’s threshold' : 'The report’s rule'}
              </Button>
            </>
          }
          caption={
            <>
              {measured.errors.length.toLocaleString('en')}{' '}
              {measured.source === 'procedural'
                ? 'beats of the procedural stand-in, drawn by code'
                : 'beats of ECG5000'}
              . Full colour: judged wrongly. {clickOf(measured)} {ruleOf(measured)}
            </>
          }
        >
          <HistogramFigure
            {...{ histograms, threshold }}
            measure={measured.measure}
            onThreshold={setThreshold}
            chosen={bar}
            onChoose={({ kind, bin }) => address.set({ bar: `${kind}-${bin}`, beat: undefined })}
          />
        </Figure>
        <Figure title="Results at this threshold">
          <Verdict measured={measured} threshold={threshold} />
        </Figure>
      </div>
      {measured.source === 'shipped' && shown !== undefined && (
        <Notice>
          The beats of the test set are not part of this site. The beats below are from the procedural stand-in: code
          draws them, and the same model reconstructs them.
        </Notice>
      )}
      {shown === undefined ? (
        <Notice actions={<Button onClick={() => address.set({ bar: undefined, beat: undefined })}>Show all</Button>}>
          {measured.source === 'shipped'
            ? 'The beats of the test set are not part of this site, and none of the procedural stand-in’s beats falls into this bar.'
            : 'There are no beats in this bar.'}
        </Notice>
      ) : (
        <BeatFigure
          beat={shown}
          {...{ threshold, range, position }}
          count={inBar.length}
          onMove={(by) => show(inBar[(position + by + inBar.length) % inBar.length]!)}
        />
      )}
      {inBar.length > 1 && (
        <Figure title={titleOf(bar, histograms, inBar.length)}>
          <BeatList beats={inBar.slice(listFrom, listFrom + LISTED)} {...{ shown, range }} onShow={show} />
        </Figure>
      )}
    </>
  );
}

/** Says which beats a click shows. */
const clickOf = ({ source }: TestErrors): string =>
  source === 'shipped'
    ? 'Click a bar to see beats of the stand-in with errors in that range, if there are any.'
    : 'Click a bar to see its beats.';

/** Says where the threshold at the start comes from. */
const ruleOf = ({ stored }: TestErrors): string =>
  stored
    ? 'The initial threshold is stored with the model. Training derived it from the errors of normal beats.'
    : 'The report’s rule sets the threshold to the mean plus one standard deviation of the errors of normal training beats.';

/** One scale for all beats, without the extremes, which would flatten most beats. */
function rangeOf(beats: readonly Beat[]): readonly [number, number] {
  const values = Float32Array.from(beats.flatMap(({ samples }) => [...samples])).sort();
  return [values[Math.floor(values.length * 0.002)]!, values[Math.ceil(values.length * 0.998) - 1]!];
}

/** The beats of a bar, in the order of the test split; without a bar, some normal and abnormal beats in turn. */
function beatsIn(beats: readonly Beat[], bar: Bar | undefined, histograms: Histograms): readonly Beat[] {
  if (bar !== undefined)
    return beats.filter(({ kind, error }) => kind === bar.kind && binOf(error, histograms) === bar.bin);
  const [normal, abnormal] = KINDS.map((kind) => beats.filter((beat) => beat.kind === kind));
  return normal!.slice(0, LISTED / 2).flatMap((beat, i) => [beat, ...abnormal!.slice(i, i + 1)]);
}

function titleOf(bar: Bar | undefined, { low, high, counts }: Histograms, count: number): string {
  if (bar === undefined) return 'Some beats of both kinds';
  const edge = (bin: number): string => formatError(low + (bin / counts.normal.length) * (high - low));
  return `${count} ${bar.kind} beats with errors from ${edge(bar.bin)} to ${edge(bar.bin + 1)}`;
}

function parseBar(text: string | undefined): Bar | undefined {
  const [kind, bin] = text?.split('-') ?? [];
  const known = KINDS.find((each) => each === kind);
  return known === undefined || !/^\d{1,2}$/.test(bin ?? '') ? undefined : { kind: known, bin: Number(bin) };
}
