import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stringify } from 'yaml'
import { formatFault } from './fault.ts'
import { loadConfig } from './load.ts'
import { isSecretAt, knownKeys } from './schema-walk.ts'
import { configSchema } from './schema.ts'
import { variableOf } from './environment.ts'

const TEXT = 'hunter2hunter2hunter2'

const KEYS = knownKeys(configSchema, true)
const pathOf = (path: readonly string[]) => path.map((step) => (step === '[]' ? 0 : step))
const SECRETS = KEYS.filter(({ path }) => isSecretAt(configSchema, pathOf(path)))

test('what stands where a secret belongs is told by its length alone, at every key that is a secret', () => {
  assert.ok(SECRETS.length >= 10, `${SECRETS.length} secrets`)
  for (const { path, meta } of SECRETS) {
    const place = pathOf(path)
    const text = stringify(
      place.reduceRight<unknown>((value, step) => (step === 0 ? [value] : { [step]: value }), TEXT),
    )
    const said = faultsOf(text)
    assert.ok(
      said.includes(`found a text of ${TEXT.length} characters, expected ${meta.expected}`),
      `${path.join('.')}: ${said}`,
    )
    assert.ok(!said.includes('hunter'), said)
  }
})

test('a value that is no secret is shown', () => {
  const others = KEYS.filter(({ path, isText }) => isText && !isSecretAt(configSchema, pathOf(path)))
  assert.ok(others.length > 20)
  assert.match(faultsOf(`receipts: { keep: ${TEXT} }\n`), /found "hunter2hunter2hunter2"/)
})

test('a secret in a variable, a number, after a colon without a space, as an alias or in a URL is not shown either', () => {
  const inVariable = SECRETS.find(({ path }) => !path.includes('[]'))!
  const cases: [yaml: string, env: Record<string, string>, said: RegExp][] = [
    ['', { [variableOf(inVariable.path)]: TEXT }, /^RECOURSE_[A-Z_]+: found a text of 21 characters/m],
    ['webhooks: [{ name: a, secret: 4711004711 }]\n', {}, /found a text of 10 characters/],
    [
      `gate: { peers: [{ name: a, token:${TEXT} }] }\n`,
      {},
      /1:28: found token: with a text of 21 characters right after it, expected a space after the colon/,
    ],
    [`webhooks: [{ name: a, secret: *${TEXT} }]\n`, {}, /found YAML that cannot be read \(Unresolved alias/],
    [`webhooks: [{ name: a, url: "http://me:${TEXT}@hooks.example/x" }]\n`, {}, /found "http:\/\/…@hooks.example\/x"/],
  ]
  for (const [yaml, env, expected] of cases) {
    const said = faultsOf(yaml, env)
    assert.match(said, expected)
    assert.doesNotMatch(said, /hunter|4711/)
  }
})

function faultsOf(yaml: string, env: Record<string, string> = {}): string {
  const result = loadConfig({ path: 'recourse.yaml', env, readFile: () => yaml })
  assert.equal(result.kind, 'refused')
  return result.kind === 'refused' ? result.faults.map((fault) => formatFault(fault)).join('\n') : ''
}
