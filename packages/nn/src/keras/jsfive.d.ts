/**
 * The part of jsfive 0.4.2 that this folder uses; the package ships no types. Members that begin with `_` are internal
 * to jsfive.
 */
declare module 'jsfive' {
  export class Group {
    readonly keys: readonly string[];
    /** Read on first use. */
    readonly attrs: Readonly<Record<string, unknown>>;
    readonly _dataobjects: {
      _attr_value: (dtype: unknown, file: ArrayBuffer, count: number, offset: number) => unknown[];
    };
    /** Throws (mostly strings) if no such member exists. Null for a dangling soft link. */
    get(path: string): Group | Dataset | null;
  }

  export class File extends Group {
    constructor(file: ArrayBuffer, name: string);
  }

  export class Dataset {
    readonly shape: readonly number[];
    /** In NumPy's notation (`<f4`), or a list for types of variable length. */
    readonly dtype: string | readonly unknown[];
    /** Read on every use. Elements that the file doesn't store are holes. */
    readonly value: readonly (number | undefined)[];
    readonly _dataobjects: { readonly chunks: readonly number[] | null };
  }
}
