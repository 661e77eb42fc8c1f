export { type GridOptions, type ImageGridOptions, imageGrid, type PairGridOptions, pairGrid } from './grid.ts';
export type { Image } from './image.ts';
