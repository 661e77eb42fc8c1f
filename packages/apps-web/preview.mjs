/** Serves dist/ to this machine alone, as any static host would. */
import { resolve } from 'node:path';
import * as esbuild from 'esbuild';

/** esbuild's server, which serves one folder and nothing outside it; any free port unless one is given. */
export async function serve(context, servedir, port = 0) {
  const server = await context.serve({ servedir, port, host: '127.0.0.1' });
  console.log(`http://127.0.0.1:${server.port}/`);
  return server;
}

if (process.argv[1] === import.meta.filename) {
  await serve(await esbuild.context({ logLevel: 'silent' }), resolve(import.meta.dirname, 'dist'));
}
