import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseNumber } from '#core/call/number.ts'
import { isListed } from '#core/rules/number-list.ts'
import type { Policy } from '#core/rules/policy.ts'
import { describeConfig } from './describe.ts'
import { formatFault } from './fault.ts'
import { loadConfig } from './load.ts'

const FILES: Readonly<Record<string, string>> = {
  'psap.csv': 'number\n+12125550911\n+1312911*\n',
  'cleared.csv': 'number,attestation,until\n+12125550117,A,2027-01-31\n+1212556*,,\n',
  'registered.csv': '+12125550120,A\n',
  'opt-out.csv': '+14155550163\n',
  'allocations.csv': 'npa,nxx,x,status\n212,555,,AS\n212,556,3,AV\n',
  'dno.csv': '+18005550100\n',
}

/** Rules that load, a line each; and what they are made into. */
const GOOD: [rule: string, made: Record<string, unknown>][] = [
  [
    '{ id: r, invalid: true }',
    { kind: 'invalid', cause: 'invalid', program: 'none', except: [], isNorthAmerican: true },
  ],
  ['{ id: r, invalid: { except: [fictional, name] } }', { except: ['fictional', 'name'] }],
  ['{ id: r, unallocated: "file:allocations.csv" }', { kind: 'unallocated', cause: 'unallocated', program: 'none' }],
  ['{ id: r, standing: "file:cleared.csv" }', { kind: 'standing', mode: 'enforce' }],
  [
    '{ id: r, attestation: { below: B } }',
    { standings: ['C', 'none', 'failed'], cause: 'analytics', program: 'opt-out' },
  ],
  ['{ id: r, attestation: { is: [none, unverified] } }', { standings: ['none', 'unverified'] }],
  ['{ id: r, verification: failed, mode: shadow }', { kind: 'verification', mode: 'shadow' }],
  ['{ id: r, deny: ["+12125550199"], sample: 0.5% }', { sample: 0.005 }],
  ['{ id: r, deny: ["+12125550199"], sample: 100% }', { sample: 1 }],
  [
    '{ id: r, deny: ["+12125550199"], peers: [west], trunks: [t1, t2] }',
    { scope: { peers: ['west'], trunks: ['t1', 't2'], tenants: undefined } },
  ],
  ['{ id: r, invalid: true, tenants: [acme] }', { scope: { peers: undefined, trunks: undefined, tenants: ['acme'] } }],
  [
    '{ id: r, allow: ["+12125550199"], peers: [edge] }',
    { scope: { peers: ['edge'], trunks: undefined, tenants: undefined } },
  ],
]

for (const [rule, made] of GOOD) {
  test(`the rule ${rule} loads`, () => {
    const { rules } = policyOf(rule)
    assert.equal(rules.length, 1)
    for (const [key, value] of Object.entries(made)) {
      assert.deepEqual((rules[0] as unknown as Record<string, unknown>)[key], value, key)
    }
  })
}

test('what registered callers are worth stands in the rule, with the list of the policy', () => {
  const [skipping, limited] = policyOf(
    '{ id: a, attestation: { below: B }, registered: skip }',
    '{ id: b, volume: { of: number, limit: 300, per: 10m }, registered: { limit: 5000 } }',
  ).rules
  assert.ok(skipping?.kind === 'attestation' && skipping.registered?.kind === 'skip')
  assert.ok(limited?.kind === 'volume' && limited.registered?.kind === 'limit')
  assert.equal(limited.registered.limit, 5000)
  assert.equal(limited.registered.list, skipping.registered.list)
  assert.equal(limited.registered.list?.name, 'registered.csv')
})

test('who has opted out and how wide blocks are are the policy’s', () => {
  const policy = policyOf('{ id: v, volume: { of: block, limit: 300, per: 10m } }')
  assert.ok(policy.optOut !== undefined && isListed(policy.optOut, parseNumber('+14155550163')))
  const [rule] = policy.rules
  assert.ok(rule?.kind === 'volume' && rule.blocks !== undefined)
  assert.deepEqual([rule.blocks[121], rule.blocks[442], rule.blocks[493]], [7, 9, 0])
})

test('what a gate judges by survives being sent to another thread, its lists in shared memory', () => {
  const policy = policyOf(
    '{ id: a, deny: ["+12125550199"] }',
    '{ id: b, called-list: "file:called.csv" }',
    '{ id: c, standing: "file:cleared.csv" }',
    '{ id: d, unallocated: "file:allocations.csv" }',
    '{ id: e, attestation: { below: B }, registered: skip }',
  )
  assert.deepEqual(structuredClone(policy), policy)
  const buffers = new Set<ArrayBufferLike>()
  collectBuffers(policy, buffers)
  assert.ok(buffers.size > 10, `${buffers.size} buffers`)
  // The table of block widths is a thousand octets, and copied.
  const own = [...buffers].filter((buffer) => !(buffer instanceof SharedArrayBuffer))
  assert.deepEqual(
    own.map(({ byteLength }) => byteLength),
    [],
  )
})

