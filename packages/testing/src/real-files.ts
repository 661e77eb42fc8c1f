import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder of real datasets that may be beside the checkout. */
export const REAL_DATA = beside('data');
/** The folder of the report's own weights that may be beside the checkout. */
export const REPORT_WEIGHTS = beside('reference-weights');

/**
 * Looks for files beside the checkout, and warns if one is missing.
 *
 * @param checks the checks that need the files
 * @returns whether to skip them, and a note for the names of their tests
 */
export function needs(checks: string, ...paths: readonly string[]): { readonly skip: boolean; readonly note: string } {
  const missing = paths.find((path) => !existsSync(path));
  if (missing === undefined) return { skip: false, note: '' };
  const reason = `SKIPPED: ${checks}; ${missing} does not exist`;
  console.warn(reason);
  return { skip: true, note: ` (${reason})` };
}

function beside(folder: string): string {
  return fileURLToPath(new URL(`../../../../shared/${folder}`, import.meta.url));
}
