import { source } from 'axe-core';
import type { Page } from 'playwright-core';

/** The rules of axe that a page violates, each with the elements. */
export async function violations(page: Page): Promise<string[]> {
  // In the middle of a transition between themes, the contrast is too low for a moment.
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.evaluate(source);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import('axe-core') };
    // Experimental in axe, so off by default; people who speak to the browser say what they see
    const rules = { 'label-content-name-mismatch': { enabled: true } };
    const { violations: found } = await axe.run({ rules });
    return found.map(({ id, help, nodes }) => `${id} (${help}): ${nodes.map(({ html }) => html).join('\n')}`);
  });
}
