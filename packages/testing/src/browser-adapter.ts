/** Replaces `@hourglass/node` where the tests run in a browser, with the page's adapter. */
export { requestAdapter } from '@hourglass/tensor/web';

/** Browsers wait for the GPU without polling. */
export function pollPatiently(): void {}
