/** Opens GPUs in Node: Dawn (the npm package `webgpu`) on the system's driver, else on SwiftShader. */
import { isSoftware } from '@hourglass/tensor';
import { quietly } from './driver-messages.ts';
import {
  hasSwiftShader,
  isSwiftShaderInstalled,
  swiftShaderEnvironment,
  swiftShaderRemedy,
  unpackSwiftShader,
  withSwiftShader,
} from './swiftshader.ts';

/** auto: a hardware GPU; else the system's software Vulkan; else the SwiftShader from npm. */
export type AdapterChoice = 'auto' | 'hardware' | 'software';

const CHOICES: readonly AdapterChoice[] = ['auto', 'hardware', 'software'];

/** Describes an adapter. */
export interface AdapterInfo {
  /** The driver's name for it, e.g. 'NVIDIA H200' or 'llvmpipe (LLVM 15.0.6, 256 bits)'. */
  readonly name: string;
  readonly kind: 'hardware' | 'software';
  readonly origin: 'system' | 'bundled SwiftShader';
  /** 'vulkan', 'metal' or 'd3d12'. */
  readonly backend: string;
}

/** Options for opening an adapter. */
export interface AdapterOptions {
  /** Folder in which SwiftShader is unpacked if needed; default the user's cache folder. */
  readonly cacheDir?: string | undefined;
}

/** An adapter and its description. */
export interface OpenAdapter {
  readonly adapter: GPUAdapter;
  readonly info: AdapterInfo;
}

/** No adapter fits the choice. The message says what the search was for, what it found and what to do. */
export class NoAdapterError extends Error {
  override readonly name = 'NoAdapterError';
}

interface Platform {
  readonly backend: string;
  /** The backend's name in prose. */
  readonly api: string;
  /** What to do if there is no adapter of a kind. */
  readonly remedy: Readonly<Record<AdapterInfo['kind'], string>>;
}

const PLATFORMS: Partial<Record<NodeJS.Platform, Platform>> = {
  darwin: {
    backend: 'metal',
    api: 'Metal',
    remedy: { hardware: 'Update macOS, which includes the GPU driver.', software: 'macOS has no software adapter.' },
  },
  win32: {
    backend: 'd3d12',
    api: 'Direct3D 12',
    remedy: {
      hardware: "Update the graphics driver from the GPU's manufacturer.",
      software: 'Update Windows, which includes one (the Microsoft Basic Render Driver).',
    },
  },
};

/** This platform's GPU interface, and what to do if it offers no adapter. */
export const platform: Platform = PLATFORMS[process.platform] ?? {
  backend: 'vulkan',
  api: 'Vulkan',
  remedy: {
    hardware: "Install or update the Vulkan driver from the GPU's manufacturer.",
    software:
      "For a fast software adapter, install Mesa's Vulkan drivers, version 25 or newer (Debian 12's are too old; from " +
      'its backports: apt-get install -t bookworm-backports mesa-vulkan-drivers).',
  },
};

/**
 * Opens a new adapter, which makes one device, and describes it. `choice` defaults to 'auto'. Changes nothing global; a
 * program that owns its process runs faster on a software adapter with {@link pollPatiently}.
 *
 * @throws NoAdapterError if no adapter fits, RangeError if there is no such choice
 */
export async function requestAdapter(
  choice: AdapterChoice = 'auto',
  options: AdapterOptions = {},
): Promise<OpenAdapter> {
  if (!CHOICES.includes(choice))
    throw new RangeError(`requestAdapter: the choices are ${CHOICES.join(', ')}, not '${choice}'.`);
  const names = await systemAdapters();
  const hardware = names.find((name) => !isSoftware(name));
  const software = names.find(isSoftware);
  const fitting = { auto: hardware ?? software, hardware, software }[choice];
  if (fitting !== undefined) return openSystemAdapter(fitting);

  const found = names.length === 0 ? 'none' : `only '${names.join("', '")}'`;
  const search = `No ${choice === 'auto' ? 'WebGPU' : choice} adapter was found: ${platform.api} lists ${found}`;
  const { remedy } = platform;
  if (choice === 'hardware') {
    const instead = software ?? (isSwiftShaderInstalled() ? 'the SwiftShader from npm' : undefined);
    const advice = instead === undefined ? '' : ` Or run on ${instead} ${choosing('software')}.`;
    throw new NoAdapterError(`${search}. ${remedy.hardware}${advice}`);
  }
  if (!hasSwiftShader) {
    const instead = hardware === undefined ? remedy.hardware : `Or run on the GPU ${choosing('hardware')}.`;
    throw new NoAdapterError(`${search}. ${remedy.software} ${instead}`);
  }
  try {
    return await openSwiftShader(options);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.replace(/\.$/, '') : cause;
    throw new NoAdapterError(
      `${search}, and the SwiftShader from npm can't be used (${reason}): ${swiftShaderRemedy(cause)}`,
      { cause },
    );
  }
}

