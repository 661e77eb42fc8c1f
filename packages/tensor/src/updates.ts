import { located } from './caller.ts';
import type { Device } from './device.ts';
import { reachable, unshaped, writesOf } from './graph.ts';
import { formatShape } from './shape.ts';
import { overlap } from './storage.ts';
import type { Tensor } from './tensor.ts';

/**
 * @throws TypeError if an update is used as a value, a value is used as an update, an output is u8, or a tensor is on
 * another device or not one of the plan's `inputs` but another plan's
 * @throws RangeError if an update that changes variables in place shares one with another update: it would not see the
 * variable as it was before the step
 */
export function checkTrace(
  device: Device,
  outputs: readonly Tensor[],
  updates: readonly Tensor[],
  inputs: readonly Tensor[],
): void {
  const noUpdate = updates.find((update) => writesOf(update).length === 0);
  if (noUpdate !== undefined) {
    throw new TypeError(
      located(`compile: ${nameOf(noUpdate)} is no update; \`updates\` takes what \`assign\` and \`adam\` give.`),
    );
  }
  const tensors = reachable([...outputs, ...updates]);
  const foreign = tensors.find((tensor) => tensor.device !== device);
  if (foreign !== undefined) {
    const user = tensors.find(({ node }) => node?.inputs.includes(foreign));
    throw new TypeError(
      located(
        `compile: ${nameOf(foreign)} ${formatShape(foreign.shape)}${user?.node === undefined ? '' : `, which ${user.node.name} reads,`} ` +
          'is of another device; read its data and upload them to this one.',
      ),
    );
  }
  const given = tensors.find((tensor) => tensor.input !== undefined && !inputs.includes(tensor));
  if (given !== undefined) {
    throw new TypeError(
      located(
        `compile: '${given.input}' is an input of another plan or trace, and has a value only while that plan runs.`,
      ),
    );
  }
  const bytes = outputs.find(({ dtype }) => dtype === 'u8');
  if (bytes !== undefined) {
    throw new TypeError(
      located(`compile: stored bytes ${formatShape(bytes.shape)} can’t be an output; gather them as numbers first.`),
    );
  }
  const used = [...outputs, ...tensors.flatMap(({ node }) => node?.inputs.map(unshaped) ?? [])];
  const asValue = used.find((tensor) => writesOf(tensor).length > 0);
  if (asValue !== undefined) {
    throw new TypeError(
      located(
        `compile: an update (${asValue.node!.name}) has no elements of its own; list it in \`updates\`, and use the value that it assigns.`,
      ),
    );
  }
  const inPlace = updates.find(
    (update) => writesOf(update).length > 1 && updates.some((other) => other !== update && collide(update, other)),
  );
  if (inPlace !== undefined) {
    throw new RangeError(
      located(
        `compile: another update of the same step changes what ${inPlace.node!.name} changes in place; make it in a step of its own.`,
      ),
    );
  }
}

const nameOf = ({ node }: Tensor): string => node?.name ?? 'a tensor in memory';

const collide = (a: Tensor, b: Tensor): boolean =>
  writesOf(a).some((one) => writesOf(b).some((other) => shareMemory(one, other)));

/** Whether two variables, or views of them, have elements in common. */
export function shareMemory(a: Tensor, b: Tensor): boolean {
  return a.storage !== undefined && b.storage !== undefined && overlap(a.storage, b.storage);
}
