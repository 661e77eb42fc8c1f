import type { Tensor } from '../packages/tensor/src/index.ts';
import { folded } from '../packages/tensor/src/lowering.ts';
import kernelText from './workgroup_conv2d.wgsl';

/** Lanes of a workgroup along pixels and channels, what each computes in fours, and the input channels copied at once. */
export interface WorkgroupTile {
  readonly down: number;
  readonly across: number;
  readonly pixelQuads: number;
  readonly channelQuads: number;
  readonly depth: number;
}

/** Convolution of padding `same` as {@link Tensor.conv2d}, through workgroup memory. Channels are multiples of the depth, and of 4. */
export function workgroupConv2d(x: Tensor, kernel: Tensor, stride: number, tile: WorkgroupTile): Tensor {
  const { down, across, pixelQuads, channelQuads, depth } = tile;
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const [kh, kw, , filters] = kernel.shape as [number, number, number, number];
  const outHeight = Math.ceil(height / stride);
  const outWidth = Math.ceil(width / stride);
  const before = (size: number, out: number, window: number): number =>
    Math.floor(Math.max((out - 1) * stride + window - size, 0) / 2);
  const pixels = batch * outHeight * outWidth;
  const lanes = down * across;
  const { row, rows } = folded(Math.ceil(pixels / (4 * pixelQuads)), down);
  return x.derive([batch, outHeight, outWidth, filters], {
    kind: 'kernel',
    name: 'workgroupConv2d',
    inputs: [x, kernel],
    epilogue: false,
    prologue: false,
    lower: (lowering) => [
      lowering.dispatch({
        kernel: kernelText,
        multiplyAdds: pixels * filters * kh * kw * channels,
        constants: {
          DOWN: down,
          ACROSS: across,
          PIXEL_QUADS: pixelQuads,
          CHANNEL_QUADS: channelQuads,
          DEPTH: depth,
          PIXELS_EACH: 4 * pixelQuads,
          COPIED: (4 * pixelQuads * down * depth) / 4 / lanes,
          WIDE: row,
          PIXELS: pixels,
          IN_HEIGHT: height,
          IN_WIDTH: width,
          IN_CHANNELS: channels,
          OUT_HEIGHT: outHeight,
          OUT_WIDTH: outWidth,
          OUT_CHANNELS: filters,
          WINDOW_HEIGHT: kh,
          WINDOW_WIDTH: kw,
          STRIDE: stride,
          PAD_TOP: before(height, outHeight, kh),
          PAD_LEFT: before(width, outWidth, kw),
        },
        buffers: [lowering.input(x), lowering.input(kernel), lowering.output()],
        workgroupSize: lanes,
        workgroups: [row, Math.ceil(filters / (4 * channelQuads * across)), rows],
      }),
    ],
  });
}
