// Axe, put into a page from the side of the tools: a page's own policy lets no such script in.
import axe from 'axe-core'
import type { Page } from 'playwright-core'

/** What axe found in a page as it is shown now: a line for each rule that is broken, and how many rules hold. */
export type Findings = { readonly broken: readonly string[]; readonly held: number }

/** Has axe look at a page: all rules of WCAG 2.2 A and AA and good practice, or the ones about looks only. */
export async function findFaults(page: Page, rules: 'all' | 'looks'): Promise<Findings> {
  // Axe is half a megabyte: it is put in once a document, not once a look.
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe.source)
  if (page.frames().length > 1) throw new Error('axe sees only the page around its frames')
  return page.evaluate(async (runOnly) => {
    const { violations, passes } = await (globalThis as unknown as { axe: typeof axe }).axe.run(document, { runOnly })
    return {
      broken: violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`),
      held: passes.length,
    }
  }, RULES[rules])
}

const RULES = {
  all: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] },
  looks: { type: 'rule', values: ['color-contrast', 'target-size', 'scrollable-region-focusable'] },
} satisfies Record<string, axe.RunOnly>
