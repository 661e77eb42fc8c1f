/**
 * Writes docs/api.md, the reference of every public name of the engine's packages, from their declarations and
 * docstrings: `node scripts/api.mjs`. With `--check` it writes nothing, and fails if the file is out of date. It also
 * fails, and lists the names, if exported names or methods of exported classes lack a docstring.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '..');
const FILE = join(ROOT, 'docs/api.md');

const ENTRIES = [
  {
    name: '@hourglass/tensor',
    package: 'tensor',
    entry: 'index',
    about: 'Tensors, automatic differentiation, plans, devices.',
    first: ['Device', 'Tensor', 'grad', 'Variable', 'Plan'],
  },
  { name: '@hourglass/tensor/web', package: 'tensor', entry: 'web', about: 'A device in a page or a worker.' },
  { name: '@hourglass/node', package: 'node', entry: 'index', about: 'A device in Node.' },
  {
    name: '@hourglass/nn',
    package: 'nn',
    entry: 'index',
    about: 'Layers, models, losses, optimisers, training, files.',
    first: ['Sequential', 'Model', 'Weights', 'Trainer', 'TrainerOptions', 'Objective', 'Terms', 'shuffledRows'],
  },
  { name: '@hourglass/nn/keras', package: 'nn', entry: 'keras/read', about: 'Weights from Keras’s HDF5 files.' },
  {
    name: '@hourglass/formats',
    package: 'formats',
    entry: 'index',
    about: 'Trained autoencoders as files of ONNX, Keras and PyTorch.',
    first: ['onnxFiles', 'kerasFiles', 'torchFiles', 'TrainedAutoencoder'],
  },
  {
    name: '@hourglass/formats/keras',
    package: 'formats',
    entry: 'keras/read',
    about: 'Weights from any of Keras’s files.',
  },
];

const INTRODUCTION = `# Reference

Every public name, by package. \`node scripts/api.mjs\` writes this page from the docstrings; a test fails if it is out of
date. For a first program, see the READMEs of the [engine](../packages/tensor/README.md) and the
[layers](../packages/nn/README.md). For the names that other libraries use, see [coming-from.md](coming-from.md).

- **Shapes** are lists of extents, outermost first: \`[2, 3]\` has two rows, \`[]\` is a scalar. Images are [batch, height,
  width, channels], convolution kernels [height, width, in, out], transposed convolution kernels [height, width, out,
  in]. A layer's shapes exclude the batch.
- **Numbers** are float32 unless stated otherwise. Sizes are in elements, memory is in bytes, times state their unit.
- **Layers** throw \`TypeError\` for an unknown option, \`RangeError\` for an invalid number, and \`ShapeError\` for an input
  of the wrong shape.
- **Errors**: \`ShapeError\`, and \`RangeError\` and \`TypeError\` for wrong arguments, end with the calling line of your
  program, such as \`(at train.ts:12)\`. It is a line of the running file: of the compiled code, unless Node maps it back
  (\`--enable-source-maps\`). A program bundled into one file or one folder with the engine gets no such line.
`;

/** The top-level declarations of a .d.ts file, each with its docstring. */
function declarationsIn(text) {
  return statementsOf(text.split('\n')).map(({ doc, lines }) => ({ doc, text: lines.join('\n') }));
}

/** Splits lines into statements: each ends where all brackets are closed and the line ends with `;` or `}`. */
function statementsOf(lines) {
  const statements = [];
  let doc;
  let current = [];
  let depth = 0;
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i];
    if (current.length === 0 && /^\s*\/\*\*/.test(line)) {
      const end = lines.findIndex((later, at) => at >= i && later.includes('*/'));
      doc = docOf(lines.slice(i, end + 1));
      i = end;
      continue;
    }
    if (current.length === 0 && line.trim() === '') continue;
    current.push(line);
    const code = line.replace(/\/\*.*?\*\//g, '').replace(/'[^']*'|"[^"]*"/g, '');
    depth += (code.match(/[([{]/g) ?? []).length - (code.match(/[)\]}]/g) ?? []).length;
    if (depth === 0 && /[;}]\s*$/.test(line)) {
      statements.push({ doc, lines: current });
      [doc, current] = [undefined, []];
    }
  }
  return statements;
}

/** The text of a docstring without its comment marks. */
const docOf = (lines) =>
  lines
    .join('\n')
    .replace(/^\s*\/\*\*/, '')
    .replace(/\*\/\s*$/, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, ''))
    .join('\n')
    .trim();

