import assert from 'node:assert/strict'
import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { test } from 'node:test'
import { chainHash, commitTo, genesisHash, hashReceipt } from './chain.ts'
import { type Checkpoint, type Verifier, signCheckpoint } from './checkpoint.ts'
import type { LedgerRow, OpenColumns, PersonalColumns } from './entry.ts'
import { verifyLink } from './link.ts'

test('an entry is proved by what comes before it and what was signed after it', () => {
  assert.deepEqual(verifyLink(ROWS, undefined, SIGNED, isSigned), { fault: undefined, looked: 4 })
  assert.deepEqual(verifyLink(ROWS.slice(2), ROWS[1]!.hash, SIGNED, isSigned), { fault: undefined, looked: 2 })
})

test('without a checkpoint an entry is only as it was recorded', () => {
  assert.deepEqual(verifyLink(ROWS.slice(1, 2), ROWS[0]!.hash, undefined, isSigned), { fault: undefined, looked: 1 })
})

test('an erased entry is proved by what stays', () => {
  const erased = ROWS.map((row) => ({ ...row, personal: undefined, salt: undefined }))
  assert.equal(verifyLink(erased, undefined, SIGNED, isSigned).fault, undefined)
})

test('whatever was changed is told', () => {
  const changed = (at: number, change: (row: LedgerRow) => LedgerRow) =>
    ROWS.map((row, index) => (index === at ? change(row) : row))
  const personal = (row: LedgerRow): LedgerRow => ({ ...row, personal: { ...row.personal!, calling: '+12125550118' } })
  const rule = (row: LedgerRow): LedgerRow => ({ ...row, open: { ...row.open, rule: 'other' } })
  const cases: readonly (readonly [string, RegExp, readonly LedgerRow[], string | undefined, Checkpoint?])[] = [
    ['nothing', /missing/, [], undefined],
    ['the personal columns', /personal columns/, changed(0, personal), undefined],
    ['the salt', /salt/, changed(0, (row) => ({ ...row, salt: new Uint8Array(16) })), undefined],
    ['an open column of it', /entry 1: /, changed(0, rule), undefined],
    ['an open column behind it', /entry 3: /, changed(2, rule), undefined],
    ['an entry left out', /another number/, ROWS.filter((_, index) => index !== 1), undefined],
    ['the entry before', /entry 2: /, ROWS.slice(1), ROWS[2]!.hash],
    ['no entry before', /before it is missing/, ROWS.slice(1), undefined],
    ['the end', /ends before/, ROWS.slice(0, 3), undefined],
    ['what was signed', /not signed/, ROWS, undefined, { ...SIGNED, at: SIGNED.at + 1 }],
    ['another chain that was signed', /another entry/, ROWS, undefined, signed([{ ...HEAD, hash: ROWS[0]!.hash }])],
  ]
  for (const [what, told, rows, before, checkpoint = SIGNED] of cases) {
    const { fault } = verifyLink(rows, before, checkpoint, isSigned)
    assert.match(fault ?? 'nothing was found', told, what)
  }
})

function rowAfter(before: string, seq: number): LedgerRow {
  const salt = new Uint8Array(16).fill(seq)
  const personal: PersonalColumns = {
    receipt: `receipt ${seq}`,
    calling: '+12125550117',
    called: '+14155550163',
    displayName: '',
    callId: 'a',
    request: 'INVITE',
    answer: 'SIP/2.0 603',
    grounds: '[]',
  }
  const open: OpenColumns = {
    chain: 'gate-1',
    seq,
    entry: 'block',
    at: seq,
    transaction: '0'.repeat(16),
    receiptHash: hashReceipt(personal.receipt),
    notice: { kind: '603+', status: 603 },
    cause: 'analytics',
    program: 'opt-out',
    rule: 'volume',
    policy: 1,
    attestation: 'A',
    optOut: false,
    peer: 'north',
    tenant: undefined,
    trunk: undefined,
    erased: undefined,
    commitment: commitTo(salt, personal),
  }
  return { open, hash: chainHash(before, open), personal, salt }
}

function signed(heads: readonly { chain: string; seq: number; hash: string }[]): Checkpoint {
  return signCheckpoint(9, heads, {
    key: 'k',
    sign: (octets) => sign('sha256', octets, { key: KEYS.privateKey, dsaEncoding: 'ieee-p1363' }),
  })
}

const KEYS = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const isSigned: Verifier = (_, octets, signature) =>
  verify('sha256', octets, { key: KEYS.publicKey, dsaEncoding: 'ieee-p1363' }, signature)
const ROWS = [1, 2, 3, 4].reduce<LedgerRow[]>(
  (rows, seq) => [...rows, rowAfter(rows.at(-1)?.hash ?? genesisHash('gate-1'), seq)],
  [],
)
const HEAD = { chain: 'gate-1', seq: 4, hash: ROWS[3]!.hash }
const SIGNED = signed([HEAD])
