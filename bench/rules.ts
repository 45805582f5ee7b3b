/**
 * What a verdict costs: `node bench/rules.ts [numbers]`. One line a figure; ratios count, a single value moves with the
 * machine's other work.
 */
import type { CallFacts } from '#core/call/facts.ts'
import { readNumber } from '#core/call/number.ts'
import type { Party } from '#core/call/party.ts'
import type { Standing } from '#core/redress/standing.ts'
import { LIVING_CALLED_LISTS } from '#core/rules/called-list.ts'
import { judge } from '#core/rules/judge.ts'
import { NO_LIVING, changeLiving, makeLiving } from '#core/rules/living.ts'
import { parseNumberList, type NumberList } from '#core/rules/number-list.ts'
import { parseAllocations } from '#core/rules/allocations.ts'
import { allowBy, type Policy, type Rule } from '#core/rules/policy.ts'
import { DistinctCounter, distinctBytes } from '#core/rules/distinct-counter.ts'
import { RunCounter, runBytes } from '#core/rules/run-counter.ts'
import { ShareCounter, shareBytes } from '#core/rules/share-counter.ts'
import { SignerTable, signerBytes } from '#core/rules/signer-table.ts'
import { SlidingCounter, counterBytes } from '#core/rules/sliding-counter.ts'
import { parseStandingList } from '#core/rules/standing-list.ts'
import { allotTally, openTally, viewTally } from '#core/rules/tally.ts'
import { NOT_LOOKED, NO_SCORES } from '#core/call/verification.ts'

const numbers = Number(process.argv[2] ?? 10_000_000)
const START_MS = 1_795_000_000_000
const ROUNDS = 8

print('read a number from bytes', nsPer(5_000_000, readNumbers()))
const loadMs = timeOf(() => listOf('deny.csv', 2_000_000, 100_000))
console.log(`load a list of 100,000 numbers: ${loadMs.toFixed(0)} ms`)

const { facts, policy } = calls()
let nowMs = START_MS
let blocked = 0
for (const [whose, tally] of [
  ['a tally of its own', openTally(policy, 12345)],
  ['a shared tally', viewTally(policy, allotTally(policy, 12345))],
] as const) {
  print(
    `judge with ${whose}, allowed: 2 lists of 100,000, 2 volume rules, 1,000,000 callers`,
    nsPer(3_000_000, (index) => {
      if (judge(facts[index % facts.length]!, policy, tally, nowMs++).kind === 'block') blocked++
    }),
  )
}
const tally = openTally(policy, 12345)
if (blocked > 0) throw new Error(`${blocked} calls that should have gone on were blocked`)
const denied = { ...facts[0]!, calling: party(12122000000) }
print(
  'judge, blocked by a list',
  nsPer(1_000_000, () => {
    if (judge(denied, policy, tally, START_MS).kind === 'block') blocked++
  }),
)
if (blocked < 1_000_000) throw new Error('calls that should have been blocked went on')
blocked = 0
const uncounted: Policy = { version: 'bench', exemptions: [], rules: [...policy.rules.slice(0, 2), ...numberRules()] }
print(
  'judge, allowed: 2 lists of 100,000, standing, invalid, unallocated, attestation, verification',
  nsPer(3_000_000, (index) => {
    if (judge(facts[index % facts.length]!, uncounted, tally, START_MS).kind === 'block') blocked++
  }),
)
if (blocked > 0) throw new Error(`${blocked} calls that should have gone on were blocked`)

livingFacts()

for (const [whose, Buffer] of [
  ['of one thread', ArrayBuffer],
  ['shared, with locks', SharedArrayBuffer],
] as const) {
  const buffer = new Buffer(counterBytes(numbers))
  const counter = new SlidingCounter(600_000, numbers, buffer, 12345)
  print(
    `tally ${whose}, first call of each of ${numbers.toLocaleString('en')} numbers`,
    nsPer(numbers, (index) => counter.count(keyOf(index), START_MS)),
  )
  print(
    `tally ${whose}, update in random order`,
    nsPer(Math.min(numbers, 10_000_000), (index) => {
      counter.count(keyOf(Math.imul(index, 0x9e3779b1) >>> 0), START_MS + index / 20_000)
    }),
  )
  const { evictions, used } = counter.table
  const bytes = (buffer.byteLength / numbers).toFixed(1)
  console.log(`tally ${whose}: ${bytes} bytes a number, ${evictions} evictions, ${used} slots used`)
}

