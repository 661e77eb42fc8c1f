/** The adapter checks of `doctor`: tries every possible adapter, and reports what is wrong and what to do. */
import { readdir } from 'node:fs/promises';
import { isSoftware } from '@hourglass/tensor';
import type { AdapterOptions, OpenAdapter } from './adapter.ts';
import { openSwiftShader, openSystemAdapter, platform, systemAdapters } from './adapter.ts';
import { hasSwiftShader, LOADER, loadLibrary, swiftShaderRemedy } from './swiftshader.ts';

/** The result of checking one part of the machine. */
export interface Finding {
  /** What was checked, e.g. 'hardware GPU'. */
  readonly what: string;
  readonly state: 'ok' | 'missing' | 'bad';
  readonly detail: string;
  /** What to do about it. */
  readonly fix?: string;
}

/** Opens every adapter that Node could use and makes a device on it. Never throws: a failure is a finding. */
export async function probeAdapters(options: AdapterOptions = {}): Promise<Finding[]> {
  const names = await systemAdapters().catch((error: Error) => error);
  if (names instanceof Error) return [{ what: 'Dawn', state: 'bad', detail: names.message }];

  const { remedy } = platform;
  const findings: Finding[] = [];
  for (const name of names) {
    const [what, fix] = isSoftware(name) ? ['software adapter', remedy.software] : ['hardware GPU', remedy.hardware];
    findings.push(
      await probe(
        what,
        () => fix,
        () => openSystemAdapter(name),
      ),
    );
  }
  if (names.every(isSoftware)) {
    const detail = `${platform.api} lists no hardware GPU`;
    findings.push({ what: 'hardware GPU', state: 'missing', detail, fix: remedy.hardware });
  }
  if (platform.backend === 'vulkan' && !names.some(isSoftware)) findings.push(await missingLavapipe());
  if (hasSwiftShader) {
    findings.push(await probe('bundled SwiftShader', swiftShaderRemedy, () => openSwiftShader(options)));
  }
  return findings;
}

async function probe(
  what: string,
  remedy: (error: unknown) => string,
  open: () => Promise<OpenAdapter>,
): Promise<Finding> {
  try {
    const { adapter, info } = await open();
    const device = await adapter.requestDevice();
    device.destroy();
    const mebibytes = adapter.limits.maxStorageBufferBindingSize / 2 ** 20;
    return { what, state: 'ok', detail: `${info.name}, ${info.backend}, bindings of up to ${mebibytes.toFixed()} MiB` };
  } catch (error) {
    return { what, state: 'bad', detail: error instanceof Error ? error.message : String(error), fix: remedy(error) };
  }
}

/** Why Vulkan lists no software adapter: hidden by the environment, no loader, too old for Dawn, or not installed. */
async function missingLavapipe(): Promise<Finding> {
  const what = 'software adapter';
  const hiding = ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES'].find((variable) => process.env[variable] !== undefined);
  if (hiding !== undefined) {
    const detail = `${hiding}=${process.env[hiding]} hides the system's other drivers`;
    return { what, state: 'missing', detail, fix: `Unset ${hiding}.` };
  }
  try {
    loadLibrary(LOADER);
  } catch (error) {
    const detail = `the Vulkan loader can't be loaded: ${error instanceof Error ? error.message : error}`;
    const fix = `Install it (Debian: apt-get install libvulkan1). ${platform.remedy.software}`;
    return { what, state: 'missing', detail, fix };
  }
  const drivers = await readdir('/usr/share/vulkan/icd.d').catch((): string[] => []);
  const fix = platform.remedy.software;
  if (drivers.some((file) => file.startsWith('lvp_icd'))) {
    const detail = "Mesa's lavapipe is installed, but Dawn rejects it; usually it is too old";
    return { what, state: 'bad', detail, fix };
  }
  return { what, state: 'missing', detail: `${platform.api} lists no software adapter`, fix };
}
