import { basename } from 'node:path';
import { quote } from '../io/paths.ts';
import type { RunConfig } from './config.ts';
import { USUAL_IMAGES } from './images-settings.ts';
import { USUAL_SERIES } from './series-settings.ts';

/**
 * The options that name the user's own data and say how it is read: empty for the report's data. Files have no folders:
 * a model card may be shared.
 */
export function ownDataOptions({ series, images, data }: RunConfig): string[] {
  if (series !== undefined) {
    const { files, ...settings } = series;
    return [...dataOption(files), ...optionsOf(settings, USUAL_SERIES)];
  }
  return images === undefined ? [] : [...dataOption([data!]), ...optionsOf(images, USUAL_IMAGES)];
}

const dataOption = (paths: readonly string[]): string[] =>
  paths.length === 0 ? [] : ['--data', ...paths.map((path) => quote(basename(path)))];

/** The settings that differ from the usual ones. */
const optionsOf = (settings: object, usual: Readonly<Record<string, unknown>>): string[] =>
  Object.entries(settings)
    .filter(([name, value]) => value !== undefined && value !== usual[name])
    .map(([name, value]) => `--${name} ${quote(String(value))}`);
