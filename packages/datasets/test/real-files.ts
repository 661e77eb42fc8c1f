import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder of real datasets beside the checkout. */
export const REAL_DATA = fileURLToPath(new URL('../../../../shared/data', import.meta.url));

/** Whether the official files of Fashion-MNIST are there; says so if they are not. */
export const hasFashionMnist = existsSync(`${REAL_DATA}/fashion-mnist/train-images-idx3-ubyte.gz`);
if (!hasFashionMnist)
  console.warn(`SKIPPED: checks on the real Fashion-MNIST; ${REAL_DATA}/fashion-mnist is not there`);

/** Appended to the names of tests that need the files. */
export const SKIP_REASON = hasFashionMnist ? '' : ' (SKIPPED: no real Fashion-MNIST beside the checkout)';
