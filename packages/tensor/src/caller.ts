/** Finds the cause of an engine error: the line of the program that called the engine. */

interface Frame {
  /** URL or path, without query or fragment. */
  readonly file: string;
  readonly line: string;
}

/** V8's `at name (file:line:column)`, Firefox's and Safari's `name@file:line:column`; Safari may omit `name@`. */
const FRAME = /^(?: *at (?:async )?(?:.*? \()?|(?=[\w-]+:\/\/)|[^@]*@)(.+?)(?:[?#][^/]*?)?:(\d+):\d+\)?$/;

/** The frames of a stack trace that are in files, innermost first. */
function framesOf(stack: unknown): Frame[] {
  if (typeof stack !== 'string') return [];
  return stack.split('\n').flatMap((text) => {
    const [, file, line] = FRAME.exec(text) ?? [];
    return file === undefined || line === undefined || file.startsWith('node:') ? [] : [{ file, line }];
  });
}

const folderOf = ({ file }: Frame): string =>
  file.slice(0, Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1);

/** More frames than there are between a program's call and the engine code that throws. */
const FRAMES = 100;

function currentStack(): unknown {
  const limit: unknown = Reflect.get(Error, 'stackTraceLimit');
  Reflect.set(Error, 'stackTraceLimit', FRAMES);
  const { stack } = new Error();
  Reflect.set(Error, 'stackTraceLimit', limit);
  return stack;
}

/** The folders whose files do not count as the caller. */
const libraries = new Set(framesOf(currentStack()).slice(0, 1).map(folderOf));

/**
 * For libraries built on the engine: makes {@link located} name the line that called the library. Call it once, from a
 * file in the library's top folder; it applies to all files below that folder.
 */
export function markLibrary(): void {
  const [, , caller] = framesOf(currentStack()); // the first two frames are functions of this file
  if (caller !== undefined) libraries.add(folderOf(caller));
}

/**
 * Appends the line that called the engine to an error message, as in `… (at train.ts:12)`. The line refers to the file
 * that runs. Returns the message unchanged if the line is unknown: the program is in the same file or folder as the
 * engine, as in a bundle, or in no file.
 */
export function located(message: string): string {
  const place = placeOf(currentStack(), libraries);
  return place === undefined ? message : `${message} (at ${place})`;
}

/** The innermost frame outside the folders, as `file:line`. */
export function placeOf(stack: unknown, folders: Iterable<string>): string | undefined {
  const inside = [...folders];
  const caller = framesOf(stack).find(({ file }) => !inside.some((folder) => file.startsWith(folder)));
  if (caller === undefined || /^(?:data|blob):/.test(caller.file)) return undefined;
  const name = caller.file.slice(folderOf(caller).length);
  return /\.\w+$/.test(name) ? `${name}:${caller.line}` : undefined;
}
