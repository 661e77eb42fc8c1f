import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type Browser, chromium, type LaunchOptions } from 'playwright-core';

/** WebGPU on SwiftShader, in pages and workers, on a machine without a GPU. */
const FLAGS = [
  '--no-sandbox',
  '--disable-quic',
  '--enable-unsafe-webgpu',
  '--enable-features=Vulkan',
  '--use-vulkan=swiftshader',
  '--use-angle=swiftshader',
];

/**
 * Options to start Chromium with WebGPU: on Linux the one from npm, elsewhere the installed Chrome.
 */
export async function chromiumOptions(): Promise<LaunchOptions> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return { channel: 'chrome', args: ['--enable-unsafe-webgpu'] };
  const folder = await unpack();
  const executablePath = join(folder, 'chromium');
  const env = existsSync('/etc/fonts') ? process.env : { ...process.env, FONTCONFIG_FILE: join(folder, 'fonts.conf') };
  // The package's libraries only where the system lacks some: they may be older than the system's.
  const starts = await promisify(execFile)(executablePath, ['--version'], { env }).catch(() => undefined);
  const libraries = [process.env.LD_LIBRARY_PATH, join(folder, 'al2023/lib')].filter(Boolean).join(':');
  const environment = { ...env, ...(starts ? {} : { LD_LIBRARY_PATH: libraries }) };
  return { executablePath, args: FLAGS, env: environment as Record<string, string> };
}

export const openChromium = async (): Promise<Browser> => chromium.launch(await chromiumOptions());

/** Unpacks the npm package's browser, fonts and libraries, once per machine. */
async function unpack(): Promise<string> {
  const packed = dirname(dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')));
  const { version } = createRequire(import.meta.url)(join(packed, 'package.json')) as { version: string };
  const folder = join(tmpdir(), `hourglass-chromium-${version}`);
  if (existsSync(folder)) return folder;
  const unpacking = `${folder}.${randomUUID()}`;
  await mkdir(unpacking);
  const { TMPDIR } = process.env;
  process.env.TMPDIR = unpacking; // the package unpacks into the platform's temporary folder
  try {
    const { inflate } = await import('@sparticuz/chromium');
    const archives = ['chromium.br', 'fonts.tar.br', 'swiftshader.tar.br', 'al2023.tar.br'];
    await Promise.all(archives.map((name) => inflate(join(packed, 'bin', name))));
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
  }
  const fonts = `<fontconfig><dir>${folder}/fonts</dir><cachedir>${folder}/font-cache</cachedir></fontconfig>`;
  await writeFile(join(unpacking, 'fonts.conf'), `<?xml version="1.0"?>${fonts}`);
  await rename(unpacking, folder).catch(() => rm(unpacking, { recursive: true })); // another process was faster
  return folder;
}
