/** Other libraries running the same works: separate programs, in a folder with a `peers.json`, driven line by line. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { toUser } from '../io/paths.ts';
import { UsageError } from '../usage/errors.ts';

const manifestSchema = z.array(
  z.object({
    peer: z.string(),
    command: z.array(z.string()).min(1),
    /** The works that the peer can run; default: all. */
    works: z.array(z.string()).optional(),
    /** The largest size of each work that fits its memory. */
    largest: z.record(z.string(), z.number()).optional(),
    environment: z.record(z.string(), z.string()).optional(),
    remedy: z.string(),
  }),
);

export type Peer = z.infer<typeof manifestSchema>[number];

/** A peer that is installed on this machine. */
export interface FoundPeer extends Peer {
  readonly version: string;
}

export interface MissingPeer {
  readonly peer: string;
  readonly reason: string;
  readonly remedy: string;
}

/** The adapter that a peer must use; without a name, any. */
export interface PeerAdapter {
  readonly name?: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Steps run in one stretch of time. */
export interface Stretch {
  readonly milliseconds: readonly number[];
  /** Their processor time over all cores. */
  readonly cpuSeconds: number;
}

/** What a peer reports about itself after its first step. */
const readySchema = z.object({
  adapter: z.string().optional(),
  firstStepSeconds: z.number(),
  /** Peak GPU memory, if the peer knows it. */
  bytes: z.number().optional(),
});
const stretchSchema = z.object({ milliseconds: z.array(z.number()), cpuSeconds: z.number() });
const identitySchema = z.object({ version: z.string() });

/** A peer may compile for minutes; after this many seconds it is abandoned. */
const PATIENCE = 1200;

/** Possible locations of Python: the one on the path may not be the one that has the packages. */
const INTERPRETERS: Readonly<Record<string, readonly string[]>> = {
  node: [process.execPath],
  python3: ['python', 'python3', '/usr/bin/python3'],
};

/** Tries every peer in a folder. @throws UsageError if the folder contains no valid list of peers */
export async function findPeers(folder: string): Promise<{ found: FoundPeer[]; missing: MissingPeer[] }> {
  const answers = await Promise.all(readManifest(folder).map((peer) => checkPeer(folder, peer)));
  return {
    found: answers.filter((answer) => 'version' in answer),
    missing: answers.filter((answer) => 'reason' in answer),
  };
}

function readManifest(folder: string): Peer[] {
  const file = join(folder, 'peers.json');
  if (!existsSync(file)) throw new UsageError(`--peers ${toUser(folder)}: the folder contains no peers.json.`);
  try {
    return manifestSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    const [issue] = error instanceof z.ZodError ? error.issues : [];
    const reason = issue === undefined ? (error as Error).message : `${issue.path.join('.')}: ${issue.message}`;
    throw new UsageError(
      `${toUser(file)} is not a list of peers (${reason}). Correct it following bench/peers/peers.json, or time Hourglass alone with --no-peers.`,
    );
  }
}

async function checkPeer(folder: string, peer: Peer): Promise<FoundPeer | MissingPeer> {
  const [program = '', ...rest] = peer.command;
  let reason = '';
  for (const interpreter of INTERPRETERS[program] ?? [program]) {
    const command = [interpreter, ...rest];
    const running = new RunningPeer(folder, { ...peer, command }, ['--check']);
    try {
      return { ...peer, command, ...identitySchema.parse(await running.answer()) };
    } catch (error) {
      const answer = error instanceof Error ? error.message : String(error);
      if (reason === '' || !(error instanceof NoProgramError)) reason = answer;
    } finally {
      running.stop();
    }
  }
  return { peer: peer.peer, reason, remedy: peer.remedy };
}

/** The program that runs a peer is missing. */
class NoProgramError extends Error {}

/** One peer running one work. */
export class RunningPeer {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly lines: AsyncIterator<string>;
  private readonly failed: Promise<never>;

  constructor(
    folder: string,
    { command, environment }: Peer,
    args: readonly string[],
    adapter: PeerAdapter = { environment: {} },
  ) {
    const [program = '', ...rest] = command;
    this.child = spawn(program, [...rest, ...args], {
      cwd: folder,
      env: {
        ...process.env,
        ...(adapter.name === undefined ? {} : { HOURGLASS_ADAPTER: adapter.name }),
        ...adapter.environment,
        ...environment,
      },
    });
    this.child.stderr.resume();
    this.child.stdin.on('error', () => {}); // a peer that has ended is detected when its answer is missing
    this.failed = new Promise((_, reject) => {
      this.child.on('error', (error: NodeJS.ErrnoException) => {
        reject(error.code === 'ENOENT' ? new NoProgramError(`${program} was not found`) : error);
      });
    });
    this.failed.catch(() => {});
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  /** The peer's report after its first step. @throws Error as {@link answer} */
  async ready(): Promise<z.infer<typeof readySchema>> {
    return readySchema.parse(await this.answer());
  }

  /** Makes the peer run steps for this many seconds, at least one. @throws Error as {@link answer} */
  async steps(seconds: number): Promise<Stretch> {
    this.child.stdin.write(`${seconds}\n`);
    return stretchSchema.parse(await this.answer());
  }

  /** The next line that the peer prints. @throws Error if the line reports an error, or none arrives in time */
  async answer(): Promise<object> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${PATIENCE} s`)), PATIENCE * 1000);
    });
    try {
      const { value, done } = await Promise.race([this.lines.next(), this.failed, patience]);
      if (done) throw new Error('it ended without an answer; it may have run out of memory');
      const answer: object = JSON.parse(value);
      if ('error' in answer) throw new Error(String(answer.error));
      return answer;
    } finally {
      clearTimeout(timer);
    }
  }

  stop(): void {
    this.child.kill();
  }
}
