import { needs, REAL_DATA } from '@hourglass/testing/real-files';

export const realFashion = needs(
  'checks on the real Fashion-MNIST',
  `${REAL_DATA}/fashion-mnist/train-images-idx3-ubyte.gz`,
);
export const realEcg = needs('checks on the real ECG5000', `${REAL_DATA}/ecg5000/ECG5000_TEST.txt`);
