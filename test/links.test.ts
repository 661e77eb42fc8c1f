import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '..');
const files = execFileSync('git', ['ls-files', '*.md'], { cwd: ROOT, encoding: 'utf8' }).trim().split('\n');

/** Targets of links and pictures that are not addresses of the web. */
function targets(markdown: string): string[] {
  const text = markdown.replace(/^```.*?^```/gms, '').replace(/`[^`\n]*`/g, '');
  const found = [...text.matchAll(/\]\(\s*([^)\s]+)[^)]*\)|<img[^>]*\ssrc="([^"]+)"/g)];
  return found.map(([, link, picture]) => (link ?? picture)!).filter((target) => !/^[a-z]+:/.test(target));
}

/** A heading as GitHub names it in addresses. */
const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');

/** The anchors of all headings; GitHub numbers those that repeat. */
function headings(markdown: string): string[] {
  const names = [...markdown.replace(/^```.*?^```/gms, '').matchAll(/^#+\s+(.*)$/gm)].map(([, own]) => anchor(own!));
  return names.map((name, i) => {
    const before = names.slice(0, i).filter((other) => other === name).length;
    return before === 0 ? name : `${name}-${before}`;
  });
}

test.each(files)('%s: the files and sections that it links to exist', (file) => {
  const markdown = readFileSync(join(ROOT, file), 'utf8');
  const missing = targets(markdown).filter((target) => {
    const [path = '', section] = target.split('#');
    const at = path === '' ? join(ROOT, file) : resolve(ROOT, dirname(file), decodeURI(path));
    if (!existsSync(at)) return true;
    return section !== undefined && at.endsWith('.md') && !headings(readFileSync(at, 'utf8')).includes(section);
  });
  expect(missing).toEqual([]);
});
