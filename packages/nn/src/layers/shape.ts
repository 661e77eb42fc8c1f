import { type Shape, ShapeError } from '@hourglass/tensor';
import type { Layer } from '../layer.ts';

/** Keras's Flatten: all dimensions but the batch become one, in row-major order. */
export function flatten(): Layer {
  return reshaping('Flatten', 'flatten', {}, (input) => [input.reduce((size, extent) => size * extent, 1)]);
}

/** Keras's Reshape. `target` is without the batch dimension. */
export function reshape(target: Shape): Layer {
  return reshaping('Reshape', 'reshape', { shape: JSON.stringify(target) }, (input) => {
    const sizes = [input, target].map((shape) => shape.reduce((size, extent) => size * extent, 1));
    if (sizes[0] !== sizes[1]) {
      throw new ShapeError(
        `reshape: [${input.join(', ')}] holds ${sizes[0]} elements and [${target.join(', ')}] ${sizes[1]}.`,
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
