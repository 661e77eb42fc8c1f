import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { smallSet } from '@hourglass/testing/idx-files';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { FashionFile } from '../src/index.ts';
import { DownloadError, loadFashionMnist } from '../src/node/index.ts';

const FILES = smallSet(20);

// As in load.test.ts: four small files in place of the official ones.
vi.mock('../src/fashion-mnist.ts', async (original) => {
  const real = await original<typeof import('../src/fashion-mnist.ts')>();
  const { smallSet } = await import('@hourglass/testing/idx-files');
  const { createHash } = await import('node:crypto');
  const set = smallSet(20);
  const FASHION_FILES = real.FASHION_FILES.map((file): FashionFile => {
    const bytes = set.get(file.name)!;
    return { ...file, bytes: bytes.length, md5: createHash('md5').update(bytes).digest('hex') };
  });
  return { ...real, FASHION_FILES };
});

type Answer = (name: string, response: ServerResponse, path: string) => void;

let server: Server;
let answer: Answer;
let cacheDir: string;
let notices: string[];
beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'real-network-'));
  notices = [];
  server = createServer((request, response) => {
    const path = request.url!;
    answer(path.split('/').at(-1)!, response, path);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(cacheDir, { recursive: true });
});

/** Loads with this test's server as every mirror. */
function load() {
  const { port } = server.address() as AddressInfo;
  return loadFashionMnist({
    cacheDir,
    notice: (text) => notices.push(text),
    fetch: (url, init) => fetch(`http://127.0.0.1:${port}${new URL(String(url)).pathname}`, init),
  });
}

const cached = (): Promise<string[]> => readdir(join(cacheDir, 'fashion-mnist')).catch(() => []);

test('a redirect is followed and reported', async () => {
  answer = (name, response, path) => {
    if (path.startsWith('/elsewhere/')) response.end(FILES.get(name));
    else response.writeHead(302, { location: `/elsewhere/${name}` }).end();
  };
  expect((await load()).source).toBe('download');
  expect(notices.join('\n')).toMatch(
    /Downloading .* \(\d+\.\d kB\) from https:.*\n.* redirected to http:.*\/elsewhere\//,
  );
  expect(await cached()).toHaveLength(4);
});

test('a captive portal that redirects to its page gives a sentence, and nothing is cached', async () => {
  answer = (_, response, path) => {
    if (path === '/login') response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Log in</html>');
    else response.writeHead(302, { location: '/login' }).end();
  };
  const loading = load();
  await expect(loading).rejects.toThrow(DownloadError);
  await expect(loading).rejects.toThrow(/redirected to http:.*\/login\) answered with an HTML page.*log-in/);
  expect(await cached()).toEqual([]);
});

test('an endless redirect throws an error with a sentence', async () => {
  answer = (name, response) => void response.writeHead(302, { location: `/again/${name}` }).end();
  await expect(load()).rejects.toThrow(/redirect/);
  expect(await cached()).toEqual([]);
});

test('after a connection is cut in the third file, the cache has the first two and nothing of the third', async () => {
  answer = (name, response) => {
    const bytes = FILES.get(name)!;
    if (!name.startsWith('t10k-images')) response.end(bytes);
    else
      response
        .writeHead(200, { 'content-length': bytes.length })
        .write(bytes.subarray(0, 50), () => response.destroy());
  };
  await expect(load()).rejects.toThrow(/t10k-images-idx3-ubyte\.gz broke \(/);
  const kept = await cached();
  expect(kept.filter((name) => name.startsWith('t10k-images') || name.endsWith('.tmp'))).toEqual([]);
  expect(kept).toHaveLength(2);
  answer = (name, response) => void response.end(FILES.get(name));
  expect((await load()).source).toBe('download');
});