const NAME = /^export (?:declare )?(?:abstract )?(?:class|interface|type|function|const) (\w+)/;

/** The exports of a file by name, each with its declaration and file. */
function exportsOf(folder, file) {
  const found = new Map();
  const declared = new Map();
  for (const declaration of declarationsIn(readFileSync(join(folder, file), 'utf8'))) {
    const { text } = declaration;
    const own = NAME.exec(text)?.[1] ?? /^(?:declare )?(?:const|function|class|interface|type) (\w+)/.exec(text)?.[1];
    if (own !== undefined) declared.set(own, { ...declaration, file });
    if (own !== undefined && text.startsWith('export')) found.set(own, { ...declaration, file });
    const from = /^export (?:type )?(\*|\{[^}]*\}) from '(.+)';$/s.exec(text);
    if (from === null) continue;
    const theirs = exportsOf(folder, join(dirname(file), from[2].replace(/\.(ts|js)$/, '.d.ts')));
    const names =
      from[1] === '*'
        ? [...theirs.keys()]
        : from[1]
            .slice(1, -1)
            .split(',')
            .map((name) => name.replace(/^\s*type /, '').trim())
            .filter(Boolean);
    for (const name of names) found.set(name, theirs.get(name));
  }
  found.locals = declared;
  return found;
}

const problems = [];

