import type { RunConfig } from './config.ts';
import { USUAL_IMAGES } from './images-settings.ts';
import { USUAL_SERIES } from './series-settings.ts';

/**
 * The options that name the user's own data and say how it is read, as words: empty for the report's data.
 *
 * @param nameOf the name of an absolute path
 */
export function ownDataOptions({ series, images, data }: RunConfig, nameOf: (path: string) => string): string[] {
  if (series !== undefined) {
    const { files, ...settings } = series;
    return [
      ...(files.length === 0 ? [] : ['--data', ...files.map((path) => nameOf(path))]),
      ...optionsOf(settings, USUAL_SERIES),
    ];
  }
  return images === undefined ? [] : ['--data', nameOf(data!), ...optionsOf(images, USUAL_IMAGES)];
}

/** The settings that differ from the usual ones. */
const optionsOf = (settings: object, usual: Readonly<Record<string, unknown>>): string[] =>
  Object.entries(settings)
    .filter(([name, value]) => value !== undefined && value !== usual[name])
    .flatMap(([name, value]) => [`--${name}`, String(value)]);
