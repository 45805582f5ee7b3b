import assert from 'node:assert/strict'
import { createHash, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatCanonical, formatOpen, formatPersonal, type Json } from './canonical.ts'
import { chainHash, ChainWalk, commitTo, compareErasures, genesisHash, hashReceipt, type FaultKind } from './chain.ts'
import {
  formatCheckpoint,
  parseCheckpoint,
  signCheckpoint,
  verifyCheckpoint,
  type Checkpoint,
  type Verifier,
} from './checkpoint.ts'
import { formatCsv, parseCsv } from './csv.ts'
import type { Erased, LedgerRow, OpenColumns, PersonalColumns } from './entry.ts'
import { verifyLedger } from './verify.ts'

const CANONICAL: [name: string, value: Json, text: string][] = [
  // The example of RFC 8785 §3.2.2 and §3.2.3, its numbers and strings.
  [
    'the numbers of RFC 8785 §3.2.2',
    { numbers: [333333333.3333333, 1e30, 4.5, 2e-3, 0.000000000000000000000000001] },
    '{"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27]}',
  ],
  [
    'the string of RFC 8785 §3.2.2',
    { string: '\u20ac$\u000f\u000aA\'\u0042\u0022\u005c\\"/', literals: [null, true, false] },
    '{"literals":[null,true,false],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  ],
  [
    'the names of RFC 8785 §3.2.3, sorted by UTF-16 units',
    { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\u{1f600}': 5, '\u0080': 6, '\u00f6': 7 },
    '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}',
  ],
  ['nothing', {}, '{}'],
]

for (const [name, value, text] of CANONICAL) {
  test(`canonical JSON: ${name}`, () => assert.equal(formatCanonical(value), text))
}

for (const value of ['\ud800', { '\udfff': 1 }, Number.NaN, [Infinity]] as Json[]) {
  test(`canonical JSON refuses ${JSON.stringify(value)} of ${typeof value}, which has none`, () => {
    assert.throws(() => formatCanonical(value), RangeError)
  })
}

const text = fc.string({ unit: 'grapheme' })
const octets = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCodePoint(code)) })
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
const open: fc.Arbitrary<OpenColumns> = fc.record({
  chain: text,
  seq: fc.nat(),
  entry: fc.constantFrom('block', 'released', 'erasure'),
  at: fc.maxSafeNat(),
  transaction: maybe(text),
  receiptHash: maybe(text),
  notice: maybe(fc.record({ kind: text, status: fc.nat() })),
  cause: maybe(text),
  program: maybe(text),
  rule: maybe(text),
  policy: maybe(fc.nat()),
  attestation: maybe(text),
  optOut: maybe(fc.boolean()),
  peer: maybe(text),
  tenant: maybe(text),
  trunk: maybe(text),
  erased: maybe(fc.array(fc.record({ chain: text, first: fc.nat(), last: fc.nat() }))),
  commitment: maybe(text),
})
const personal: fc.Arbitrary<PersonalColumns> = fc.record({
  receipt: text,
  calling: text,
  called: text,
  displayName: text,
  callId: text,
  request: octets,
  answer: octets,
  grounds: text,
})

test('the columns written out by hand are the canonical JSON of the columns that have a value', () => {
  let compared = 0
  fc.assert(
    fc.property(open, personal, (open, personal) => {
      const present = Object.fromEntries(Object.entries(open).filter(([, value]) => value !== undefined)) as Json
      assert.equal(formatOpen(open), formatCanonical(present))
      assert.equal(formatPersonal(personal), formatCanonical(personal))
      compared++
    }),
    { numRuns: 500 },
  )
  assert.equal(compared, 500)
})

const vector = JSON.parse(readFileSync(new URL('../../../vectors/ledger/version-1.json', import.meta.url), 'utf8')) as {
  chain: string
  genesis: string
  rows: VectorRow[]
  publicKey: string
  checkpoint: Checkpoint
}
type VectorRow = {
  open: Partial<OpenColumns> & Pick<OpenColumns, 'chain' | 'seq' | 'entry' | 'at'>
  personal?: PersonalColumns
  salt?: string
  canonicalOpen: string
  canonicalPersonal?: string
  hash: string
}

