import type { ComponentType } from 'preact';
import { CartoonsPage } from './cartoons/cartoons-page.tsx';
import { DenoisePage } from './denoise/denoise-page.tsx';
import { HeartbeatsPage } from './heartbeats/heartbeats-page.tsx';
import { PlanePage } from './plane/plane-page.tsx';
import { TrainPage } from './train/train-page.tsx';

export interface PageEntry {
  /** In the address. */
  readonly id: string;
  /** In the navigation. */
  readonly title: string;
  readonly Component: ComponentType;
}

/** In the order of the navigation; the first is shown where the address names none. */
export const PAGES: readonly PageEntry[] = [
  { id: 'plane', title: 'Latent plane', Component: PlanePage },
  { id: 'cartoons', title: 'Cartoons', Component: CartoonsPage },
  { id: 'denoise', title: 'Denoise', Component: DenoisePage },
  { id: 'heartbeats', title: 'Heartbeats', Component: HeartbeatsPage },
  { id: 'train', title: 'Train', Component: TrainPage },
];