/** The reference of one name. */
function describe(entry, name, { doc, text, file }, locals, anchors) {
  if (doc === undefined) problems.push(`${entry}: ${name} (${file}) has no docstring.`);
  const kind = /(?:class|interface|type|function|const)/.exec(text)[0];
  const lines = [`### ${name}`, ''];
  if (kind === 'class' || kind === 'interface') {
    const [head, ...body] = text.split('\n');
    lines.push(prose(doc, anchors), '');
    const parent = /extends ([\w<>, ']+?)(?: implements .*)?\s*\{/.exec(head)?.[1];
    if (parent !== undefined) lines.push(`Extends ${linked(`\`${parent}\``, parent, anchors)}.`, '');
    const parameters = new RegExp(`${name}(<.*?>)(?: extends| implements| \\{)`).exec(head)?.[1];
    if (parameters !== undefined) lines.push(`Type parameters: \`${parameters}\`.`, '');
    const isConstructor = ({ lines }) => lines[0].trim().startsWith('constructor(');
    const members = statementsOf(body.slice(0, -1)).sort((a, b) => isConstructor(b) - isConstructor(a));
    for (const member of members) lines.push(...memberLines(entry, name, kind, member, anchors));
  } else {
    lines.push(FENCE, dedented(text.replace(/^export (?:declare )?/, '')), '```', '', prose(doc, anchors), '');
    for (const [, local] of text.matchAll(/typeof (\w+)/g)) {
      const of = locals.get(local);
      if (of === undefined) continue;
      if (of.doc === undefined) problems.push(`${entry}: ${name}.${local} (${file}) has no docstring.`);
      lines.push(`- \`${signature(of.text.replace(/^declare function /, ''))}\`: ${inline(of.doc, anchors)}`);
    }
  }
  return `${lines.join('\n').trim()}\n`;
}

/** Not `ts`: blocks marked `ts` are whole programs, which a test runs. */
const FENCE = '```typescript';

/** A member of a class or an interface as a list item. */
function memberLines(entry, name, kind, { doc, lines }, anchors) {
  const text = signature(lines.join('\n'));
  if (/^(?:private|protected|#)/.test(text) || /^\w*constructor\(\)/.test(text)) return [];
  const own = /^(?:static |readonly |async |get |set )*\[?(\w+)/.exec(text)?.[1];
  if (doc === undefined && kind === 'class' && own !== 'constructor' && own !== 'name')
    problems.push(`${entry}: ${name}.${own} has no docstring.`);
  if (kind === 'class' && own === 'name' && text.includes('= "')) return [];
  return [
    `- \`${text.replace(/^constructor\(/, `new ${name}(`).replace(/^get (\w+)\(\)/, 'readonly $1')}\`${doc === undefined ? '' : `: ${inline(doc, anchors)}`}`,
  ];
}

/** A declaration on one line. */
const signature = (text) =>
  withoutGuards(text)
    .replace(/\/\*\*.*?\*\//gs, '')
    .replace(/\s+/g, ' ')
    .replace(/;?\s*$/, '')
    .trim();

/** Removes the parameter with which layers reject surplus arguments. */
const withoutGuards = (text) => text.replace(/(?:, )?\.\.\.surplus: never\[\]/g, '');

const dedented = (text) => withoutGuards(text).replace(/^ {4}/gm, '  ').replace(/;$/, '');

/** A docstring as paragraphs, with separate ones for errors and examples. */
function prose(doc, anchors) {
  if (doc === undefined) return '';
  const [text, ...tags] = doc.split(/(?:^|(?<=\s))@(?=throws|example|param|internal|returns)/);
  const parts = [links(unwrapped(text), anchors)];
  for (const tag of tags) {
    const [, word, rest] = /^(\w+)\s*(.*)$/s.exec(tag);
    if (word === 'example') parts.push(`${FENCE}\n${rest.trim()}\n\`\`\``);
    else if (word === 'throws') parts.push(`*Throws* ${links(unwrapped(rest), anchors)}`);
    else if (word === 'param') parts.push(links(unwrapped(rest.replace(/^(\w+)/, '`$1`')), anchors));
  }
  return parts.filter(Boolean).join('\n\n');
}

/** A docstring on one line. */
const inline = (doc, anchors) => prose(doc, anchors).replace(/\n\n/g, ' ').replace(/\n/g, ' ');

const unwrapped = (text) =>
  text
    .trim()
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.trim().replace(/\s*\n\s*/g, ' '))
    .join('\n\n');

const links = (text, anchors) =>
  text.replace(/\{@link ([\w.]+)\}/g, (_, name) => linked(`\`${name}\``, name.split('.')[0], anchors));

const linked = (text, name, anchors) => (anchors.has(name) ? `[${text}](#${anchors.get(name)})` : text);

/** The anchor of a heading as GitHub makes it: repeated headings are numbered. */
function anchorOf(name, taken) {
  const letters = name.toLowerCase();
  const count = taken.get(letters) ?? 0;
  taken.set(letters, count + 1);
  return count === 0 ? letters : `${letters}-${count}`;
}

async function write() {
  const out = mkdtempSync(join(tmpdir(), 'api-'));
  process.on('exit', () => rmSync(out, { recursive: true, force: true }));
  const tsc = join(ROOT, 'node_modules/.bin/tsc');
  await Promise.all(
    [...new Set(ENTRIES.map((entry) => entry.package))].map((folder) => {
      const options = ['--customConditions', '@hourglass/source', '--rootDir', '.', '--outDir', out];
      return promisify(execFile)(tsc, ['-p', `packages/${folder}/tsconfig.build.json`, ...options], { cwd: ROOT });
    }),
  );
  const all = ENTRIES.map((entry) => ({
    ...entry,
    names: exportsOf(join(out, 'packages', entry.package, 'src'), `${entry.entry}.d.ts`),
  }));
  const taken = new Map();
  const listed = new Set();
  const chapters = all.map(({ names, first = [], ...entry }) => {
    const own = [...names].filter(([name]) => !listed.has(`${entry.package} ${name}`));
    for (const [name] of own) listed.add(`${entry.package} ${name}`);
    const rank = ([name]) => (first.includes(name) ? first.indexOf(name) : first.length);
    own.sort((a, b) => rank(a) - rank(b));
    const anchors = new Map(own.map(([name]) => [name, anchorOf(name, taken)]));
    return { ...entry, own, anchors };
  });
  const everywhere = new Map(chapters.toReversed().flatMap(({ anchors }) => [...anchors]));
  const sections = chapters.map(({ name, about, own, ...entry }) => {
    const folder = join(out, 'packages', entry.package, 'src');
    const anchors = new Map([...everywhere, ...entry.anchors]);
    const parts = own.map(([export_, declaration]) =>
      describe(name, export_, declaration, exportsOf(folder, declaration.file).locals, anchors),
    );
    const contents = own.map(([export_]) => linked(`\`${export_}\``, export_, anchors)).join(' · ');
    return `## ${name}\n\n${about}\n\n${contents}\n\n${parts.join('\n')}`;
  });
  return `${INTRODUCTION}\n${sections.join('\n')}`;
}

const text = await write();
const check = process.argv.includes('--check');
if (check && readFileSync(FILE, 'utf8') !== text)
  problems.push('docs/api.md is out of date: run `node scripts/api.mjs` and commit it.');
if (!check) writeFileSync(FILE, text);
if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exitCode = 1;
}
