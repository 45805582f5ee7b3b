import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse, stringify } from 'yaml'
import { CAUSES } from '#core/rules/verdict.ts'
import { KINDS } from '#core/rules/kinds.ts'
import { formatFault } from './fault.ts'
import { loadConfig } from './load.ts'

const PAGE = readFileSync(join(import.meta.dirname, '../../../docs/rules.md'), 'utf8')
const FILES: ReadonlyMap<string, string> = new Map([
  ['called.csv', ''],
  ['psap.csv', '+12125550911\n'],
  ['allocations.csv', 'npa,nxx\n212,555\n'],
])
const BLOCKS = Array.from(PAGE.matchAll(/^```(yaml|csv)\n([^]*?)^```$/gm), ([, language, text]) => ({
  language,
  text: text ?? '',
}))

test('every rule and policy on the page about rules loads', () => {
  const rules = BLOCKS.filter(({ language }) => language === 'yaml')
  assert.ok(rules.length >= 8)
  for (const { text } of rules) {
    const value = parse(text) as unknown
    // Alternatives on the page share an id; in a policy they could not.
    const list = Array.isArray(value)
      ? value.map((rule, index) => ({ ...(rule as object), id: `r${index}` }))
      : undefined
    const policy = list === undefined ? (value as { policy: unknown }).policy : { rules: list }
    const gate = { peers: [{ name: 'edge', from: '127.0.0.1', continue: 404 }] }
    const config = stringify({ operator: { contact: { tel: '+18005550142' } }, gate, policy })
    const readFile = (path: string) => (path === 'recourse.yaml' ? config : (FILES.get(path) ?? '+18005550100\n'))
    const result = loadConfig({ path: 'recourse.yaml', env: {}, readFile })
    assert.equal(result.kind, 'loaded', result.kind === 'refused' ? result.faults.map(formatFault).join('\n') : text)
  }
})

test('the page names every kind of rule and every cause', () => {
  for (const kind of [...Object.keys(KINDS), 'allow', ...CAUSES]) assert.ok(PAGE.includes(kind), kind)
})
