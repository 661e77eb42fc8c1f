import type { ComponentType } from 'preact';
import { CartoonsPage } from './cartoons/cartoons-page.tsx';
import { DenoisePage } from './denoise/denoise-page.tsx';
import { HeartbeatsPage } from './heartbeats/heartbeats-page.tsx';
import { PlanePage } from './plane/plane-page.tsx';
import { TrainPage } from './train/train-page.tsx';

export interface PageEntry {
  /** Name in the address. */
  readonly id: string;
  /** Name in the navigation. */
  readonly title: string;
  readonly Component: ComponentType;
}

/** The pages in navigation order; the first is shown if the address names none. */
export const PAGES: readonly PageEntry[] = [
  { id: 'plane', title: 'Latent plane', Component: PlanePage },
  { id: 'cartoons', title: 'Cartoons', Component: CartoonsPage },
  { id: 'denoise', title: 'Denoise', Component: DenoisePage },
  { id: 'heartbeats', title: 'Heartbeats', Component: HeartbeatsPage },
  { id: 'train', title: 'Train', Component: TrainPage },
];
