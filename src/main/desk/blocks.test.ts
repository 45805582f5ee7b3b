import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseParty } from '#core/call/party.ts'
import type { ReceiptRing } from '#core/receipt/receipt.ts'
import { KINDS } from '#core/rules/kinds.ts'
import type { BlockingKind, Policy } from '#core/rules/policy.ts'
import { CAUSES, type Ground } from '#core/rules/verdict.ts'
import type { CallBlock, CallReader } from '#edge/store/call-reader.ts'
import { summarizeBlock } from './blocks.ts'

test('each kind of rule has the category that fits it, by its ground and, where no row is to be read, by the rule', () => {
  for (const [kind, [ground, category]] of Object.entries(EXPECTED)) {
    const { cause } = KINDS[kind as BlockingKind]
    assert.equal(categoryOf({ row: { cause, grounds: [ground] } }), category, `${kind}, recorded`)
    assert.equal(categoryOf({ rule: { kind, cause } }), category, `${kind}, by the policy`)
  }
  assert.deepEqual(new Set(Object.keys(EXPECTED)), new Set(Object.keys(KINDS)), 'every kind is here')
})

test('a list that is denied for another cause than analytics is told by that cause, and an erased row still is', () => {
  for (const cause of CAUSES.filter((one) => one !== 'analytics')) {
    assert.equal(categoryOf({ row: { cause, grounds: ['listed'] } }), cause)
    assert.equal(categoryOf({ row: { cause, grounds: [] } }), cause)
    assert.equal(categoryOf({ rule: { kind: 'deny', cause } }), cause)
  }
})

test('of a block whose grounds nobody knows any more nothing is made up', () => {
  assert.equal(categoryOf({}), 'unknown')
  assert.equal(categoryOf({ row: { cause: 'analytics', grounds: [] } }), 'unknown')
  assert.equal(categoryOf({ row: { cause: 'of another version', grounds: [] } }), 'unknown')
})

/** The ground that a rule of each kind gives, and what its caller is told. */
const EXPECTED: { readonly [kind in BlockingKind]: readonly [ground: Ground['kind'], category: string] } = {
  volume: ['volume', 'analytics'],
  distinct: ['distinct', 'analytics'],
  sequential: ['sequential', 'analytics'],
  short: ['short', 'analytics'],
  unanswered: ['unanswered', 'analytics'],
  deny: ['listed', 'unwanted'],
  score: ['score', 'unwanted'],
  attestation: ['attestation', 'unsigned'],
  verification: ['verification', 'spoofed'],
  spoofing: ['spoofing', 'spoofed'],
  'called-list': ['called-party', 'called-party'],
  'do-not-originate': ['listed', 'do-not-originate'],
  invalid: ['invalid', 'invalid'],
  unallocated: ['unallocated', 'unallocated'],
}

type Known = {
  readonly row?: { readonly cause: string; readonly grounds: readonly Ground['kind'][] }
  readonly rule?: { readonly kind: string; readonly cause: string }
}

/** The category of a block of which a row, a rule or nothing is known. */
function categoryOf({ row, rule }: Known): string {
  const party = parseParty('+12125550117')
  const facts = { atMs: 1, calling: party, called: party, rule: 1 }
  const ring = { open: () => facts } as unknown as ReceiptRing
  const block = row && {
    open: { cause: row.cause, rule: 'one' },
    personal:
      row.grounds.length === 0
        ? undefined
        : {
            grounds: JSON.stringify(row.grounds.map((kind) => ({ kind, cause: row.cause, of: 'number', ...FIGURES }))),
          },
  }
  const calls = { block: () => block as CallBlock | undefined, ruleId: () => rule && 'one' } as unknown as CallReader
  const policy = { rules: rule === undefined ? [] : [{ id: 'one', ...rule }] } as unknown as Policy
  return summarizeBlock('A'.repeat(64), ring, calls, policy)!.category
}

const FIGURES = { count: 412, perMs: 600_000, limit: 300 }
