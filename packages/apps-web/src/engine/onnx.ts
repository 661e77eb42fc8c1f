import { calibrationOf, fitWeights, scoreOf, type Trainable } from '@hourglass/experiments';
import { onnxFiles } from '@hourglass/formats/onnx'; // the package's index needs an HDF5 writer of 5 MB
import type { SafetensorsFile } from '@hourglass/nn';
import { version } from '../../package.json';
import { fitOwn, OWN_IDS } from './own-model.ts';

/** A trained model as one ONNX file that reconstructs samples; a detector's also judges them. */
export function onnxOf(
  { id, title, latent, build, imageSizes, presets }: Trainable,
  file: SafetensorsFile,
): Uint8Array {
  const files = [{ name: 'the training', ...file }];
  const { fitted, detector } = OWN_IDS.includes(id)
    ? ofOwn(id, files)
    : ofReport(fitWeights({ latent, build, presets, ...(imageSizes && { imageSizes }) }, files));
  const { model, tensors } = fitted;
  return onnxFiles({ experiment: id, title, version, ...model, tensors, detector }).get('model.onnx')!;
}

function ofOwn(id: string, files: Parameters<typeof fitOwn>[1]) {
  const { fitted, detector } = fitOwn(id, files);
  return {
    fitted,
    detector: detector && { ...detector.scaling, threshold: detector.threshold, score: scoreOf(fitted) },
  };
}

function ofReport(fitted: ReturnType<typeof fitWeights>) {
  const known = calibrationOf(fitted);
  const detector = known && {
    offset: [known.minimum],
    unit: [known.maximum - known.minimum],
    threshold: known.threshold,
    score: scoreOf(fitted),
  };
  return { fitted, detector };
}