/** How a program and the command choose a kind of adapter. */
const choosing = (kind: AdapterInfo['kind']): string => `(adapter: '${kind}', on the command line --adapter ${kind})`;

/** The names of the system's adapters, most powerful first. @throws NoAdapterError if Dawn does not load */
export async function systemAdapters(): Promise<string[]> {
  // Dawn's documented way to list them: request one that doesn't exist and read the error.
  const gpu = await instance('?');
  const refusal = await quietly(() => gpu.requestAdapter({ powerPreference: 'high-performance' })).then(String, String);
  return [...refusal.matchAll(/name: '(.*)'$/gm)].map((match) => match[1]!);
}

/** Opens one of `systemAdapters()`. @throws NoAdapterError if it can't be opened */
export async function openSystemAdapter(name: string): Promise<OpenAdapter> {
  const gpu = await instance(name);
  const adapter = await quietly(() => gpu.requestAdapter({ powerPreference: 'high-performance' }));
  const kind = isSoftware(name) ? 'software' : 'hardware';
  if (!adapter) throw new NoAdapterError(`${platform.api} lists '${name}' but can't open it. ${platform.remedy[kind]}`);
  return { adapter, info: { name, kind, origin: 'system', backend: platform.backend } };
}

/** Opens the SwiftShader from npm, and unpacks it first if needed. @throws Error if that fails */
export async function openSwiftShader({ cacheDir }: AdapterOptions): Promise<OpenAdapter> {
  const folder = await unpackSwiftShader(cacheDir);
  const gpu = await instance('SwiftShader');
  // Dawn searches for drivers once per instance, inside the first call, before the call returns its promise.
  const adapter = await quietly(() => withSwiftShader(folder, () => gpu.requestAdapter()));
  if (!adapter) throw new Error(`Dawn rejects the driver in ${folder}`);
  const info: AdapterInfo = {
    name: adapter.info.description,
    kind: 'software',
    origin: 'bundled SwiftShader',
    backend: platform.backend,
  };
  return { adapter, info };
}

/**
 * What another Node program needs to find the same adapter: a part of its name for Dawn, and environment variables.
 *
 * @throws Error if the adapter is SwiftShader and it can't be unpacked
 */
export async function adapterForOthers(
  { name, origin }: AdapterInfo,
  { cacheDir }: AdapterOptions = {},
): Promise<{ readonly name: string; readonly environment: Readonly<Record<string, string>> }> {
  if (origin === 'system') return { name, environment: {} };
  return { name: 'SwiftShader', environment: swiftShaderEnvironment(await unpackSwiftShader(cacheDir)) };
}

/**
 * Kept for the life of the process: if Dawn's `GPU` is garbage-collected while its device lives, the process crashes.
 */
const instances = new Map<string, GPU>();

/**
 * The Dawn instance that opens the first adapter with `name` in its name. Sets the backend, because otherwise the
 * environment could select another one, even one that computes nothing.
 * @throws NoAdapterError if Dawn does not load
 */
async function instance(name: string): Promise<GPU> {
  const { create } = await import('webgpu').catch((cause: unknown) => {
    const machine = `${process.platform}-${process.arch}`;
    throw new NoAdapterError(
      `Dawn, the WebGPU implementation for Node, does not load on this ${machine} machine (${cause instanceof Error ? cause.message : cause}). ` +
        'It has builds for macOS, and for Windows and Linux with glibc on x64 and arm64; on those, reinstall the packages.',
      { cause },
    );
  });
  const gpu =
    instances.get(name) ??
    create([
      `backend=${platform.backend}`,
      `adapter=${name}`,
      'disable-dawn-features=timestamp_quantization', // rounds to 0.1 ms; a kernel may take 1 µs
    ]);
  instances.set(name, gpu);
  return gpu;
}