const KINDS: readonly [
  kind: string,
  bytes: number,
  open: (buffer: SharedArrayBuffer) => (key: number, index: number) => void,
][] = [
  [
    'distinct, with a pair for each call',
    distinctBytes({ capacity: numbers / 10, pairs: numbers }),
    (buffer) => {
      const counter = new DistinctCounter(600_000, { capacity: numbers / 10, pairs: numbers }, buffer, 12345)
      return (key, index) => counter.count((key % (numbers / 10)) + 1, 14_150_000_000 + index, START_MS)
    },
  ],
  [
    'sequential',
    runBytes(numbers),
    (buffer) => {
      const counter = new RunCounter(600_000, 1, numbers, buffer, 12345)
      return (key, index) => counter.count(key, 14_150_000_000 + index, START_MS)
    },
  ],
  [
    'short or unanswered, an outcome',
    shareBytes(numbers),
    (buffer) => {
      const counter = new ShareCounter(600_000, numbers, buffer, 12345)
      return (key, index) => counter.add(key, index % 2 === 0, START_MS)
    },
  ],
  [
    'spoofing',
    signerBytes(numbers),
    (buffer) => {
      const counter = new SignerTable(2_592_000_000, 20, numbers, buffer, 12345)
      const voucher = { provider: 3, isSigned: true }
      return (key) => counter.meet(key, voucher, START_MS)
    },
  ],
]
for (const [kind, bytes, open] of KINDS) {
  const step = open(new SharedArrayBuffer(bytes))
  const ns = nsPer(numbers, (index) => step(keyOf(Math.imul(index, 0x9e3779b1) >>> 0), index))
  print(`tally shared, with locks, ${kind} (${(bytes / numbers).toFixed(1)} bytes a number or pair)`, ns)
}

const few = Math.min(numbers, 1_000_000)
const small = new SlidingCounter(600_000, few, new ArrayBuffer(counterBytes(few)), 12345)
const objects = new Map<string, { start: number; count: number }>()
for (let index = 0; index < few; index++) {
  small.count(keyOf(index), START_MS)
  objects.set(`+${keyOf(index)}`, { start: START_MS, count: 1 })
}
const ours = nsPer(few, (index) => small.count(12_000_000_000 + ((Math.imul(index, 0x9e3779b1) >>> 0) % few), START_MS))
const theirs = nsPer(
  few,
  (index) => objects.get(`+${12_000_000_000 + ((Math.imul(index, 0x9e3779b1) >>> 0) % few)}`)!.count++,
)
print('tally, 1,000,000 numbers', ours)
print('the same in a Map of objects by string', theirs)

/** The same calls with nothing of desk and registry, and with 100,000 lifts and 1,000,000 registered numbers of others. */
function livingFacts(): void {
  const terms = { nowMs: START_MS, seed: 12345, allot: (bytes: number) => new SharedArrayBuffer(bytes) }
  let living = NO_LIVING
  const madeMs = timeOf(() => (living = makeLiving(livingEntries(), terms).living))
  const [one] = livingEntries()
  const oneMs = timeOf(() => changeLiving(living, [one!], terms))
  console.log(
    `${living.size.toLocaleString('en')} entries of desk and registry: ${madeMs.toFixed(0)} ms, one more: ${oneMs.toFixed(1)} ms`,
  )
  const judging: Policy = {
    ...policy,
    rules: [{ ...common(), kind: 'called-list', lists: LIVING_CALLED_LISTS }, ...policy.rules],
  }
  for (const [what, entries] of [
    ['none', NO_LIVING],
    ['all', living],
  ] as const) {
    const own = openTally(judging, 12345)
    let stopped = 0
    print(
      `judge, allowed, with ${what} of the entries`,
      nsPer(2_000_000, (index) => {
        if (judge(facts[index % facts.length]!, judging, own, START_MS, entries).kind === 'block') stopped++
      }),
    )
    if (stopped > 0) throw new Error(`${stopped} calls that should have gone on were blocked`)
    print(
      `judge, blocked by a list, with ${what} of the entries`,
      nsPer(500_000, () => {
        if (judge(denied, judging, own, START_MS, entries).kind === 'block') stopped++
      }),
    )
    if (stopped < 500_000) throw new Error('calls that should have been blocked went on')
  }
}

function common() {
  return { id: 'called', number: 9, mode: 'enforce', cause: 'called-party', program: 'none' } as const
}

function* livingEntries(): Generator<{ standing: Standing; endedAt: undefined }> {
  for (let index = 0; index < 1_100_000; index++) {
    const scope = { kind: 'number', number: `+${15_000_000_000 + index * 7}` } as const
    const terms = { id: index + 1, from: 0, until: undefined, origin: 'bench' }
    const fact =
      index < 100_000
        ? ({ kind: 'lift', scope, attestation: undefined, rule: undefined } as const)
        : ({ kind: 'registered', scope, registration: 'r' } as const)
    yield { standing: { ...terms, ...fact }, endedAt: undefined }
  }
}

