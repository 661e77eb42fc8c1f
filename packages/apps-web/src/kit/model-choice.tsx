import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useAddress, useChoice } from '../shell/address.ts';
import { useEngine } from '../shell/engine.ts';
import { Toggle } from './controls.tsx';

interface OwnView {
  readonly page: string;
  /** The page's name in the navigation. */
  readonly title: string;
  /** The experiments on the visitor's data that the page shows, with the names of their models there. */
  readonly experiments: Readonly<Record<string, string>>;
}

const AUTOENCODERS = { images: 'Your images', 'images-vae': 'Your images, variational' };

/** The pages that show models of the visitor's own data. */
export const OWN_VIEWS: readonly OwnView[] = [
  { page: 'plane', title: 'Latent plane', experiments: AUTOENCODERS },
  { page: 'cartoons', title: 'Cartoons', experiments: AUTOENCODERS },
  { page: 'denoise', title: 'Denoise', experiments: { 'images-denoise': 'Your images' } },
  { page: 'heartbeats', title: 'Heartbeats', experiments: { series: 'Your series' } },
];

export const isOwn = (experiment: string): boolean => OWN_VIEWS.some(({ experiments }) => experiment in experiments);

interface ModelChoice {
  readonly experiment: string;
  /** The choice, unless there is only one model. */
  readonly toggle: ComponentChildren;
}

/**
 * The model that the address chooses for a page: one that ships, or the visitor's own.
 *
 * @param shipped the models that ship, the usual one first
 * @param parameters the address's parameters to remove when another model is chosen: they mean something else for it
 */
export function useModelChoice(
  page: string,
  shipped: readonly { readonly value: string; readonly title: string }[],
  parameters: readonly string[],
): ModelChoice {
  const { engine } = useEngine();
  const address = useAddress();
  const own = OWN_VIEWS.find((view) => view.page === page)!.experiments;
  const usual = shipped[0]!.value;
  const [experiment] = useChoice('model', [...shipped.map(({ value }) => value), ...Object.keys(own)], usual);
  const [open, setOpen] = useState<readonly string[]>([]);
  useEffect(() => void engine.ownModels().then(setOpen), [engine]);
  const options = [
    ...shipped,
    ...Object.entries(own).flatMap(([value, title]) =>
      value === experiment || open.includes(value) ? [{ value, title }] : [],
    ),
  ];
  const choose = (model: string) =>
    address.set({ ...Object.fromEntries(parameters.map((name) => [name, undefined])), model });
  const toggle = options.length > 1 && <Toggle label="Model" options={options} value={experiment} onChange={choose} />;
  return { experiment, toggle };
}
