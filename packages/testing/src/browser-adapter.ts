/** Stands for `@hourglass/node` where the tests run in a browser: the adapter is the page's. */
export { requestAdapter } from '@hourglass/tensor/web';

/** Browsers wait for the GPU without asking. */
export function pollPatiently(): void {}
