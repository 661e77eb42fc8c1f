/** Set by the build: whether the page reloads when a source file changes. */
declare const DEVELOPMENT: boolean;
declare module '*.css';
