/** The npm registry as it is after a release: it serves the packed packages under their scope. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { basename, dirname } from 'node:path';
import { runIn } from './packed-project.ts';

export interface Registry {
  readonly url: string;
  readonly close: () => void;
}

/** Opens a registry on this machine that has only `tarballs`. Installers ask it for the scope that `.npmrc` names. */
export async function openRegistry(tarballs: Iterable<string>): Promise<Registry> {
  const files = new Map<string, Buffer>();
  const packages = new Map<string, object>();
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url!.slice(1));
    const answer = files.get(path) ?? (packages.has(path) && JSON.stringify(packages.get(path)));
    response.statusCode = answer ? 200 : 404;
    response.end(answer || '{}');
  });
  await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}/`;
  for (const path of tarballs) {
    const content = await readFile(path);
    const text = await runIn(dirname(path), 'tar', '-xOf', path, 'package/package.json');
    const manifest = JSON.parse(text) as { readonly name: string; readonly version: string };
    const integrity = `sha512-${createHash('sha512').update(content).digest('base64')}`;
    const dist = { tarball: url + basename(path), integrity };
    files.set(basename(path), content);
    packages.set(manifest.name, {
      name: manifest.name,
      'dist-tags': { latest: manifest.version },
      versions: { [manifest.version]: { ...manifest, dist } },
    });
  }
  return { url, close: () => void server.close() };
}
