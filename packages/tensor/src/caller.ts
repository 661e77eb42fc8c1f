/** Where the errors of the engine were caused: the line of the program that called it. */

interface Frame {
  /** URL or path, without what a server has after it. */
  readonly file: string;
  readonly line: string;
}

/** V8's `at name (file:line:column)`, Firefox's `name@file:line:column`; Safari's is the same, or the file alone. */
const FRAME = /^(?: *at (?:async )?(?:.*? \()?|(?=[\w-]+:\/\/)|[^@]*@)(.+?)(?:[?#][^/]*?)?:(\d+):\d+\)?$/;

/** The frames of a stack trace that lie in files, the innermost first. */
function framesOf(stack: unknown): Frame[] {
  if (typeof stack !== 'string') return [];
  return stack.split('\n').flatMap((text) => {
    const [, file, line] = FRAME.exec(text) ?? [];
    return file === undefined || line === undefined || file.startsWith('node:') ? [] : [{ file, line }];
  });
}

const folderOf = ({ file }: Frame): string =>
  file.slice(0, Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1);

/** More frames than lie between a program and what it calls. */
const FRAMES = 100;

function currentStack(): unknown {
  const limit: unknown = Reflect.get(Error, 'stackTraceLimit');
  Reflect.set(Error, 'stackTraceLimit', FRAMES);
  const { stack } = new Error();
  Reflect.set(Error, 'stackTraceLimit', limit);
  return stack;
}

/** The folders whose files are not the caller. */
const libraries = new Set(framesOf(currentStack()).slice(0, 1).map(folderOf));

/**
 * For a library on top of the engine: makes {@link located} name the line that called the library. It is called once, from a file in the
 * library's topmost folder, and holds for all files below that.
 */
export function markLibrary(): void {
  const [, , caller] = framesOf(currentStack()); // after those of two functions of this file
  if (caller !== undefined) libraries.add(folderOf(caller));
}

/**
 * The message of an error with the line that called the engine, as in `… (at train.ts:12)`. It is that of the file which runs. Nothing is added
 * where it can't be told: if the program lies in the same file or folder as the engine, as in a bundle, or in no file.
 */
export function located(message: string): string {
  const place = placeOf(currentStack(), libraries);
  return place === undefined ? message : `${message} (at ${place})`;
}

/** The innermost frame outside of the folders, as `file:line`. */
export function placeOf(stack: unknown, folders: Iterable<string>): string | undefined {
  const inside = [...folders];
  const caller = framesOf(stack).find(({ file }) => !inside.some((folder) => file.startsWith(folder)));
  if (caller === undefined || /^(?:data|blob):/.test(caller.file)) return undefined;
  const name = caller.file.slice(folderOf(caller).length);
  return /\.\w+$/.test(name) ? `${name}:${caller.line}` : undefined;
}
