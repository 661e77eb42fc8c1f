import { homedir } from 'node:os';
import { basename, isAbsolute, relative, resolve } from 'node:path';

/** Where the user stands: npm and pnpm run scripts elsewhere, and say in INIT_CWD where they were called. */
const userFolder = (): string => process.env.INIT_CWD || process.cwd();

/** A path of the user's, made absolute. A leading `~` is the home folder: in `--out=~/x` the shell leaves it as it is. */
export const fromUser = (path: string): string =>
  resolve(
    userFolder(),
    path.replace(/^~(?=$|[/\\])/, () => homedir()),
  );

/** A path for the user to read: relative where it lies below where they stand. */
export function toUser(path: string): string {
  const short = relative(userFolder(), path);
  return short === '' || short.startsWith('..') || isAbsolute(short) ? path : short;
}

/** A word as shells take it literally; on Windows, where names hold no quotation marks, in double ones. */
function quote(word: string): string {
  if (/^[\w./:\\@=+-]+$/.test(word)) return word;
  return process.platform === 'win32' ? `"${word}"` : `'${word.replaceAll("'", "'\\''")}'`;
}

/** The way in which the user called the program, with other words, to be pasted into the shell. */
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
