/** The files that contain functions but no kernel. */
import compensatedText from './compensated.wgsl';
import cumulativeNormalText from './cumulative_normal.wgsl';
import type { Functions } from './declaration.ts';
import extremesText from './extremes.wgsl';
import joinMembersText from './join_members.wgsl';
import philoxText from './philox.wgsl';
import powerText from './power.wgsl';
import scaledSigmoidText from './scaled_sigmoid.wgsl';
import seriesText from './series.wgsl';
import sineText from './sine.wgsl';
import softplusText from './softplus.wgsl';
import storeScalarsText from './store_scalars.wgsl';
import storeVectorText from './store_vector.wgsl';
import tapSourceText from './tap_source.wgsl';
import wideProductText from './wide_product.wgsl';

// Functions of scalars.
export const wideProduct: Functions = { text: wideProductText };
export const series: Functions = { text: seriesText };
export const sine: Functions = { text: sineText, calls: [wideProduct] };
export const power: Functions = { text: powerText, calls: [series] };
export const scaledSigmoid: Functions = { text: scaledSigmoidText, calls: [series] };
export const softplus: Functions = { text: softplusText, calls: [series] };
export const cumulativeNormal: Functions = { text: cumulativeNormalText, calls: [series] };
export const philox: Functions = { text: philoxText, calls: [wideProduct] };

// Functions of `T`.
export const compensated: Functions = { text: compensatedText };
export const extremes: Functions = { text: extremesText };

// Parts of kernels. The kernel declares the constants that they use.
export const joinMembers: Functions = { text: joinMembersText };
export const storeScalars: Functions = { text: storeScalarsText };
export const storeVector: Functions = { text: storeVectorText };
export const tapSource: Functions = { text: tapSourceText };
