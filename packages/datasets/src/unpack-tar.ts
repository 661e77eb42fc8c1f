/** A module of its own, so that bundles contain only this part of the library, and load it only when it is needed. */
export { unpackTar } from 'modern-tar';
