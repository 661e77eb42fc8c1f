import { FITS } from '@hourglass/datasets';
import type { Command } from 'commander';
import { UsageError } from './errors.ts';
import { oneOf, wholeNumber } from './options.ts';

/** Colours that have a name. */
const COLOURS: Readonly<Record<string, string>> = { white: '#ffffff', black: '#000000', gray: '#808080' };

/** Adds the options for turning images into rows of one shape, and for the model of these rows. */
export function addImageOptions(command: Command): Command {
  return command
    .optionsGroup('Images:')
    .option('--channels <n>', '1 for gray, 3 for colour (default: 1 if all images are gray)', (text) => {
      if (text !== '1' && text !== '3') throw new UsageError(`--channels must be 1 or 3, not '${text}'.`);
      return Number(text);
    })
    .option(
      '--fit <how>',
      'for images that are not square: cover cuts off the edges, contain adds bars, stretch distorts them (default: cover)',
      oneOf('--fit', FITS),
    )
    .option(
      '--background <colour>',
      'the colour behind transparent pixels and in bars, such as black or #ffcc00 (default: white)',
      colour,
    )
    .option('--width <n>', 'filters of the outermost convolutions (default: 32)', wholeNumber('--width', { max: 512 }));
}

/** Parses a colour into `#rrggbb`. */
function colour(text: string): string {
  const known = COLOURS[text.toLowerCase()];
  if (known !== undefined) return known;
  const digits = /^#?([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(text)?.[1]?.toLowerCase();
  if (digits === undefined)
    throw new UsageError(`--background must be white, black, gray or a colour such as #ffcc00, not '${text}'.`);
  return `#${digits.length === 3 ? digits.replace(/./g, '$&$&') : digits}`;
}
