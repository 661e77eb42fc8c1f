import { FILLS, LONGEST, SCALES, type SeriesOptions, SHORTEST } from '@hourglass/datasets';
import { SERIES_MODELS } from '@hourglass/experiments';
import { z } from 'zod';
import { UsageError } from '../usage/errors.ts';

/** How series are read: the settings of `train`, `evaluate` and `detect`. */
const reading = {
  query: z.string().optional(),
  layout: z.enum(['series', 'recording']).optional(),
  columns: z.array(z.string()).optional(),
  time: z.string().optional(),
  id: z.string().optional(),
  label: z.string().optional(),
  normal: z.string().optional(),
  fill: z.enum(FILLS).optional(),
};

/** The settings that, with the files, determine a run on the user's own series. */
export const seriesSchema = z.object({
  /** Absolute paths and patterns. */
  files: z.array(z.string()),
  ...reading,
  window: z.int().min(SHORTEST).max(LONGEST).optional(),
  stride: z.int().positive().optional(),
  model: z.enum(SERIES_MODELS).optional(),
  scale: z.enum(SCALES),
  contamination: z.number().positive().max(0.5).optional(),
  deviations: z.number().positive().optional(),
  validation: z.number().min(0).max(0.9),
});

export type SeriesSettings = z.infer<typeof seriesSchema>;

/** The options of a command for series. */
export interface SeriesFlags extends Partial<Omit<SeriesSettings, 'files'>> {
  /** Further files after the one given with `--data`. */
  readonly more?: readonly string[];
}

export const SERIES_FLAGS = seriesSchema.omit({ files: true }).keyof().options;

/** The default settings of `train`. */
export const USUAL_SERIES = { scale: 'standard', validation: 0.2 } as const;

/** The settings of a new run. @throws UsageError if options contradict each other */
export function newSeriesSettings(options: SeriesFlags & { readonly data?: string | undefined }): SeriesSettings {
  const { data, more = [], query, layout, columns, time, id, label, normal, fill, window, stride, model } = options;
  const files = [...(data === undefined ? [] : [data]), ...more];
  if (files.length === 0 && query === undefined)
    throw new UsageError('series trains on your own data: give files with --data.');
  if (options.contamination !== undefined && options.deviations !== undefined)
    throw new UsageError("--contamination and --deviations can't be used together: both set the threshold.");
  return {
    ...{ files, query, layout, columns, time, id, label, normal, fill, window, stride, model },
    scale: options.scale ?? USUAL_SERIES.scale,
    validation: options.validation ?? USUAL_SERIES.validation,
    contamination: options.contamination,
    deviations: options.deviations,
  };
}

/**
 * The settings of a resumed run: its own, perhaps with files in other places.
 * @throws UsageError if an option contradicts the run
 */
export function resumedSeriesSettings(
  own: SeriesSettings,
  options: SeriesFlags & { readonly data?: string | undefined },
): SeriesSettings {
  const given = options as Readonly<Record<string, unknown>>;
  for (const name of SERIES_FLAGS) {
    const value = given[name];
    if (value !== undefined && String(value) !== String(own[name])) {
      throw new UsageError(
        `--${name} ${value} contradicts the run, which uses ${own[name] ?? 'none'}. Omit it, or start a new run without --resume.`,
      );
    }
  }
  const { data, more = [] } = options;
  return data === undefined ? own : { ...own, files: [data, ...more] };
}

/** How files of series are read. */
export type Reading = SeriesOptions & { readonly query?: string | undefined };

/** How to read files for a detector: like its training files, except for what the options change. */
export function readingOf(
  { query, layout, columns, time, id, label, normal, fill }: SeriesFlags,
  own: SeriesOptions = {},
): Reading {
  return {
    query,
    layout: layout ?? own.layout,
    columns: columns ?? own.columns,
    time: time ?? own.time,
    id: id ?? own.id,
    label: label ?? own.label,
    normal: normal ?? own.normal,
    fill: fill ?? own.fill,
  };
}
