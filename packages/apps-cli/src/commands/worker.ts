import { createHash } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import type { Run } from '@hourglass/experiments';
import { decodeCheckpoint, Replica } from '@hourglass/nn';
import type { Device } from '@hourglass/tensor';
import { z } from 'zod';
import type { Messages } from '../io/messages.ts';
import { parseConfig, type RunConfig } from '../run/config.ts';
import { RunFolder, type StoredRun } from '../run/folder.ts';
import { bytesOf, type Frame, numbersOf, readFrames, writeFrame } from '../run/frames.ts';
import { Interruption } from '../run/interruption.ts';
import type { RunLock } from '../run/lock.ts';
import { isFinished, RunRecorder } from '../run/recorder.ts';
import type { TrainOptions } from '../run/settings.ts';
import { explain, UsageError } from '../usage/errors.ts';
import { findSubject } from '../usage/find-subject.ts';
import { formatTrainResult, openRun, type Prepared, prepare, trainResult } from './train.ts';

/** The version of the protocol in docs/worker-protocol.md. */
const PROTOCOL = 1;

const requestSchema = z.discriminatedUnion('request', [
  z.object({
    request: z.literal('initialise'),
    rank: z.int().nonnegative(),
    processes: z.int().positive(),
    config: z.unknown().optional(),
  }),
  ...(['gradients', 'apply', 'evaluate', 'end-epoch', 'checkpoint', 'quit'] as const).map((name) =>
    z.object({ request: z.literal(name) }),
  ),
]);
type Request = z.infer<typeof requestSchema>;

/** Milliseconds between two updates of the progress line. */
const PROGRESS_INTERVAL = 200;
/** Milliseconds to wait for the worker of an earlier attempt to release the run folder. */
const LOCK_PATIENCE = 10_000;

type Reply = { readonly header: Frame['header']; readonly payload?: Uint8Array };

/**
 * Trains as one of several processes, driven by frames on `input`; see docs/worker-protocol.md. A failure is the last
 * reply. Returns the exit code.
 */
export async function worker(
  id: string,
  options: TrainOptions,
  { messages, input, output }: { messages: Messages; input: Readable; output: Writable },
): Promise<number> {
  const session = new WorkerSession(id, options, messages);
  let exitCode = 0;
  try {
    for await (const { header, payload } of readFrames(input)) {
      const { data: request } = requestSchema.safeParse(header);
      if (request === undefined)
        throw new UsageError(`worker: there is no request ${JSON.stringify(header).slice(0, 80)}.`);
      const reply = await session.answer(request, payload).catch(asUsageError);
      const empty = new Uint8Array();
      await writeFrame(output, { header: reply.header, payload: reply.payload ?? empty });
      if (request.request === 'quit') break;
    }
  } catch (error) {
    const { message, exitCode: code } = explain(error);
    exitCode = code;
    messages.clear();
    await writeFrame(output, { header: { error: message, exitCode }, payload: new Uint8Array() }).catch(() => {});
  } finally {
    await session.close();
  }
  return exitCode;
}

/** A vector of another length, or too many processes, is the caller's mistake. */
function asUsageError(error: unknown): never {
  throw error instanceof RangeError ? new UsageError(error.message) : error;
}

/** The run of one worker. */
class WorkerSession {
  private readonly id: string;
  private readonly options: TrainOptions;
  private readonly messages: Messages;
  private readonly interruption = new Interruption(() => {});
  private open: OpenWorker | undefined;
  private lock: RunLock | undefined;
  /** The folder of a new run. */
  private created: RunFolder | undefined;

  constructor(id: string, options: TrainOptions, messages: Messages) {
    this.id = id;
    this.options = options;
    this.messages = messages;
  }

  async answer(request: Request, payload: Uint8Array): Promise<Reply> {
    if (request.request === 'initialise') {
      if (this.open !== undefined) throw new UsageError('worker: it is initialised already.');
      this.open = await this.initialise(request, payload);
      return this.open.begin();
    }
    if (request.request === 'quit') return { header: {} };
    if (this.open === undefined) throw new UsageError(`worker: 'initialise' comes before '${request.request}'.`);
    switch (request.request) {
      case 'gradients':
        return this.open.gradients();
      case 'apply':
        return this.open.apply(numbersOf(payload));
      case 'evaluate':
        return this.open.evaluate();
      case 'end-epoch':
        return this.open.endEpoch(numbersOf(payload));
      case 'checkpoint':
        return this.open.checkpoint();
    }
  }

  /** Removes a new run's folder unless a step was trained. */
  async close(): Promise<void> {
    this.messages.clear();
    this.open?.device.destroy();
    await this.lock?.release();
    if (this.created !== undefined && !this.open?.stepped) await this.created.discard().catch(() => {});
    this.interruption.release();
  }

  private async initialise(
    { rank, processes, config }: Extract<Request, { request: 'initialise' }>,
    payload: Uint8Array,
  ): Promise<OpenWorker> {
    const { id, options, messages } = this;
    const subject = findSubject(id);
    subject.check(options);
    const share = { rank, count: processes };
    if (rank > 0) {
      const stored = {
        config: parseConfig(JSON.stringify(config ?? {}), 'the configuration of rank 0'),
        snapshot: decodeCheckpoint(payload, 'the checkpoint of rank 0').snapshot,
      };
      const { signal } = this.interruption;
      const { out: _, resume: __, ...own } = options;
      const opened = await openRun(subject, own, { messages, stored, signal, source: 'the checkpoint of rank 0' });
      return new OpenWorker(opened, new Replica(opened.run.trainer, share));
    }
    const { folder, stored } = await this.openFolder();
    if (stored === undefined) this.created = folder;
    const around = { messages, interruption: this.interruption, folder, stored };
    const { out: _, ...resumed } = options;
    const prepared = await prepare(subject, stored === undefined ? options : resumed, around);
    const { device, config: own, training } = prepared;
    return new OpenWorker(
      { device, config: own, run: training.run },
      new Replica(training.run.trainer, share),
      prepared,
    );
  }

