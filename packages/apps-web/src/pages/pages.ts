import type { ComponentType } from 'preact';

export interface PageEntry {
  /** Name in the address. */
  readonly id: string;
  /** Name in the navigation. */
  readonly title: string;
  /** Downloads the page's code. */
  readonly load: () => Promise<ComponentType>;
}

/** The pages in navigation order; the first is shown if the address names none. */
export const PAGES: readonly PageEntry[] = [
  { id: 'start', title: 'Start', load: async () => (await import('./start/start-page.tsx')).StartPage },
  { id: 'plane', title: 'Latent plane', load: async () => (await import('./plane/plane-page.tsx')).PlanePage },
  { id: 'cartoons', title: 'Cartoons', load: async () => (await import('./cartoons/cartoons-page.tsx')).CartoonsPage },
  { id: 'denoise', title: 'Denoise', load: async () => (await import('./denoise/denoise-page.tsx')).DenoisePage },
  {
    id: 'heartbeats',
    title: 'Heartbeats',
    load: async () => (await import('./heartbeats/heartbeats-page.tsx')).HeartbeatsPage,
  },
  { id: 'train', title: 'Train', load: async () => (await import('./train/train-page.tsx')).TrainPage },
];

export const pageOf = (id: string): PageEntry => PAGES.find((page) => page.id === id) ?? PAGES[0]!;
