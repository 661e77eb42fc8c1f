/**
 * The protocol of every peer:
 *
 *   node <peer>.mjs --check         one JSON line: {peer, version}
 *   node <peer>.mjs W1 128          one JSON line after the first step: {adapter, firstStepSeconds}; then, for every
 *                                   line on standard input (a number of seconds), one JSON line with the steps made in
 *                                   that time (at least one): {milliseconds: [...], cpuSeconds}. Ends with the input.
 *
 * Errors are reported as {error}.
 */
import { createInterface } from 'node:readline';

const say = (object) => process.stdout.write(`${JSON.stringify(object)}\n`);

/**
 * Runs a peer. `identity` is {peer, version}; `prepare(work, size)` returns {adapter, step}, and `step()` resolves when
 * the loss of a step is on the host.
 */
export async function serve(identity, prepare) {
  // While the GPU works, some libraries leave the event loop nothing to wait for.
  const alive = setInterval(() => {}, 1000);
  try {
    const [work, size] = process.argv.slice(2);
    if (work === '--check') say(identity);
    else await measure(() => prepare(work, Number(size)));
  } catch (error) {
    say({ error: String(error?.message ?? error).split('\n')[0] });
  }
  clearInterval(alive);
  process.exit();
}

async function measure(prepare) {
  const begun = performance.now();
  const { adapter, step } = await prepare();
  const loss = await step();
  if (!Number.isFinite(loss)) throw new Error(`the first loss is ${loss}`);
  say({ adapter, firstStepSeconds: (performance.now() - begun) / 1000 });
  for await (const seconds of createInterface({ input: process.stdin })) {
    const milliseconds = [];
    const cpu = process.cpuUsage();
    const until = performance.now() + Number(seconds) * 1000;
    do {
      const start = performance.now();
      await step();
      milliseconds.push(performance.now() - start);
    } while (performance.now() < until);
    const { user, system } = process.cpuUsage(cpu);
    say({ milliseconds, cpuSeconds: (user + system) / 1e6 });
  }
}
