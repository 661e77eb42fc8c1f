/** How the scripts report a mistake of their user: a sentence and exit code 2, as the command does, and no stack. */
import { parseArgs } from 'node:util';

/** Prints a sentence for the user, and exits. */
export function refuse(sentence) {
  console.error(sentence);
  process.exit(2);
}

/**
 * Options read by parseArgs. A wrong one ends the script with the reason and with `usage`; --help prints only `usage`.
 */
export function readOptions(usage, config) {
  if (process.argv.slice(2).includes('--help')) {
    console.log(usage);
    process.exit();
  }
  try {
    return parseArgs(config);
  } catch (error) {
    return refuse(`${wrongOption(error)}\n${usage}`);
  }
}

/** The sentence about a wrong option in an error of parseArgs; undefined for other errors. */
export function wrongOption({ code, message }) {
  // parseArgs continues with advice on how to pass an argument that begins with a dash.
  return code?.startsWith('ERR_PARSE_ARGS') ? `${message.split('. ')[0]}.` : undefined;
}