const ABSENT = {
  transaction: undefined,
  receiptHash: undefined,
  notice: undefined,
  cause: undefined,
  program: undefined,
  rule: undefined,
  policy: undefined,
  attestation: undefined,
  optOut: undefined,
  peer: undefined,
  tenant: undefined,
  trunk: undefined,
  erased: undefined,
  commitment: undefined,
}
const rows: LedgerRow[] = vector.rows.map(({ open, personal, salt, hash }) => ({
  open: { ...ABSENT, ...open },
  hash,
  personal,
  salt: salt === undefined ? undefined : Buffer.from(salt, 'hex'),
}))

const isSigned: Verifier = (_, octets, signature) =>
  verify('sha256', octets, { key: createPublicKey(vector.publicKey), dsaEncoding: 'ieee-p1363' }, signature)

const look = (rows: readonly LedgerRow[], checkpoints: readonly Checkpoint[] = [vector.checkpoint]) =>
  verifyLedger({ chains: [['gate', rows]], checkpoints, verify: isSigned })

test('vector: a chain of every kind of entry verifies, and the report says at how much it looked', () => {
  const report = look(rows)

  assert.deepEqual(report, {
    fault: undefined,
    heads: [{ chain: 'gate', seq: 5, hash: rows[4]!.hash }],
    entries: 5,
    blocks: 3,
    released: 1,
    erased: 1,
    checkpoints: 1,
    unsealed: 0,
  })
})

test('vector: the hashes are what anyone with SHA-256 gets from the texts beside them', () => {
  const sha256 = (...parts: (string | Buffer)[]) =>
    parts.reduce((h, part) => h.update(part), createHash('sha256')).digest('hex')
  let before = sha256(`recourse ledger 1 ${vector.chain}`)
  assert.equal(before, vector.genesis)
  assert.equal(genesisHash('gate'), vector.genesis)
  assert.ok(vector.rows.length >= 5)

  for (const { open, canonicalOpen, canonicalPersonal, personal, salt, hash } of vector.rows) {
    assert.deepEqual(JSON.parse(canonicalOpen), open)
    before = sha256(Buffer.from(before, 'hex'), canonicalOpen)
    assert.equal(hash, before)
    if (personal === undefined || salt === undefined || canonicalPersonal === undefined) continue
    assert.deepEqual(JSON.parse(canonicalPersonal), personal)
    assert.equal(open.commitment, sha256(Buffer.from(salt, 'hex'), canonicalPersonal))
    assert.equal(open.receiptHash, sha256(personal.receipt))
  }
})

test('a checkpoint is one line that reads back as itself and no longer verifies when anything in it changes', () => {
  const line = formatCheckpoint(vector.checkpoint)
  assert.deepEqual(parseCheckpoint(line), vector.checkpoint)
  assert.equal(line.includes('\n'), false)
  assert.equal(verifyCheckpoint(vector.checkpoint, isSigned), true)

  const [head] = vector.checkpoint.heads
  const changes: Partial<Checkpoint>[] = [
    { at: vector.checkpoint.at + 1 },
    { key: '0000000000000000' },
    { heads: [] },
    { heads: [{ ...head!, seq: 6 }] },
    { signature: '' },
    { signature: vector.checkpoint.signature.replace(/^./, (first) => (first === 'A' ? 'B' : 'A')) },
  ]
  for (const change of changes) assert.equal(verifyCheckpoint({ ...vector.checkpoint, ...change }, isSigned), false)
  for (const broken of ['', '{', '[]', 'null', '{"version":2}', line.replace('"heads":[', '"heads":[1,')]) {
    assert.equal(parseCheckpoint(broken), undefined)
  }
})

const changed = (at: number, change: (row: LedgerRow) => LedgerRow) =>
  rows.map((row, index) => (index === at ? change(row) : row))
const without = (row: LedgerRow): LedgerRow => ({ ...row, personal: undefined, salt: undefined })

