/**
 * uPlot formats numbers in the browser's language when it is loaded, and throws if that is no language tag: Chromium on
 * a system without a locale reports `en-US@posix`. Import this module before uPlot.
 */
try {
  new Intl.NumberFormat(navigator.language);
} catch {
  Object.defineProperty(navigator, 'language', { value: 'en' });
}
