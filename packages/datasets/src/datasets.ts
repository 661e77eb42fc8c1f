import { CARTOON_FILES, CARTOON_ID, cartoonsOfAnyFiles } from './cartoon-set.ts';
import type { Dataset, ImageDataset, SeriesDataset, StreamedImages } from './dataset.ts';
import {
  ECG_CLASSES,
  ECG_CSV,
  ECG_CSV_COUNT,
  ECG_FILES,
  ECG_ID,
  ECG_PAIR,
  ecgOfAnyFiles,
  ecgOfPair,
} from './ecg5000.ts';
import { FASHION_CLASSES, FASHION_FILES, FASHION_ID, fashionOfAnyFiles, fashionOfFiles } from './fashion-mnist.ts';
import { firstOfIdx } from './idx.ts';
import { proceduralCartoons } from './procedural-cartoons.ts';
import { proceduralEcg } from './procedural-ecg.ts';
import { proceduralFashion } from './procedural-fashion.ts';

/** Images of a split that are hosted next to the page: about 4 MB of training images, and all test images. */
const HOSTED_IMAGES = 10_000;

const fashion: Dataset<ImageDataset> = {
  id: FASHION_ID,
  title: 'Fashion-MNIST',
  description: '60000 + 10000 images of garments, 28x28, 10 classes',
  credit: 'Fashion-MNIST (Zalando SE, 2017), MIT licence.',
  samples: 'images',
  classes: FASHION_CLASSES,
  files: FASHION_FILES,
  drawStandIn: () => proceduralFashion(),
  drawings: 'garments',
  hosted: {
    files: FASHION_FILES.map(({ name }) => name),
    cut: (content) => firstOfIdx(content, HOSTED_IMAGES),
    read: (files) => fashionOfFiles(files, 'download'),
  },
  dropped: {
    wanted: 'the IDX files of Fashion-MNIST (images and their labels, packed or not)',
    read: fashionOfAnyFiles,
  },
};

const ecg: Dataset<SeriesDataset> = {
  id: ECG_ID,
  title: 'ECG5000',
  description: '5000 heartbeats of 140 samples, normal and abnormal',
  credit:
    'ECG5000 of the UCR time series archive (Dau et al.), beats of record chf07 of the BIDMC Congestive Heart Failure Database of PhysioNet (Goldberger et al.).',
  samples: 'beats',
  classes: ECG_CLASSES,
  files: [...ECG_FILES, { name: ECG_CSV, count: ECG_CSV_COUNT }],
  drawStandIn: () => proceduralEcg(),
  drawings: 'beats',
  hosted: { files: ECG_PAIR, cut: (content) => content, read: (files) => ecgOfPair(files, 'download') },
  dropped: {
    wanted: `the text of ECG5000 (${ECG_PAIR.join(' and ')}, or ${ECG_CSV})`,
    read: ecgOfAnyFiles,
  },
};

const cartoons: Dataset<StreamedImages> = {
  id: CARTOON_ID,
  title: 'Cartoon Set',
  description: '10000 or 100000 cartoon faces, 500x500, in colour',
  credit:
    'Cartoon Set (Google LLC), licensed under CC BY 4.0: https://google.github.io/cartoonset/, https://creativecommons.org/licenses/by/4.0/. The images were resized.',
  samples: 'images',
  classes: [],
  files: CARTOON_FILES,
  drawStandIn: ({ imageSize }) => proceduralCartoons({ imageSize }),
  drawings: 'faces',
  dropped: { wanted: 'cartoons (PNG files, or a tar of them)', read: cartoonsOfAnyFiles },
};

/** Every dataset, by its id. */
export const DATASETS = { [FASHION_ID]: fashion, [ECG_ID]: ecg, [CARTOON_ID]: cartoons } as const;

export type DatasetId = keyof typeof DATASETS;

/** The ids of the datasets, in list order. */
export const DATASET_IDS = Object.keys(DATASETS) as readonly DatasetId[];

/** The files that can be dropped on the page, in words. */
export const DROPPED_FILES = DATASET_IDS.map((id) => DATASETS[id].dropped.wanted).join('; or ');

/** The path of a hosted file, from its name on disk. */
export const hostedPath = (id: DatasetId, file: string): string => `${id}/${file.replace(/\.gz$/, '')}.gz`;