const FAULTY: [name: string, rows: LedgerRow[], kind: FaultKind, seq: number][] = [
  ['the first entry missing', rows.slice(1), 'missing', 1],
  ['an entry in the middle missing', rows.filter((_, at) => at !== 2), 'missing', 3],
  ['the end cut off', rows.slice(0, 3), 'cut-short', 4],
  ['nothing left', [], 'cut-short', 1],
  ['an entry twice', [rows[0]!, rows[0]!, ...rows.slice(1)], 'misplaced', 2],
  ['two entries exchanged', [rows[1]!, rows[0]!, ...rows.slice(2)], 'missing', 1],
  [
    'an entry of another chain',
    changed(1, (row) => ({ ...row, open: { ...row.open, chain: 'gate-2' } })),
    'misplaced',
    2,
  ],
  ['personal columns lost', changed(0, without), 'lost-personal', 1],
  [
    'personal columns of the row before',
    changed(1, (row) => ({ ...row, personal: rows[0]!.personal })),
    'changed-personal',
    2,
  ],
  ['the salt lost', changed(1, (row) => ({ ...row, salt: undefined })), 'changed-personal', 2],
  [
    'erased columns back',
    changed(3, (row) => ({ ...row, personal: rows[0]!.personal, salt: rows[0]!.salt })),
    'changed-personal',
    4,
  ],
]

for (const [name, rows, kind, seq] of FAULTY) {
  test(`the walk names the first entry at fault: ${name}`, () => {
    assert.deepEqual(look(rows).fault, { kind, chain: 'gate', seq })
  })
}

test('a receipt is held to its hash also where commitment and chain agree with each other', () => {
  // Whoever writes a chain of their own can make everything else fit.
  const { open, personal, salt } = rows[0]!
  const forged = { ...personal!, receipt: 'another' }
  const fitting: OpenColumns = { ...open, commitment: commitTo(salt!, forged) }
  const walk = new ChainWalk('gate', new Map())

  const step = (open: OpenColumns, personal: PersonalColumns) =>
    new ChainWalk('gate', new Map()).step({ open, personal, salt, hash: chainHash(walk.hash, open) })

  assert.equal(step(fitting, forged), 'changed-receipt')
  assert.equal(step({ ...fitting, receiptHash: hashReceipt('another') }, forged), undefined)
})

for (const [seen, fault] of [
  [4, undefined],
  [5, undefined],
  [6, { kind: 'cut-short', chain: 'gate', seq: 6 }],
] as const) {
  test(`a chain of five that a checkpoint saw at ${seen} is ${fault === undefined ? 'whole' : 'cut short'}`, () => {
    const marks = new Map([[seen, rows[seen - 1]?.hash ?? rows[0]!.hash]])
    const walk = new ChainWalk('gate', marks)
    for (const row of rows) assert.equal(walk.step(row), undefined)

    assert.deepEqual(walk.finish(), fault)
  })
}

test('two signed checkpoints that contradict each other are a fork, whatever the chain holds', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const dsaEncoding = 'ieee-p1363'
  const signer = { key: 'k', sign: (octets: Uint8Array) => sign('sha256', octets, { key: privateKey, dsaEncoding }) }
  const isSigned: Verifier = (_, octets, signature) =>
    verify('sha256', octets, { key: publicKey, dsaEncoding }, signature)
  const saw = (hash: string) => signCheckpoint(1, [{ chain: 'elsewhere', seq: 2, hash }], signer)
  const verifyWith = (checkpoints: Checkpoint[]) => verifyLedger({ chains: [], checkpoints, verify: isSigned }).fault

  assert.deepEqual(verifyWith([saw('aa'), saw('aa')]), { kind: 'cut-short', chain: 'elsewhere', seq: 1 })
  assert.deepEqual(verifyWith([saw('aa'), saw('bb')]), { kind: 'forked', chain: 'elsewhere', seq: 2 })
})

test('no column of any row can change without being found', () => {
  let tried = 0
  for (const [at, { open, personal }] of rows.entries()) {
    for (const name of Object.keys(open)) {
      const fault = look(changed(at, (row) => ({ ...row, open: { ...row.open, [name]: '\u0000' } }))).fault
      assert.equal(fault?.seq, at + 1, name)
      tried++
    }
    for (const name of Object.keys(personal ?? {})) {
      const fault = look(changed(at, (row) => ({ ...row, personal: { ...row.personal!, [name]: '\u0000' } }))).fault
      assert.equal(fault?.seq, at + 1, name)
      tried++
    }
  }
  assert.equal(tried, 5 * 18 + 2 * 8)
})

