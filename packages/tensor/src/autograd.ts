import { located } from './caller.ts';
import { ShapeError } from './errors.ts';
import { pack } from './ops/pack.ts';
import { dependedOn } from './origins.ts';
import { checkList, formatShape } from './shape.ts';
import type { GradientRule, Tensor } from './tensor.ts';
import { shareMemory } from './updates.ts';
import { Variable } from './variable.ts';

/**
 * The gradients of `loss` (one element) with respect to each of `tensors`, in the same order, by reverse-mode
 * differentiation. They are ordinary tensors of the same graph, so a plan sees forward pass, backward pass and
 * optimiser together. Tensors the loss does not depend on get zeros. A variable's gradient includes the gradients of
 * its views. Reading a tensor drops its graph, so `grad` throws if the loss uses a tensor that was read and had been
 * computed from one of `tensors`. To use a tensor that was read as a constant, take its `stopGradient()`.
 * @throws ShapeError if `loss` has more than one element, TypeError if `tensors` is not a list.
 * @throws Error if an operation between the loss and a tensor has no gradient, if the loss uses a tensor that was read
 *   and had been computed from one of `tensors`, or if the loss reads a variable's memory only under another name. If
 *   one of `tensors` is itself computed, all younger tensors that were read count as computed from it.
 */
export function grad<const Tensors extends readonly Tensor[]>(
  loss: Tensor,
  tensors: Tensors,
): { -readonly [Index in keyof Tensors]: Tensor } {
  if (loss.size !== 1) {
    throw new ShapeError(
      `grad: the loss has shape ${formatShape(loss.shape)}; reduce it to one number, by mean() or sum().`,
    );
  }
  checkList(tensors, 'grad');
  const wanted = new Set<Tensor>(tensors);
  const path = pathTo(loss, wanted);
  const gradients = new Map<Tensor, Tensor>([[loss, loss.device.tensor(1).reshape(loss.shape)]]);

  for (const tensor of path) {
    const gradient = gradients.get(tensor);
    const { name, sources, rule } = originOf(tensor);
    if (gradient === undefined || !sources.some((source) => path.has(source))) continue;
    if (rule === undefined) throw new Error(located(`grad: ${name} has no gradient.`));
    rule(gradient, tensor).forEach((contribution, i) => {
      const source = sources[i]!;
      if (contribution === undefined || !path.has(source)) return;
      const sum = gradients.get(source);
      gradients.set(source, sum === undefined ? contribution : sum.add(contribution));
    });
  }
  const result = tensors.map((tensor) => gradients.get(tensor) ?? tensor.device.zeros(tensor.shape));
  return result as { -readonly [Index in keyof Tensors]: Tensor };
}

interface Origin {
  readonly name: string;
  readonly sources: readonly Tensor[];
  readonly rule: GradientRule | undefined;
}

/** Where a tensor's gradient flows: to the tensors it is computed from, or the variable it is a view of. */
function originOf(tensor: Tensor): Origin {
  const { node } = tensor;
  if (node !== undefined) return { name: node.name, sources: node.sources ?? node.inputs, rule: node.gradient };
  if (!(tensor instanceof Variable) || tensor.base === undefined) return { name: '', sources: [], rule: undefined };
  const { base } = tensor;
  const start = (tensor.storage!.offset - base.storage!.offset) / 4;
  const rule: GradientRule = (gradient) => [pack([gradient], [start], base.size).reshape(base.shape)];
  return { name: 'view', sources: [base], rule };
}

/**
 * Every tensor between `loss` and the wanted tensors, both included; consumers before their sources.
 * @throws Error if a path to a wanted tensor is cut, because an intermediate result has been read back, or if a wanted
 *   variable is reached only under another name.
 */
function pathTo(loss: Tensor, wanted: ReadonlySet<Tensor>): Set<Tensor> {
  const reaches = new Map<Tensor, boolean>();
  const stack = [loss];
  while (stack.length > 0) {
    const tensor = stack.at(-1)!;
    const { sources } = originOf(tensor);
    const pending = sources.filter((source) => !reaches.has(source));
    if (pending.length > 0) {
      for (const source of pending) stack.push(source);
    } else {
      stack.pop();
      reaches.set(tensor, wanted.has(tensor) || sources.some((source) => reaches.get(source)));
    }
  }
  const reached = [...reaches.keys()];
  const isCut = (tensor: Tensor) => tensor.origins && [...wanted].some((other) => dependedOn(tensor, other));
  const cut = reached.find(isCut);
  if (cut !== undefined) {
    throw new Error(
      located(
        `grad: a tensor of shape ${formatShape(cut.shape)} on the way to the loss has no graph any more, since its data were read; ` +
          'take the gradients before, read the data of a compiled step’s outputs, or use its stopGradient() as a constant.',
      ),
    );
  }
  const missed = [...wanted].find((tensor) => !reaches.has(tensor) && isVariable(tensor));
  const read = [loss, ...reached.flatMap(({ node }) => node?.sources ?? node?.inputs ?? [])];
  const alias = missed && read.find((tensor) => isVariable(tensor) && shareMemory(tensor, missed));
  if (alias !== undefined) {
    throw new Error(
      located(
        `grad: the loss reads the variable ${formatShape(missed!.shape)} under another name, as the variable ` +
          `${formatShape(alias.shape)} of the same memory; take the gradient with respect to that, or use this one in the loss.`,
      ),
    );
  }
  // A source is always older than its consumer.
  return new Set(reached.filter((tensor) => reaches.get(tensor)).sort((a, b) => b.id - a.id));
}

const isVariable = (tensor: Tensor): boolean => tensor instanceof Variable;
