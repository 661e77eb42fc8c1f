import { homedir } from 'node:os';
import { basename, isAbsolute, relative, resolve } from 'node:path';

/** The user's current folder: npm and pnpm run scripts in another one, and give it in INIT_CWD. */
const userFolder = (): string => process.env.INIT_CWD || process.cwd();

/**
 * The absolute path for a path that the user gave. A leading `~` is the home folder: in `--out=~/x` the shell does not
 * expand it.
 */
export const fromUser = (path: string): string =>
  resolve(
    userFolder(),
    path.replace(/^~(?=$|[/\\])/, () => homedir()),
  );

/** A path as shown to the user: relative if it is below the current folder. */
export function toUser(path: string): string {
  const short = relative(userFolder(), path);
  return short === '' || short.startsWith('..') || isAbsolute(short) ? path : short;
}

/**
 * Quotes a word so that shells take it literally; on Windows, where names contain no quotation marks, with double ones.
 */
export function quote(word: string): string {
  if (/^[\w./:\\@=+-]+$/.test(word)) return word;
  return process.platform === 'win32' ? `"${word}"` : `'${word.replaceAll("'", "'\\''")}'`;
}

/** A command to paste into the shell. It calls the program as the user did, but with these words. */
export function commandLine(command: string, ...words: readonly string[]): string {
  const { npm_lifecycle_event: script, npm_config_user_agent: agent = '' } = process.env;
  const quoted = words.map(quote);
  if (script === 'train' && command === 'train') {
    return agent.startsWith('pnpm')
      ? ['pnpm --filter apps-cli train', ...quoted].join(' ')
      : ['npm run train', quoted[0], '--', ...quoted.slice(1)].join(' ');
  }
  const entry = process.argv[1] ?? '';
  const program = basename(entry).endsWith('.js') ? `node ${toUser(entry)}` : 'hourglass';
  return [program, command, ...quoted].join(' ');
}
