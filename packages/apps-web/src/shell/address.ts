import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';

/** The parsed hash of the URL, such as `#/plane?model=fashion`. */
interface Place {
  readonly page: string;
  readonly params: URLSearchParams;
}

/** Milliseconds before the address is written: browsers reject addresses that change too often. */
const WRITE_DELAY = 250;

/** How values of one kind are written to and read from the address; `parse` returns undefined for invalid text. */
export interface Notation<Value> {
  readonly parse: (text: string) => Value | undefined;
  readonly format: (value: Value) => string;
}

/** A value that was set: the page uses it exactly; the address gets its text when it is written. */
interface Live {
  readonly value: unknown;
  readonly text: () => string;
}

/** The page's state in the hash of its URL, so that a link or a reload restores the view. */
export class Address {
  private place: Place;
  private readonly listeners = new Set<() => void>();
  private readonly live = new Map<string, Live>();
  private timer = 0;
  /** The last hash of each page that was visited. */
  private readonly visited = new Map<string, string>();

  private readonly first: string;

  /** @param first the page of an address that names none */
  constructor(first: string) {
    this.first = first;
    this.place = this.read();
    addEventListener('hashchange', () => {
      if (location.hash === this.hash) return;
      clearTimeout(this.timer);
      this.visited.set(this.place.page, this.hash);
      this.live.clear();
      this.place = this.read();
      this.notify();
    });
  }

  get page(): string {
    return this.place.page;
  }

  /** A link to a page, as the visitor left it. */
  linkTo(page: string): string {
    return page === this.page ? this.hash : (this.visited.get(page) ?? `#/${page}`);
  }

  param(name: string): string | undefined {
    return this.live.get(name)?.text() ?? this.place.params.get(name) ?? undefined;
  }

  /** A parameter as it was last set, else parsed from the address; undefined if it is missing or invalid. */
  value<Value>(name: string, { parse }: Notation<Value>): Value | undefined {
    const live = this.live.get(name);
    if (live !== undefined) return live.value as Value;
    const text = this.param(name);
    return text === undefined ? undefined : parse(text);
  }

  /** Sets a parameter to an exact value; only the address gets a rounded text. */
  setValue<Value>(name: string, value: Value, { format }: Notation<Value>): void {
    this.live.set(name, { value, text: () => format(value) });
    this.changed();
  }

  /** Sets parameters of the current page, or removes them if undefined, without a new entry in the history. */
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
    this.notify();
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

  private read(): Place {
    const [path = '', query = ''] = location.hash.replace(/^#\/?/, '').split('?', 2);
    return { page: path || this.first, params: new URLSearchParams(query) };
  }

  private notify(): void {
    for (const listener of this.listeners) listener();
  }
}

export const AddressContext = createContext<Address | undefined>(undefined);

/** The address; re-renders the component when it changes. */
export function useAddress(): Address {
  const address = useContext(AddressContext)!;
  const [, render] = useState({});
  useEffect(() => address.subscribe(() => render({})), [address]);
  return address;
}

/** A parameter of the address and its setter; `fallback` if the address has no allowed value. */
export function useChoice<Value extends string>(
  name: string,
  allowed: readonly Value[],
  fallback: Value,
): [Value, (value: Value) => void] {
  const address = useAddress();
  const value = allowed.find((each) => each === address.param(name)) ?? fallback;
  return [value, (next) => address.set({ [name]: next === fallback ? undefined : next })];
}

interface NumberRange {
  readonly min?: number;
  readonly max?: number;
  /** Decimals in the address; default 3. With 0, the number must be an integer. */
  readonly digits?: number;
}

/** The seeds that the command line takes. */
export const SEEDS = { min: 0, max: 999_999_999, digits: 0 };

/** A number in the address and its setter, which rounds; `fallback` if the address has none in the range. */
export function useNumber(
  name: string,
  fallback: number,
  { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY, digits = 3 }: NumberRange = {},
): [number, (value: number) => void] {
  const address = useAddress();
  const number = Number(address.param(name) ?? Number.NaN);
  const allowed = Number.isFinite(number) && number >= min && number <= max && (digits > 0 || Number.isInteger(number));
  return [
    allowed ? number : fallback,
    (next) => address.set({ [name]: next === fallback ? undefined : String(Number(next.toFixed(digits))) }),
  ];
}
