export { ExportError } from './errors.ts';
export { kerasFiles } from './keras/files.ts';
export { onnxFiles } from './onnx/files.ts';
export { torchFiles } from './torch/files.ts';
export type { Detector, TrainedAutoencoder } from './trained.ts';
