import { LARGEST, plain } from './folder.ts';

/** Milliseconds without an answer or without a byte after which a mirror is abandoned. */
export const STALL = 15_000;

/**
 * Codes of fetch's `cause` when no server answered: no name service, no route, no listener, no permission to connect.
 */
const UNREACHABLE =
  /^(ENOTFOUND|EAI_.*|ECONNREFUSED|ENETUNREACH|ENETDOWN|EHOSTUNREACH|EHOSTDOWN|EADDRNOTAVAIL|ETIMEDOUT|EACCES|EPERM|UND_ERR_CONNECT_TIMEOUT|UND_ERR_HEADERS_TIMEOUT)$/;

/** A failed download. The message is for the user. The cause is the network or the server. */
export class DownloadError extends Error {
  override readonly name = 'DownloadError';
  /** Whether no server answered, as on a machine without a network. */
  readonly unreachable: boolean;

  constructor(message: string, unreachable = false) {
    super(message);
    this.unreachable = unreachable;
  }
}

/** A published file of a dataset. */
export interface PublishedFile {
  readonly name: string;
  /** Its length, if known. */
  readonly bytes?: number;
  /** The problem with this content, as the end of a sentence after "damaged:"; undefined if there is none. */
  findFault(content: Uint8Array): string | undefined;
}

export interface Network {
  readonly fetch: typeof fetch;
  readonly notice: (message: string) => void;
  readonly progress: ((file: string, received: number, total: number) => void) | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * Downloads files, checks them, and passes each to `keep`. After a failure, it continues with the next mirror.
 *
 * @param mirrors URLs of folders with the files, in the order they are tried
 * @throws DownloadError if every mirror failed; the signal's reason if it was aborted
 */
export async function downloadAll(
  files: readonly PublishedFile[],
  mirrors: readonly string[],
  network: Network,
  keep: (file: PublishedFile, bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  const left = [...files];
  const failures: DownloadError[] = [];
  for (const mirror of mirrors) {
    try {
      for (let file = left[0]; file !== undefined; file = left[0]) {
        await keep(file, await download(new URL(file.name, mirror), file, network));
        left.shift();
      }
      return;
    } catch (error) {
      if (!(error instanceof DownloadError)) throw error;
      failures.push(error);
    }
  }
  throw new DownloadError(
    failures.map((failure) => failure.message).join(' '),
    failures.every((failure) => failure.unreachable),
  );
}

async function download(url: URL, file: PublishedFile, network: Network): Promise<Uint8Array> {
  const { notice, progress, signal } = network;
  signal?.throwIfAborted();
  if (file.bytes !== undefined) notice(announcement(file.name, url, file.bytes));
  const stop = new AbortController();
  let timer = setTimeout(() => stop.abort(), STALL);
  let response: Response | undefined;
  try {
    response = await network.fetch(url, {
      signal: signal ? AbortSignal.any([stop.signal, signal]) : stop.signal,
      headers: { 'accept-encoding': 'identity' }, // the .gz file itself, not its decompressed content
    });
    const from = response.redirected ? `${url.href} (redirected to ${response.url})` : url.href;
    if (!response.ok) throw new DownloadError(`${from} answered HTTP ${response.status}.`);
    const length = file.bytes ?? announcedLength(response);
    if (file.bytes === undefined) notice(announcement(file.name, url, length));
    if (response.redirected) notice(`${url.host} redirected to ${response.url}`);
    const most = Math.min(length ?? LARGEST, LARGEST);
    const received: Uint8Array[] = [];
    let count = 0;
    for await (const chunk of chunks(response)) {
      clearTimeout(timer);
      timer = setTimeout(() => stop.abort(), STALL);
      received.push(chunk);
      count += chunk.length;
      if (count > most) break;
      if (length !== undefined) progress?.(file.name, count, length);
    }
    const bytes = plain(Buffer.concat(received));
    const fault = findFault(bytes, length, most, file, response);
    if (fault !== undefined) throw new DownloadError(`${from} ${fault}.`);
    return bytes;
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof DownloadError) throw error;
    throw connectionError(url, error, stop.signal.aborted, response !== undefined);
  } finally {
    clearTimeout(timer);
    stop.abort(); // releases a body that was not read to its end
  }
}

/** The message for the start of a download. */
export function announcement(name: string, url: URL, bytes: number | undefined): string {
  return `Downloading ${name} (${bytes === undefined ? 'unknown size' : inUnits(bytes)}) from ${url.href}`;
}

export async function* chunks(response: Response): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  for (let next = await reader?.read(); next?.value !== undefined; next = await reader?.read()) yield next.value;
}

/** The length that the server reports; undefined if it reports none, or only that of an encoded body. */
export function announcedLength({ headers }: Response): number | undefined {
  const length = headers.get('content-length');
  return length === null || headers.has('content-encoding') ? undefined : Number(length);
}

/** The problem with an answer, as the end of a sentence that starts with its URL. */
function findFault(
  bytes: Uint8Array,
  length: number | undefined,
  most: number,
  file: PublishedFile,
  response: Response,
): string | undefined {
  if (bytes[0] === '<'.charCodeAt(0) || response.headers.get('content-type')?.includes('html')) {
    return 'answered with an HTML page, not the file; the network may require a log-in in the browser first';
  }
  if (bytes.length > most) return `sent more than the expected ${most} bytes`;
  if (bytes.length !== (length ?? bytes.length)) return `ended after ${bytes.length} of ${length} bytes`;
  const fault = file.findFault(bytes);
  return fault === undefined ? undefined : `sent a damaged file: ${fault}`;
}

/** @param answered whether the answer had already begun */
export function connectionError(url: URL, error: unknown, stalled: boolean, answered: boolean): DownloadError {
  if (stalled) {
    return new DownloadError(`${url.href} sent nothing for ${STALL / 1000} seconds.`, !answered);
  }
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
  const reason = code ?? (cause instanceof Error ? cause.message : String(error));
  if (answered) return new DownloadError(`The connection to ${url.href} broke (${reason}).`);
  const unreachable = cause === undefined || (code !== undefined && UNREACHABLE.test(code));
  return new DownloadError(`${url.host} can't be reached (${reason}).`, unreachable);
}

function inUnits(bytes: number): string {
  return bytes < 1e5 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
