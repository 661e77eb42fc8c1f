import { useEffect, useState } from 'preact/hooks';

/** The colours of pictures in the current theme: red, green and blue from 0 to 255. */
export interface Colours {
  /** The colours of 0 and 1 in a grey picture. */
  readonly paper: readonly [number, number, number];
  readonly ink: readonly [number, number, number];
  readonly theme: 'light' | 'dark';
}

/** The colours of the stylesheet; re-renders the component when the theme changes. */
export function useColours(): Colours {
  const [colours, setColours] = useState(readColours);
  useEffect(() => {
    const update = () => setColours(readColours());
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', update);
    document.addEventListener('themechange', update);
    return () => {
      scheme.removeEventListener('change', update);
      document.removeEventListener('themechange', update);
    };
  }, []);
  return colours;
}

/** A value from the stylesheet by its token, such as `--accent`. */
export const token = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function readColours(): Colours {
  const paper = parse(token('--picture-paper'));
  const ink = parse(token('--picture-ink'));
  return { paper, ink, theme: paper[0] > ink[0] ? 'light' : 'dark' };
}

/** `#rrggbb` */
function parse(hex: string): [number, number, number] {
  const value = Number.parseInt(hex.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}
