/** The package.json files of the repository in the working directory. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Paths of all package.json files: of the root, of the packages, and of the examples, which are separate projects. */
export function manifestPaths() {
  const within = (folder) => (existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []);
  const folders = ['.', 'shaders', ...within('packages'), ...within('examples')];
  return folders.map((folder) => join(folder, 'package.json')).filter((path) => existsSync(path));
}

export const readManifest = (path) => JSON.parse(readFileSync(path, 'utf8'));

const KINDS = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];

/** The dependencies of a manifest on packages of this repository, as [name, range]. */
export const ownDependencies = (manifest) =>
  KINDS.flatMap((kind) => Object.entries(manifest[kind] ?? {})).filter(([name]) => name.startsWith('@hourglass/'));