test('a chain that nobody signed says how much is not sealed', () => {
  assert.deepEqual([look(rows, []).unsealed, look(rows, []).fault], [5, undefined])
})

test('a chain that only a checkpoint knows is missing from its first entry on', () => {
  const report = verifyLedger({ chains: [], checkpoints: [vector.checkpoint], verify: isSigned })
  assert.deepEqual(report.fault, { kind: 'cut-short', chain: 'gate', seq: 1 })
})

const RANGES: [name: string, gone: number[][], erased: number[][], fault: [FaultKind, number] | undefined][] = [
  ['nothing', [], [], undefined],
  [
    'the same in other pieces',
    [
      [1, 4],
      [7, 7],
    ],
    [
      [7, 7],
      [3, 4],
      [1, 3],
    ],
    undefined,
  ],
  ['one gone too many, in front', [[1, 3]], [[2, 3]], ['lost-personal', 1]],
  ['one gone too many, behind', [[1, 3]], [[1, 2]], ['lost-personal', 3]],
  [
    'one gone too many, between',
    [[1, 9]],
    [
      [1, 4],
      [6, 9],
    ],
    ['lost-personal', 5],
  ],
  ['one listed too many', [[1, 3]], [[1, 4]], ['kept-personal', 4]],
  ['listed and not gone at all', [], [[8, 9]], ['kept-personal', 8]],
]

for (const [name, gone, erased, fault] of RANGES) {
  test(`erasures and gaps must be the same rows: ${name}`, () => {
    const ranges = (pairs: number[][]): Erased[] =>
      pairs.map(([first, last]) => ({ chain: 'gate', first: first!, last: last! }))
    const found = compareErasures(ranges(gone), ranges(erased))
    assert.deepEqual(found && [found.kind, found.seq], fault)
  })
}

test('erasures of another chain do not count', () => {
  const fault = compareErasures([{ chain: 'a', first: 1, last: 1 }], [{ chain: 'b', first: 1, last: 1 }])
  assert.deepEqual(fault, { kind: 'lost-personal', chain: 'a', seq: 1 })
})

test('a walk holds ranges, not rows: ten thousand erased rows are one range', () => {
  const walk = new ChainWalk('gate', new Map())
  assert.equal(walk.step(without(rows[0]!)), undefined)
  assert.equal(walk.step(without(rows[1]!)), undefined)
  assert.deepEqual(walk.gone, [{ chain: 'gate', first: 1, last: 2 }])
})

const HOSTILE = [
  '+12125550117',
  '=cmd|calc',
  '-1',
  '@SUM(A1)',
  '\t=1',
  '\r=1',
  '\n=1',
  "'",
  "''=1",
  '',
  '"',
  'a"b',
  'a,b;c',
  '＝1',
]

test('CSV: no cell begins like a formula, and all cells come back unchanged, however hostile', () => {
  const line = formatCsv([...HOSTILE, undefined])

  assert.deepEqual(
    [...parseCsv(`${line}\r\n${line}\n`)],
    [
      [...HOSTILE, undefined],
      [...HOSTILE, undefined],
    ],
  )
  const cells = line.match(/"(?:[^"]|"")*"/g) ?? []
  assert.equal(cells.length, HOSTILE.length)
  for (const cell of cells) assert.doesNotMatch(cell, /^"[=+\-@\t\r\n＝]/)
})

test('CSV: any records survive', () => {
  const cell = fc.option(fc.oneof(fc.string({ unit: 'binary' }), octets, fc.constantFrom(...HOSTILE)), {
    nil: undefined,
  })
  let compared = 0
  fc.assert(
    fc.property(fc.array(fc.array(cell, { minLength: 2 }), { minLength: 1 }), (records) => {
      assert.deepEqual([...parseCsv(records.map((cells) => `${formatCsv(cells)}\r\n`).join(''))], records)
      compared++
    }),
    { numRuns: 500 },
  )
  assert.equal(compared, 500)
})

for (const broken of ['a', '"a', '"a"b', '"a",b\r\n', '"a" ,"b"']) {
  test(`CSV: what is not quoted is refused with its place: ${JSON.stringify(broken)}`, () => {
    assert.throws(() => [...parseCsv(broken)], /record 1/)
  })
}