const WRONG: [title: string, rule: string, message: string][] = [
  [
    'an allocation file that is not there',
    '{ id: r, unallocated: "file:gone.csv" }',
    'recourse.yaml:15:29: found the file gone.csv, which cannot be read (there is no such file), expected a file of allocations with the columns npa and nxx, or prefix',
  ],
  ['no allocation file', '{ id: r, unallocated: true }', 'recourse.yaml:15:29: found true, expected file: and a path'],
  [
    'a flaw that is none',
    '{ id: r, invalid: { except: [ugly] } }',
    'recourse.yaml:15:36: found "ugly", expected a list of name, zeros, length, country-code, area-code, exchange, fictional',
  ],
  [
    'an attestation that is none',
    '{ id: r, attestation: { below: D } }',
    'recourse.yaml:15:38: found "D", expected A, B or C',
  ],
  [
    'a share of nothing',
    '{ id: r, deny: ["+12125550199"], sample: 0% }',
    'recourse.yaml:15:48: found "0%", expected a share such as 10% or 0.5%',
  ],
  [
    'more than all',
    '{ id: r, deny: ["+12125550199"], sample: 101% }',
    'recourse.yaml:15:48: found "101%", expected a share such as 10% or 0.5%',
  ],
  [
    'a sample in shadow mode',
    '{ id: r, deny: ["+12125550199"], sample: 10%, mode: shadow }',
    'recourse.yaml:15:40: found a sample in rule "r", expected one only with mode: enforce, as shadow acts on no call',
  ],
  [
    'a sample of an allow rule',
    '{ id: r, allow: ["+12125550199"], sample: 10% }',
    'recourse.yaml:15:41: found a sample in rule "r", expected one only where calls are blocked',
  ],
  [
    'a program of a standing rule',
    '{ id: r, standing: "file:cleared.csv", program: none }',
    'recourse.yaml:15:46: found a program in rule "r", expected one only where calls are blocked',
  ],
  [
    'a peer that is none',
    '{ id: r, deny: ["+12125550199"], peers: [wset] }',
    'recourse.yaml:15:48: found "wset", which is no peer of this gate, expected the name of one (did you mean west?)',
  ],
  [
    'registered before do-not-originate',
    '{ id: r, do-not-originate: "file:dno.csv", registered: skip }',
    'recourse.yaml:15:50: found registered in rule "r", expected it only beside analytics: it blocks by do-not-originate, before which being registered is worth nothing',
  ],
  [
    'a limit where there is none',
    '{ id: r, deny: ["+12125550199"], registered: { limit: 9 } }',
    'recourse.yaml:15:40: found a limit for registered callers in rule "r", expected skip: deny has no limit',
  ],
  [
    'a limit below the rule’s',
    '{ id: r, volume: { of: number, limit: 9, per: 1m }, registered: { limit: 9 } }',
    "recourse.yaml:15:73: found 9, which is no more than the rule's own limit of 9, expected a higher one for registered callers",
  ],
  [
    'an exempt number',
    '{ id: r, deny: ["+12125550911"] }',
    'recourse.yaml:15:23: found "+12125550911", which is exempt by psap.csv line 2, expected no exempt number on a list that blocks',
  ],
  [
    'exempt leading digits',
    '{ id: r, do-not-originate: ["+18005550100", "+131291*"] }',
    'recourse.yaml:15:51: found "+131291*", which covers +1312911*, exempt by psap.csv line 3, expected no exempt number on a list that blocks',
  ],
  [
    'a list with an exempt number',
    '{ id: r, deny: "file:bad.csv" }',
    'bad.csv:2:1: found "+12125550911", which is exempt by psap.csv line 2, expected no exempt number on a list that blocks',
  ],
  [
    'a called party who refuses an exempt number',
    '{ id: r, called-list: "file:refused.csv" }',
    'refused.csv:1:14: found "+13129110000", which is exempt by psap.csv line 3, expected no exempt number on a list that blocks',
  ],
]

for (const [title, rule, message] of WRONG) {
  test(`a rule with ${title} is refused with its place`, () => {
    const result = load(rule)
    assert.equal(result.kind, 'refused')
    assert.deepEqual(result.faults.map(formatFault), [message])
  })
}

test('a rule may go by registered callers without a list: the registry says who they are', () => {
  const config = BASE.replace('  registered: "file:registered.csv"\n', '')
  const result = load('{ id: r, deny: ["+12125550199"], registered: skip }', config)
  assert.ok(result.kind === 'loaded')
  const [rule] = result.config.policy.rules
  assert.deepEqual(rule?.kind === 'deny' && rule.registered, { kind: 'skip', list: undefined })
})

test('a width of no country is told', () => {
  const result = load('{ id: r, deny: ["+12125550199"] }', BASE.replace('"44": 9', '"0": 9'))
  assert.equal(result.kind, 'refused')
  const faults = result.faults.map(formatFault)
  assert.equal(faults.length, 1)
  assert.match(faults.join('\n'), /expected a mapping such as \{ "1": 8, "44": 9 \}/)
})

