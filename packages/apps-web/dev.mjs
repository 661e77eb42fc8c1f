/** Serves the site on localhost only and reloads the page when a source changes. Takes the options of build.mjs. */
import { rm } from 'node:fs/promises';
import * as esbuild from 'esbuild';
import { bundleOptions, folderOptions, writeFiles } from './build.mjs';
import { serve } from './preview.mjs';

const folders = folderOptions();
await rm(folders.outdir, { recursive: true, force: true });
await writeFiles(folders);
const context = await esbuild.context(bundleOptions({ ...folders, development: true }));
await context.watch();
await serve(context, folders.outdir);
