import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';

/** What the URL's hash says: `#/plane?model=fashion`. */
interface Place {
  readonly page: string;
  readonly params: URLSearchParams;
}

/** Browsers refuse addresses that change too often. */
const WRITE_DELAY = 250;

/** How values of a kind are written in the address, and read from it; undefined if a text is none. */
export interface Notation<Value> {
  readonly parse: (text: string) => Value | undefined;
  readonly format: (value: Value) => string;
}

/** A value that was set: the page goes on with it as it is, and the address gets its text when it is written. */
interface Live {
  readonly value: unknown;
  readonly text: () => string;
}

/** The page's state in the hash of its URL, so that a link or a reload leads to the same view. */
export class Address {
  private place: Place;
  private readonly listeners = new Set<() => void>();
  private readonly live = new Map<string, Live>();
  private timer = 0;

  constructor() {
    this.place = read();
    addEventListener('hashchange', () => {
      if (location.hash === this.hash) return;
      clearTimeout(this.timer);
      this.live.clear();
      this.place = read();
      this.tell();
    });
  }

  get page(): string {
    return this.place.page;
  }

  param(name: string): string | undefined {
    return this.live.get(name)?.text() ?? this.place.params.get(name) ?? undefined;
  }

  /** A parameter as it was set last, else as its text says; undefined if there is none that can be read. */
  value<Value>(name: string, { parse }: Notation<Value>): Value | undefined {
    const live = this.live.get(name);
    if (live !== undefined) return live.value as Value;
    const text = this.param(name);
    return text === undefined ? undefined : parse(text);
  }

  /** Sets a parameter to a value of which only the address gets a rounded text. */
  setValue<Value>(name: string, value: Value, { format }: Notation<Value>): void {
    this.live.set(name, { value, text: () => format(value) });
    this.changed();
  }

  /** Sets or, with undefined, removes parameters of the present page, without a new entry in the history. */
  set(changes: Readonly<Record<string, string | undefined>>): void {
    const params = new URLSearchParams(this.place.params);
    for (const [name, value] of Object.entries(changes)) {
      this.live.delete(name);
      if (value === undefined) params.delete(name);
      else params.set(name, value);
    }
    this.place = { ...this.place, params };
    this.changed();
  }

  private changed(): void {
    this.tell();
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => history.replaceState(null, '', this.hash), WRITE_DELAY);
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private get hash(): string {
    const params = new URLSearchParams(this.place.params);
    for (const [name, { text }] of this.live) params.set(name, text());
    const query = String(params).replaceAll('%2C', ',');
    return `#/${this.place.page}${query && `?${query}`}`;
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

function read(): Place {
  const [path = '', query = ''] = location.hash.replace(/^#\/?/, '').split('?', 2);
  return { page: path, params: new URLSearchParams(query) };
}

export const AddressContext = createContext<Address | undefined>(undefined);

/** The address; the component renders again when it changes. */
export function useAddress(): Address {
  const address = useContext(AddressContext)!;
  const [, render] = useState({});
  useEffect(() => address.subscribe(() => render({})), [address]);
  return address;
}

/** A parameter of the address and how to set it; `fallback` while the address has none that is allowed. */
export function useChoice<Value extends string>(
  name: string,
  allowed: readonly Value[],
  fallback: Value,
): [Value, (value: Value) => void] {
  const address = useAddress();
  const value = allowed.find((each) => each === address.param(name)) ?? fallback;
  return [value, (next) => address.set({ [name]: next === fallback ? undefined : next })];
}

/** A number in the address, kept to `digits` decimals. */
export function useNumber(name: string, fallback: number, digits = 3): [number, (value: number) => void] {
  const address = useAddress();
  const text = address.param(name);
  const value = text === undefined || !Number.isFinite(Number(text)) ? fallback : Number(text);
  return [
    value,
    (next) => address.set({ [name]: next === fallback ? undefined : String(Number(next.toFixed(digits))) }),
  ];
}
