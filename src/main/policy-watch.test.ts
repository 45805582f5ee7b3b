import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Config } from '#main/config/config.ts'
import { openPolicyStore } from '#edge/store/policy-store.ts'
import { watchPolicies, type AdoptedPolicy, type RefusedPolicy } from './policy-watch.ts'
import { takeFromFile } from './take-policy.ts'

/** What changes in the file, and what a gate has after it read the file again. */
const RELOADS: [
  what: string,
  change: [from: string, to: string],
  has: (config: Config) => unknown,
  expected: unknown,
  notes: RegExp,
][] = [
  [
    'a rule',
    ['limit: 300', 'limit: 7'],
    limitOf,
    7,
    /^policy 2 of .* is in force, 1 was before\nrule volume changed: volume\.limit 300 → 7$/,
  ],
  ['a peer', ['continue: 404', 'continue: 503'], ({ gate }) => gate.peers[0]?.continueStatus, 503, /^$/],
  ['the operator', ['8005550142', '8005550143'], ({ operator }) => operator.contact.tel, '+18005550143', /^$/],
  [
    'an address',
    ['5060', '5061'],
    ({ gate }) => gate.listen[0]?.port,
    5060,
    /^gate\.listen has changed, which takes a restart: it stays as it was$/,
  ],
  [
    'the log',
    ['level: info', 'level: debug'],
    ({ log }) => log.level,
    'info',
    /^log has changed, which takes a restart/,
  ],
]

for (const [what, [from, to], has, expected, notes] of RELOADS) {
  test(`a gate that reads its files again uses what may change and keeps the rest: ${what}`, async (t) => {
    const { watch, adopted, refused, write } = gate(t)
    write(FILE.replace(from, to))

    await watch.reload()

    assert.deepEqual(refused, [])
    assert.equal(adopted.length, 1)
    assert.equal(adopted[0]!.isReload, true)
    assert.deepEqual(has(adopted[0]!.config), expected)
    assert.match(adopted[0]!.notes.join('\n'), notes)
  })
}

const REFUSALS: [what: string, change: [from: string, to: string], fault: RegExp][] = [
  ['an unknown key', ['limit:', 'limits:'], /recourse\.yaml:8:\d+: found the unknown key "limits"/],
  ['broken YAML', ['rules:', 'rules: ['], /recourse\.yaml:\d+:\d+: found broken YAML/],
  ['a list that is not there', ['volume: {', 'deny: "file:none.csv", volume: {'], /recourse\.yaml:8/],
  [
    'another dial plan',
    ['country: 1', 'country: 44'],
    /^gate\.dialPlan has changed, which takes a restart: nothing was reloaded$/,
  ],
  ['another store', ['recourse.db', 'other.db'], /^store has changed/],
]

for (const [what, [from, to], fault] of REFUSALS) {
  test(`a gate that cannot use its files keeps what it has and says why: ${what}`, async (t) => {
    const { watch, adopted, refused, write, inForce } = gate(t)
    write(FILE.replace(from, to).replace('per: 10m', 'per: 20m'))

    await watch.reload()

    assert.deepEqual([adopted, inForce()], [[], 1])
    assert.match(refused.flatMap(({ faults }) => faults).join('\n'), fault)
    write(FILE.replace('limit: 300', 'limit: 9'))
    await watch.reload()
    const [mended] = [...adopted]
    assert.equal(mended && limitOf(mended.config), 9, 'and takes them when they are mended')
  })
}

test('a version that comes into force in the store is taken under the configuration in use, whatever its file says by now', async (t) => {
  const { watch, adopted, refused, write, apply } = gate(t)
  write('operator: [broken')

  await apply('rules: [{ id: volume, volume: { of: number, limit: 5, per: 10m } }]\n')

  assert.deepEqual(refused, [])
  assert.deepEqual(
    adopted.map(({ version, isReload, config }) => [version, isReload, limitOf(config), config.gate.peers[0]?.name]),
    [[2, false, 5, 'edge']],
  )
  await watch.reload()
  assert.equal(refused.length, 1, 'the control: the file is broken')
})

test('a version that this configuration cannot use is refused by its number, and the gate keeps the one before', async (t) => {
  const { adopted, refused, apply } = gate(t)

  await apply('notices: { analytics: "608" }\nrules: []\n')

  assert.deepEqual(adopted, [])
  assert.equal(refused[0]?.what, 'policy 2')
  assert.match(refused.flatMap(({ faults }) => faults).join('\n'), /608/)
})

function limitOf({ policy }: Config): number | undefined {
  const rule = policy.rules.find(({ id }) => id === 'volume')
  return rule?.kind === 'volume' ? rule.limit : undefined
}

/** A gate's side of it: a configuration that was taken at start, and what the watch has told since. */
function gate(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'recourse-watch-'))
  const path = join(directory, 'recourse.yaml')
  const url = `sqlite:${join(directory, 'recourse.db')}`
  const write = (text: string) => writeFileSync(path, text)
  write(FILE)
  const store = openPolicyStore(url)
  const by = { name: 'ann', account: 'ops' }
  const taken = takeFromFile({ store, path, by, nowMs: () => 1000, serves: true })
  assert.ok(taken.kind === 'taken', taken.kind === 'refused' ? taken.faults.join('\n') : '')
  const adopted: AdoptedPolicy[] = []
  const refused: RefusedPolicy[] = []
  let heard = (): void => {}
  const watch = watchPolicies({
    url,
    path,
    config: taken.config,
    version: taken.version,
    onPolicy: (policy) => {
      adopted.push(policy)
      heard()
    },
    onRefused: (refusal) => {
      refused.push(refusal)
      heard()
    },
  })
  t.after(async () => {
    await watch.close()
    store.close()
    rmSync(directory, { recursive: true })
  })
  const apply = (yaml: string): Promise<void> => {
    const told = new Promise<void>((resolve) => (heard = resolve))
    const common = { step: 'applied', note: '', origin: undefined, action: 'policy-applied', detail: {} } as const
    store.change({ of: { yaml, lists: new Map() }, base: taken.version, by, atMs: 2000, ...common })
    return told
  }
  return { watch, adopted, refused, write, apply, inForce: () => store.inForce()?.version }
}

const FILE = `operator: { contact: { tel: "+18005550142" } }
store: "sqlite:./recourse.db"
gate:
  listen: ["udp:127.0.0.1:5060"]
  dialPlan: { country: 1, national: 10, international: "011" }
  peers: [{ name: edge, from: "127.0.0.0/8", continue: 404 }]
policy:
  rules: [{ id: volume, volume: { of: number, limit: 300, per: 10m } }]
log: { level: info }
`
