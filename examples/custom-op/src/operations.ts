import { elementwise, kernel, type Tensor } from '@hourglass/tensor';

/** x / (1 + |x|), element-wise: the engine differentiates the formula, and fuses it with neighbouring operations. */
export const softsign = (x: Tensor): Tensor => elementwise('softsign', 'x / (T(1) + abs(x))', { x });

/** The mean of each element of `x` [rows, length] and its two neighbours in the row; outside the row are zeros. */
export const smoothed = (x: Tensor): Tensor =>
  kernel({
    name: 'smoothed',
    inputs: { x },
    shape: x.shape,
    constants: { LENGTH: x.shape[1]! },
    wgsl: `
      fn element(e: u32) -> f32 {
        let place = e % LENGTH;
        var sum = x[e];
        if (place > 0u) { sum += x[e - 1u]; }
        if (place + 1u < LENGTH) { sum += x[e + 1u]; }
        return sum / 3.0;
      }`,
    // Each element contributes to its neighbours as much as they do to it, so the gradient is smoothed in the same way.
    gradient: (g) => ({ x: smoothed(g) }),
  });
