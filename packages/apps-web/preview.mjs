/** Serves dist/, or the folder named on the command line, on localhost only, as a static host would. */
import { resolve } from 'node:path';
import * as esbuild from 'esbuild';

/** Starts esbuild's server, which serves one folder and nothing outside it, on a free port. */
export async function serve(context, servedir) {
  const { port } = await context.serve({ servedir, port: 0, host: '127.0.0.1' });
  console.log(`http://127.0.0.1:${port}/`);
}

if (process.argv[1] === import.meta.filename) {
  await serve(await esbuild.context({ logLevel: 'silent' }), resolve(process.argv[2] ?? `${import.meta.dirname}/dist`));
}
