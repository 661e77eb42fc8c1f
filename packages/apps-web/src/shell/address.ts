import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';

/** What the URL's hash says: `#/plane?model=fashion`. */
interface Place {
  readonly page: string;
  readonly params: URLSearchParams;
}

/** Browsers refuse addresses that change too often. */
const WRITE_DELAY = 250;

/** The page's state in the hash of its URL, so that a link or a reload leads to the same view. */
export class Address {
  private place: Place;
  private readonly listeners = new Set<() => void>();
  private timer = 0;

  constructor() {
    this.place = read();
    addEventListener('hashchange', () => {
      if (location.hash === this.hash) return;
      clearTimeout(this.timer);
      this.place = read();
      this.tell();
    });
  }

  get page(): string {
    return this.place.page;
  }

  param(name: string): string | undefined {
    return this.place.params.get(name) ?? undefined;
  }

  /** Sets or, with undefined, removes parameters of the present page, without a new entry in the history. */
  set(changes: Readonly<Record<string, string | undefined>>): void {
    const params = new URLSearchParams(this.place.params);
    for (const [name, value] of Object.entries(changes)) {
      if (value === undefined) params.delete(name);
      else params.set(name, value);
    }
    this.place = { ...this.place, params };
    this.tell();
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => history.replaceState(null, '', this.hash), WRITE_DELAY);
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private get hash(): string {
    const query = String(this.place.params).replaceAll('%2C', ',');
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