test('numbers without a plus are a reminder where no plan completes them', () => {
  const rule = '{ id: r, deny: ["2125550199", "211"] }'
  const reminder = /^the list in rule r has a number without \+ \(entry 1\), which match/
  const without = load(rule, BASE.replace(/ {2}dialPlan.*\n/, ''))
  assert.ok(without.kind === 'loaded' && without.reminders.some((text) => reminder.test(text)))
  const withPlan = load(rule)
  assert.ok(withPlan.kind === 'loaded' && !withPlan.reminders.some((text) => reminder.test(text)))
})

test('a called-list rule without a file goes by what subscribers tell the desk', () => {
  for (const [rule, isLiving] of [
    ['{ id: r, called-list: true }', true],
    ['{ id: r, called-list: "file:called.csv" }', false],
  ] as const) {
    const result = load(rule)
    assert.ok(result.kind === 'loaded', rule)
    const [made] = result.config.policy.rules
    assert.ok(made?.kind === 'called-list')
    assert.equal(made.lists.isLiving === true, isLiving)
    assert.equal(made.lists.pairs.size > 0, !isLiving)
  }
})

const STANDING = '{ id: cleared, standing: "file:cleared.csv" }'
const VOLUME = '{ id: v, volume: { of: number, limit: 3, per: 1m } }'
const DNO = '{ id: dno, do-not-originate: ["+12125550199"] }'
for (const [title, rules, reminds] of [
  ['behind all analytics', [VOLUME, STANDING], true],
  ['behind all analytics, before a rule that it never spares anybody', [VOLUME, STANDING, DNO], true],
  ['before one of them', [VOLUME, STANDING, '{ id: w, attestation: { below: B } }'], false],
  ['where there are none', [DNO, STANDING], false],
] as const) {
  test(`a standing rule ${title} is ${reminds ? 'a reminder' : 'as it should be'}`, () => {
    const result = load(...rules)
    assert.equal(result.kind, 'loaded')
    const reminders = result.reminders.filter((text) => text.startsWith('rule '))
    const text = 'rule cleared stands behind every rule that it could spare anybody: put it before rule v'
    assert.deepEqual(reminders, reminds ? [text] : [])
  })
}

test('what each rule does is told in words', () => {
  const result = load(
    '{ id: a, invalid: { except: [fictional] }, peers: [edge], sample: 10% }',
    '{ id: b, unallocated: "file:allocations.csv" }',
    '{ id: c, standing: "file:cleared.csv" }',
    '{ id: d, attestation: { below: B }, registered: skip }',
    '{ id: e, verification: failed, trunks: [t1] }',
  )
  assert.equal(result.kind, 'loaded')
  const words = describeConfig(result.config).filter((line) => /^(?:rule|opted)/.test(line))
  assert.deepEqual(words, [
    'opted out of analytics: opt-out.csv, 1 entry',
    'rule a: blocks numbers that cannot exist, whatever their fictional; only calls of peers edge; acts on 10% of them',
    'rule b: blocks numbers that nobody has by allocations.csv, 1 allocations given out and 1 free',
    'rule c: spares cleared.csv the analytics behind it, 2 entries',
    'rule d: blocks calls whose attestation is C, none, failed; registered callers are skipped',
    'rule e: blocks calls whose signature is wrong; only calls of trunks t1',
  ])
})

const BASE = `operator: { contact: { tel: "+18005550142" } }
gate:
  peers:
    - { name: edge, from: 127.0.0.1, continue: 404 }
    - { name: west, from: 127.0.0.2, continue: 404 }
  dialPlan: { country: 1, national: 10, international: "011" }
policy:
  exempt: [emergency, "file:psap.csv"]
  registered: "file:registered.csv"
  opt-out: "file:opt-out.csv"
  blocks: { "1": 7, "44": 9 }
# one
# two
  rules:
`

function load(...rules: string[]): ReturnType<typeof loadConfig> {
  const base = rules.at(-1)?.startsWith('operator') === true ? rules.pop()! : BASE
  const text = base + rules.map((rule) => `    - ${rule}\n`).join('')
  const files: Record<string, string> = {
    ...FILES,
    'recourse.yaml': text,
    'bad.csv': '+12125550912\n+12125550911\n',
    'refused.csv': '+14155550163,+13129110000\n',
    'called.csv': '+14155550163,withheld\n',
  }
  const readFile = (path: string): string => {
    const file = files[path]
    if (file === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' })
    return file
  }
  return loadConfig({ path: 'recourse.yaml', env: {}, readFile })
}

function policyOf(...rules: string[]): Policy {
  const result = load(...rules)
  assert.equal(result.kind, 'loaded', result.kind === 'refused' ? result.faults.map(formatFault).join('\n') : '')
  return result.config.policy
}

function collectBuffers(value: unknown, buffers: Set<ArrayBufferLike>): void {
  if (ArrayBuffer.isView(value)) {
    if (value.byteLength !== 1000) buffers.add(value.buffer)
  } else if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) collectBuffers(part, buffers)
  }
}
