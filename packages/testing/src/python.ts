import { execFileSync } from 'node:child_process';

/**
 * A Python that can import these modules: the environment's PYTHON, or the first of the usual commands that can;
 * undefined if none can.
 */
export function findPython(...modules: readonly string[]): string | undefined {
  const candidates = [process.env.PYTHON, 'python3', '/usr/bin/python3', 'python'];
  return candidates.find((candidate) => {
    if (candidate === undefined) return false;
    try {
      execFileSync(candidate, ['-c', `import ${modules.join(', ')}`], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
}
