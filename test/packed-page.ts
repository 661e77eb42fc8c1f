/** Opens pages of static files in a browser, as a web server delivers them. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import type { Browser, Page } from 'playwright';

const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

/**
 * Opens index.html of `folder` in a page, and returns the result of `use`.
 * @throws the page's error, if the page throws one
 */
export async function inPage<Result>(
  browser: Browser,
  folder: string,
  use: (page: Page) => Promise<Result>,
): Promise<Result> {
  const server = createServer(async (request, response) => {
    const path = join(folder, request.url === '/' ? 'index.html' : request.url!);
    const content = await readFile(path).catch(() => undefined);
    response.writeHead(content ? 200 : 404, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' });
    response.end(content);
  });
  await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening));
  const page = await browser.newPage();
  const fault = new Promise<never>((_, fail) => page.on('pageerror', fail));
  fault.catch(() => {});
  try {
    await page.goto(`http://127.0.0.1:${(server.address() as { port: number }).port}/`);
    return await Promise.race([use(page), fault]);
  } finally {
    await page.close();
    server.close();
  }
}
