import type { OnProgress } from './api.ts';

/** The build index's entry for a file hosted with the page. */
interface Entry {
  readonly bytes: number;
  readonly hash: string;
}

/** A file that the page can do without. The page then says how to get it. */
export class MissingFile extends Error {
  override readonly name = 'MissingFile';
}

const CACHE = 'hourglass-files';

/** Files of one folder hosted with the page. Each is downloaded once and cached until the site's copy changes. */
export class Downloads {
  private readonly folder: URL;
  private index: Promise<Readonly<Record<string, Entry>>> | undefined;

  /** @param folder relative to the scripts, with a trailing slash */
  constructor(folder: string) {
    this.folder = new URL(folder, import.meta.url);
  }

  async has(path: string): Promise<boolean> {
    return (await this.entries())[path] !== undefined;
  }

  /** @throws MissingFile if the site has no such file; Error, worded for the visitor, if the download fails */
  async get(path: string, onProgress: OnProgress = () => {}): Promise<Uint8Array<ArrayBuffer>> {
    const entry = (await this.entries())[path];
    if (entry === undefined) throw new MissingFile(`${path} is not part of this site.`);
    const url = new URL(path, this.folder);
    const key = new URL(url);
    key.searchParams.set('hash', entry.hash);
    const cache = await openCache();
    const kept = await cache?.match(key);
    if (kept) return new Uint8Array(await kept.arrayBuffer());
    const bytes = await download(url, entry.bytes, onProgress);
    await cache?.delete(key, { ignoreSearch: true });
    await cache?.put(key, new Response(bytes)).catch(() => undefined); // a full disk must not fail the download
    return bytes;
  }

  private async entries(): Promise<Readonly<Record<string, Entry>>> {
    this.index ??= retried(() => fetch(new URL('index.json', this.folder), { cache: 'no-cache' })).then((response) =>
      indexIn(response),
    );
    return this.index.catch(() => {
      this.index = undefined;
      throw new Error('The site does not respond. Check the connection and try again.');
    });
  }
}

/** The index; empty where the site has none. @throws Error if the site failed to send it */
async function indexIn(response: Response): Promise<Readonly<Record<string, Entry>>> {
  if (response.ok) return (await response.json()) as Record<string, Entry>;
  if (response.status >= 500) throw new Error(`status ${response.status}`);
  return {};
}

/** The browser's cache; undefined if it stores nothing, as in some private windows. */
async function openCache(): Promise<Cache | undefined> {
  return globalThis.caches?.open(CACHE).catch(() => undefined);
}

/** Milliseconds before each new try of a request. */
const PAUSES = [300, 1200];

/** The response, after up to two more tries if the site does not respond or is busy. */
async function retried(request: () => Promise<Response>): Promise<Response> {
  for (const pause of PAUSES) {
    const response = await request().catch(() => undefined);
    if (response !== undefined && response.status < 500) return response;
    await new Promise((done) => setTimeout(done, pause));
  }
  return request();
}

async function download(url: URL, total: number, onProgress: OnProgress): Promise<Uint8Array<ArrayBuffer>> {
  const name = url.pathname.split('/').slice(-2).join('/');
  const response = await retried(() => fetch(url)).catch(() => {
    throw new Error(`${name} could not be downloaded: the site does not respond. Try again.`);
  });
  if (!response.ok || response.body === null)
    throw new Error(`${name} could not be downloaded: the site responded with status ${response.status}.`);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let received = 0;
  for (const reader = response.body.getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    received += value.length;
    onProgress(Math.min(received, total), total);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
