import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const SECRET = 'not for others';
const PACKAGE = fileURLToPath(new URL('..', import.meta.url));

let root: string;
let server: ChildProcess;
let port: number;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'server-'));
  mkdirSync(join(root, 'site'));
  writeFileSync(join(root, 'secret.txt'), SECRET);
  writeFileSync(join(root, 'site', 'page.txt'), 'the page');
  server = spawn(process.execPath, ['preview.mjs', join(root, 'site')], { cwd: PACKAGE });
  const [line] = (await once(server.stdout!, 'data')) as [Buffer];
  port = Number(new URL(String(line).trim()).port);
});
afterAll(() => {
  server.kill();
  rmSync(root, { recursive: true });
});

/** The whole response to a request whose path is sent unchanged: fetch would normalise it first. */
async function answerTo(path: string, host = '127.0.0.1'): Promise<string> {
  const socket = connect(port, host);
  socket.end(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`);
  let answer = '';
  for await (const chunk of socket) answer += chunk;
  return answer;
}

test('the server serves the files in its folder, and nothing outside it', async () => {
  expect(await answerTo('/page.txt')).toMatch(/^HTTP\/1\.1 200[\s\S]*the page/);
  const up = ['..', '%2e%2e', '.%2e', '%252e%252e', '..%00', '....'];
  const separators = ['/', '%2f', '\\', '%5c', '//', '%252f'];
  const paths = up.flatMap((step) => separators.map((separator) => `${step}${separator}secret.txt`));
  for (const path of [...paths, ...paths.map((path) => `page.txt/${path}`), join(root, 'secret.txt').slice(1)]) {
    for (const start of ['/', '//', '']) {
      const answer = await answerTo(`${start}${path}`);
      expect(answer, `${start}${path}`).not.toContain(SECRET);
    }
  }
});

test('the server listens only on the loopback interface', async ({ skip }) => {
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const outside = own.find(({ family, internal }) => family === 'IPv4' && !internal);
  if (outside === undefined) return skip('this machine has no other address');
  await expect(answerTo('/page.txt', outside.address)).rejects.toThrow(/ECONNREFUSED/);
});

test('the page allows only its own files: no other hosts, no inline scripts, no eval', () => {
  const page = readFileSync(join(PACKAGE, 'static/index.html'), 'utf8');
  const [, policy = ''] = /Content-Security-Policy"\s*content="([^"]+)"/.exec(page) ?? [];
  const rules = new Map(policy.split(';').map((rule) => [rule.trim().split(' ')[0], rule.trim().split(' ').slice(1)]));
  expect(rules.get('default-src')).toEqual(["'none'"]);
  for (const kind of ['script-src', 'connect-src', 'worker-src', 'style-src'])
    expect(rules.get(kind)).toEqual(["'self'"]);
  expect(policy).not.toMatch(/unsafe|https?:|\*/);
});
