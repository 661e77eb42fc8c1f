import {
  type AdapterChoice,
  type AdapterOptions,
  type OpenAdapter,
  pollPatiently,
  requestAdapter,
} from '@hourglass/node';

/**
 * The adapter for the command line. The process is ours alone, so with software adapters, Dawn may leave the cores to
 * the kernels.
 *
 * @throws NoAdapterError if no adapter fits the choice
 */
export async function openAdapter(choice: AdapterChoice = 'auto', options: AdapterOptions = {}): Promise<OpenAdapter> {
  const opened = await requestAdapter(choice, options);
  if (opened.info.kind === 'software') pollPatiently();
  return opened;
}
