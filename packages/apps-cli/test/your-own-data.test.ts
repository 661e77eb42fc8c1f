import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleCli, type Cli, type RunOptions } from './cli.ts';

/** Runs the commands of docs/your-own-data.md as written there. */
const DOCS = fileURLToPath(new URL('../../../docs/your-own-data.md', import.meta.url));

let cli: Cli;
let text: string;
beforeAll(async () => {
  cli = await bundleCli();
  text = await readFile(DOCS, 'utf8');
});
afterAll(() => cli.remove());

/** The commands below a heading. */
function commandsOf(heading: string): string[] {
  const [, section = ''] = text.split(`\n## ${heading}\n`);
  const blocks = section.split('\n## ')[0]!.match(/```\n[\s\S]*?```/g) ?? [];
  return blocks.flatMap((block) => block.split('\n').filter((line) => line.includes('npm run')));
}

/** Runs `npm run train …` or `npm run hourglass -- …`, without the command before a pipe. */
async function run(command: string, options?: RunOptions): Promise<string> {
  const words = command
    .slice(command.indexOf('npm run'))
    .split(' ')
    .filter((word) => word !== '--silent');
  const args = words.slice(words[2] === 'train' ? 2 : 3).filter((word) => word !== '--');
  const { code, stdout, stderr } = await cli.run([...args, '--cache-dir', 'cache'], options);
  expect(stderr, command).not.toContain('hourglass: ');
  expect(code, command).toBe(0);
  return stdout;
}

const write = (name: string, lines: readonly string[]): Promise<void> =>
  writeFile(join(cli.home, name), `${lines.join('\n')}\n`);
const isDrawn = async (path: string): Promise<void> =>
  expect((await stat(join(cli.home, path))).size).toBeGreaterThan(10_000);

describe('docs/your-own-data.md', () => {
  test('photographs', async () => {
    // Discs and bars, in other places and colours each.
    const photo = async (path: string, n: number): Promise<void> => {
      const [x, y, hue] = [4 + ((n * 7) % 9), 4 + ((n * 11) % 9), (n * 47) % 360];
      const shape = n % 2 ? `<circle cx="${x}" cy="${y}" r="3"/>` : `<rect x="${x - 2}" width="4" height="16"/>`;
      await mkdir(dirname(join(cli.home, path)), { recursive: true });
      await sharp(
        Buffer.from(
          `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16"><rect width="16" height="16" fill="#202428"/><g fill="hsl(${hue},80%,60%)">${shape}</g></svg>`,
        ),
      ).toFile(join(cli.home, path));
    };
    for (let n = 0; n < 200; n++) await photo(`photos/${n % 2 ? 'cats' : 'dogs'}/IMG_${n}.${n % 3 ? 'jpg' : 'png'}`, n);
    await photo('new.jpg', 301);
    const [train, evaluate, reconstruct, interpolate, latent, encode, dream, sample, ...others] =
      commandsOf('Photographs');
    expect(others).toEqual([]);
    await run(train!);
    const reconstructed = await run(evaluate!);
    expect(reconstructed).toMatch(/^cats +\d+ /m);
    // the mean of all images is as far from each as 0.03
    expect(Number(/^mse +(.*)$/m.exec(reconstructed)![1])).toBeLessThan(0.015);
    await isDrawn('runs/photos/figures/reconstructions.png');
    await isDrawn('runs/photos/figures/latent.png');
    for (const command of [reconstruct, interpolate, latent]) await run(command!);
    for (const name of ['reconstructions', 'interpolation', 'manifold'])
      await isDrawn(`figures/photos/images-${name}.png`);
    await run(encode!);
    expect((await readFile(join(cli.home, 'codes.csv'), 'utf8')).trimEnd().split('\n')).toHaveLength(201);
    await run(dream!);
    await run(sample!);
    await isDrawn('figures/dreams/images-vae-samples.png');
  }, 600_000);

  test('a labelled CSV', async () => {
    const cycles = (count: number, seed: number, labelled: boolean): string[] => {
      const header = [...(labelled ? ['state'] : []), ...Array.from({ length: 60 }, (_, t) => `t${t}`)].join();
      const rows = Array.from({ length: count }, (_, i) => {
        const worn = i % 5 === 4;
        const values = Array.from(
          { length: 60 },
          (_, t) => Math.sin(t / 6 + Math.sin(i + seed) / 3) + (worn ? 0.5 * Math.sin(t) : 0),
        );
        return [...(labelled ? [worn ? 'worn' : 'ok'] : []), ...values.map((value) => value.toFixed(3))].join();
      });
      return [header, ...rows];
    };
    await write('machines.csv', cycles(150, 0, true));
    await write('later.csv', cycles(50, 0.5, true));
    await write('new.csv', cycles(50, 0.7, false));
    const [train, own, later, detect, ...others] = commandsOf('A labelled CSV');
    expect(others).toEqual([]);
    await run(train!);
    expect(await run(own!)).toContain('AUROC');
    expect(await run(later!)).toMatch(/later\.csv +50 /);
    const verdicts = (await run(detect!)).trim().split('\n').slice(1);
    expect(verdicts.filter((line, i) => line.endsWith(',abnormal') === (i % 5 === 4)).length).toBeGreaterThan(45);
    await isDrawn('figures/machines/worst.png');
  }, 300_000);

  test('an unlabelled recording', async () => {
    const recording = (count: number, blocked: number): string[] => [
      'when,pressure,flow',
      ...Array.from({ length: count }, (_, t) => {
        const time = new Date(Date.UTC(2026, 0, 1) + 1000 * t).toISOString().replace('T', ' ').slice(0, 19);
        const flow = t >= blocked && t < blocked + 60 ? 0.1 : 0.8 + 0.3 * Math.cos(t / 5);
        return `${time},${(3 + Math.sin(t / 5)).toFixed(3)},${flow.toFixed(3)}`;
      }),
    ];
    await write('pump.csv', recording(6000, 6000));
    await write('today.csv', recording(3000, 1500));
    const [train, detect, stream, ...others] = commandsOf('An unlabelled recording');
    expect(others).toEqual([]);
    await run(train!);
    await isDrawn('runs/pump/figures/recording.png');
    const blocked = (lines: readonly string[]): boolean =>
      lines.some((line) => line.startsWith('2026-01-01 00:25:30') && line.endsWith(',abnormal'));
    expect(blocked((await run(detect!)).split('\n'))).toBe(true);
    await isDrawn('figures/pump/recording.png');
    const input = await readFile(join(cli.home, 'today.csv'), 'utf8');
    expect((await run(stream!, { input })).split('\n').some((line) => line.endsWith(',abnormal'))).toBe(true);
  }, 300_000);
});
