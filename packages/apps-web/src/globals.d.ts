/** Set by the build: whether the page shall reload when a source changes. */
declare const DEVELOPMENT: boolean;
declare module '*.css';