  /** The run folder: of `--resume`, of `--out` (where an earlier attempt may have left a run), or a new one. */
  private async openFolder(): Promise<{ folder: RunFolder; stored: StoredRun | undefined }> {
    const { resume, out } = this.options;
    if (resume === undefined && out === undefined) {
      const folder = await RunFolder.createDefault(this.id);
      this.lock = await folder.lock();
      return { folder, stored: undefined };
    }
    const folder = resume === undefined ? await RunFolder.createOrReopen(out!) : (await RunFolder.open(resume)).folder;
    this.lock = await patiently(() => folder.lock());
    // Read after locking, so that no other process writes meanwhile.
    const stored = (await folder.isBegun()) ? await RunFolder.open(folder.path) : undefined;
    return { folder, stored };
  }
}

/** Repeats an action for some seconds while it throws a UsageError. */
async function patiently<Value>(attempt: () => Promise<Value>): Promise<Value> {
  for (const end = performance.now() + LOCK_PATIENCE; ; ) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof UsageError) || performance.now() > end) throw error;
      await wait(100);
    }
  }
}

/** An initialised worker. Rank 0 has `prepared`, and writes the run folder. */
class OpenWorker {
  readonly device: Device;
  private readonly run: Run;
  private readonly config: RunConfig;
  private readonly replica: Replica;
  private readonly prepared: Prepared | undefined;
  private readonly record: RunRecorder | undefined;
  private epochShown = false;
  private reported = 0;
  private reporting: Promise<void> | undefined;

  constructor(
    { device, config, run }: { readonly device: Device; readonly config: RunConfig; readonly run: Run },
    replica: Replica,
    prepared?: Prepared,
  ) {
    this.device = device;
    this.run = run;
    this.config = config;
    this.replica = replica;
    this.prepared = prepared;
    this.record = prepared && new RunRecorder(prepared.training);
  }

  get stepped(): boolean {
    return this.run.trainer.steps > 0;
  }

  async begin(): Promise<Reply> {
    await this.record?.begin();
    const { trainer, settings } = this.run;
    const header = {
      protocol: PROTOCOL,
      experiment: this.config.experiment,
      config: this.config,
      epochs: settings.epochs,
      epoch: trainer.epochs,
      step: trainer.steps,
      stepsPerEpoch: trainer.stepsPerEpoch,
      elements: await this.replica.vectorLength(),
      epochDone: this.replica.epochDone,
      finished: isFinished(this.run),
    };
    return { header, payload: this.record === undefined ? undefined : await this.run.checkpoint() };
  }

  async gradients(): Promise<Reply> {
    const { trainer } = this.run;
    if (!this.epochShown) this.prepared?.training.progress.epochBegins(trainer.epochs + 1, this.replica.position);
    this.epochShown = true;
    return { header: {}, payload: bytesOf(await this.replica.gradients()) };
  }

  async apply(sums: Float32Array): Promise<Reply> {
    await this.replica.apply(sums);
    this.report();
    const { steps } = this.run.trainer;
    return { header: { step: steps, epochDone: this.replica.epochDone, checkpointDue: this.record?.checkpointDue } };
  }

  async evaluate(): Promise<Reply> {
    await this.reporting;
    this.prepared?.training.progress.validationBegins();
    return { header: {}, payload: bytesOf(await this.replica.evaluate()) };
  }

  async endEpoch(sums: Float32Array): Promise<Reply> {
    const { trainer } = this.run;
    const { training, validation } = await this.replica.endEpoch(sums);
    this.epochShown = false;
    const finished = isFinished(this.run);
    const header = { epoch: trainer.epochs, finished, weights: await this.weightsHash() };
    if (this.record === undefined) return { header };
    await this.record.endEpoch(training, { ...validation, ...(await this.run.experiment.validation?.(this.run)) });
    if (!finished) return { header };
    const result = await trainResult(this.prepared!, await this.record.finish());
    return { header: { ...header, result, text: formatTrainResult(result) } };
  }

  async checkpoint(): Promise<Reply> {
    await this.record?.saveLast();
    const resumeBy = this.prepared?.training.resumeBy;
    return { header: { step: this.run.trainer.steps, resumeBy } };
  }

  /** The SHA-256 hash of all weights, to compare the processes. */
  private async weightsHash(): Promise<string> {
    const hash = createHash('sha256');
    for (const { data } of (await this.run.weights.read()).values()) hash.update(bytesOf(data));
    return hash.digest('hex');
  }

  /** Reads the metrics while the next step is computed. */
  private report(): void {
    const now = performance.now();
    if (this.prepared === undefined || now - this.reported < PROGRESS_INTERVAL) return;
    this.reported = now;
    const { progress, log } = this.prepared.training;
    const { stepsPerEpoch, time, epochs } = this.run.trainer;
    const { position } = this.replica;
    const { samplesPerSecond } = time;
    this.reporting = this.replica.metrics().then((metrics) => {
      const state = { position, stepsPerEpoch, metrics, samplesPerSecond };
      progress.update(state);
      log.progress(epochs + 1, state);
    });
    this.reporting.catch(() => {}); // a failure surfaces where it is awaited
  }
}