function keyOf(index: number): number {
  return 12_000_000_000 + (index % numbers)
}

function readNumbers(): (index: number) => void {
  const users = ['+12125550117', '2125550117', '+1-212-555-0117;npdi', '+442079460123'].map((user) =>
    new TextEncoder().encode(user),
  )
  const plan = { country: 1, national: 10, international: '011' }
  return (index) => {
    const user = users[index & 3]!
    if (readNumber(user, 0, user.length, plan).kind !== 'e164') throw new Error('not a number')
  }
}

function calls(): { facts: CallFacts[]; policy: Policy } {
  const facts = Array.from({ length: 1_000_000 }, (_, index): CallFacts => {
    const parties = { calling: party(13_000_000_000 + index * 1009), called: party(14155550163) }
    return {
      atMs: 0,
      ...parties,
      peer: 'edge',
      trunk: '',
      attestation: 'none',
      emergency: false,
      forwarded: false,
      verification: NOT_LOOKED,
      scores: NO_SCORES,
    }
  })
  const program = 'opt-out'
  const mode = 'enforce'
  const judged = { mode, cause: 'analytics', program } as const
  const volume = { ...judged, kind: 'volume', prefix: undefined, perMs: 600_000, capacity: 1_000_000 } as const
  const allow = { kind: 'allow', id: 'allow', number: 1, mode, verdict: allowBy('allowed', 'allow') } as const
  const deny = { ...judged, kind: 'deny', id: 'deny', number: 2 } as const
  const rules = [
    { ...allow, list: listOf('allow.csv', 5_000_000, 100_000) },
    { ...deny, list: listOf('deny.csv', 2_000_000, 100_000) },
    { ...volume, id: 'number', number: 3, of: 'number', limit: 300, counter: 0 } as const,
    { ...volume, id: 'block', number: 4, of: 'block', limit: 60_000, counter: 1 } as const,
  ]
  return { facts, policy: { version: 'bench', exemptions: [], rules } }
}

/** Rules about the number and its signature. The callers are anybody from 8 area codes. */
function numberRules(): Rule[] {
  const entries = Array.from({ length: 10_000 }, (_, index) => `+1212${7_000_000 + index},A,2030-01-01`)
  const cleared = parseStandingList(entries.join('\n'), { name: 'cleared.csv' })
  const exchanges = Array.from({ length: 8000 }, (_, index) => {
    return `${300 + Math.floor(index / 1000)},${String(index % 1000).padStart(3, '0')}`
  })
  const given = parseAllocations(`npa,nxx\n${exchanges.join('\n')}`, { name: 'allocations.csv' })
  if (cleared.faults.length + given.faults.length > 0) throw new Error('a file was not read')
  const common = { mode: 'enforce', program: 'none' } as const
  const verdict = allowBy('allowed', 'cleared')
  const except = ['area-code', 'exchange', 'fictional'] as const
  return [
    { ...common, kind: 'standing', id: 'cleared', number: 5, list: cleared.list, verdict },
    { ...common, kind: 'invalid', id: 'invalid', number: 6, cause: 'invalid', except, isNorthAmerican: true },
    { ...common, kind: 'unallocated', id: 'free', number: 7, cause: 'unallocated', allocations: given.allocations },
    { ...common, kind: 'attestation', id: 'weak', number: 8, cause: 'analytics', standings: ['failed'] },
    { ...common, kind: 'verification', id: 'wrong', number: 9, cause: 'analytics' },
  ]
}

function listOf(name: string, from: number, size: number): NumberList {
  const text = Array.from({ length: size }, (_, index) => `+1212${from + index * 2}\n`).join('')
  const { list, faults } = parseNumberList(text, { name, blocks: true })
  if (faults.length > 0 || list.numbers.size !== size) throw new Error('the list was not read')
  return list
}

function party(digits: number): Party {
  return { kind: 'e164', digits, count: 11 }
}

/** The best of a few rounds: the others had to share the machine. */
function nsPer(steps: number, step: (index: number) => void): number {
  let best = Infinity
  const size = Math.ceil(steps / ROUNDS)
  for (let round = 0; round < ROUNDS; round++) {
    const ms = timeOf(() => {
      for (let index = round * size; index < (round + 1) * size; index++) step(index)
    })
    best = Math.min(best, (ms * 1e6) / size)
  }
  return best
}

function timeOf(work: () => void): number {
  const start = performance.now()
  work()
  return performance.now() - start
}

function print(what: string, ns: number): void {
  console.log(`${what}: ${ns.toFixed(0)} ns`)
}
