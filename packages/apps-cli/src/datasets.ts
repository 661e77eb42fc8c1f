import { type CartoonOptions, loadCartoonSet, loadEcg5000, loadFashionMnist } from '@hourglass/datasets/node';
import { beatData, type DatasetId, type ExperimentData, imageData, streamedData } from '@hourglass/experiments';

/** How each dataset that experiments use is loaded, and what its samples are called. */
export const DATASETS: Readonly<
  Record<DatasetId, { readonly samples: string; readonly load: (options: CartoonOptions) => Promise<ExperimentData> }>
> = {
  'fashion-mnist': { samples: 'images', load: async (options) => imageData(await loadFashionMnist(options)) },
  cartoonset: { samples: 'images', load: async (options) => streamedData(await loadCartoonSet(options)) },
  ecg5000: { samples: 'beats', load: async (options) => beatData(await loadEcg5000(options)) },
};
