import { type Shape, ShapeError } from '@hourglass/tensor';
import type { Layer } from '../layer.ts';
import { checkOptions } from './options.ts';

/** Keras's Flatten: merges all dimensions except the batch into one, in row-major order. */
export function flatten(...surplus: never[]): Layer {
  checkOptions('flatten', {}, [], surplus);
  return reshaping('Flatten', 'flatten', {}, (input) => [input.reduce((size, extent) => size * extent, 1)]);
}

/** Keras's Reshape. `target` excludes the batch dimension. */
export function reshape(target: Shape, ...surplus: never[]): Layer {
  checkOptions('reshape', {}, [], surplus);
  return reshaping('Reshape', 'reshape', { shape: JSON.stringify(target) }, (input) => {
    const sizes = [input, target].map((shape) => shape.reduce((size, extent) => size * extent, 1));
    if (sizes[0] !== sizes[1] || !target.every((extent) => Number.isInteger(extent) && extent > 0)) {
      throw new ShapeError(
        `reshape: [${input.join(', ')}] has ${sizes[0]} elements, but [${target.join(', ')}] has ${sizes[1]}.`,
      );
    }
    return target;
  });
}

function reshaping(
  type: string,
  name: string,
  settings: Readonly<Record<string, string>>,
  outputShape: (input: Shape) => Shape,
): Layer {
  return {
    type,
    name,
    settings,
    outputShape,
    weights: () => [],
    apply: (x) => x.reshape([x.shape[0]!, ...outputShape(x.shape.slice(1))]),
  };
}
