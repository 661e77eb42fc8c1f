import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder of real datasets next to the checkout. */
export const REAL_DATA = fileURLToPath(new URL('../../../../shared/data', import.meta.url));

/** Whether the official files of Fashion-MNIST exist; warns if they do not. */
export const hasFashionMnist = existsSync(`${REAL_DATA}/fashion-mnist/train-images-idx3-ubyte.gz`);
if (!hasFashionMnist)
  console.warn(`SKIPPED: checks on the real Fashion-MNIST; ${REAL_DATA}/fashion-mnist does not exist`);

/** Appended to the names of tests that need the files. */
export const SKIP_REASON = hasFashionMnist ? '' : ' (SKIPPED: no real Fashion-MNIST next to the checkout)';

/** Whether the pair of ECG5000 exists; warns if it does not. */
export const hasEcg5000 = existsSync(`${REAL_DATA}/ecg5000/ECG5000_TEST.txt`);
if (!hasEcg5000) console.warn(`SKIPPED: checks on the real ECG5000; ${REAL_DATA}/ecg5000 does not exist`);

/** Appended to the names of tests that need the pair. */
export const ECG_SKIP_REASON = hasEcg5000 ? '' : ' (SKIPPED: no real ECG5000 next to the checkout)';
