import assert from 'node:assert/strict'
import test from 'node:test'
import type { CaseEvent } from './case-event.ts'
import { type CaseFileParts, caseFileRecord, escape, formatCaseFile } from './case-file.ts'
import type { CaseEvidence, CaseFile } from './office.ts'

const AT = Date.UTC(2026, 10, 22, 12)
const HOSTILE = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '</style><svg/onload=alert(1)>',
  '&lt;b&gt;',
  '\u202egnp.exe',
  '\u0000\u001b[2J\u200b',
  'javascript:alert(1)',
]

/** A case in which every text that came from outside is the one given. */
function partsOf(text: string, reader: CaseFileParts['reader']): CaseFileParts {
  const events: CaseEvent[] = [
    {
      case: 'c'.repeat(22),
      seq: 1,
      at: AT,
      actor: { kind: 'claimant' },
      kind: 'opened',
      data: { way: 'page', claim: claimOf(text) },
    },
    {
      case: 'c'.repeat(22),
      seq: 2,
      at: AT,
      actor: { kind: 'worker', name: 'Ann Lee' },
      kind: 'updated',
      data: { what: 'note', text: `SECRET ${text}` },
    },
    {
      case: 'c'.repeat(22),
      seq: 3,
      at: AT,
      actor: { kind: 'worker', name: 'Ann Lee' },
      kind: 'asked',
      data: { question: text },
    },
    {
      case: 'c'.repeat(22),
      seq: 4,
      at: AT,
      actor: { kind: 'worker', name: 'Ann Lee' },
      kind: 'updated',
      data: {
        what: 'proof',
        proof: { number: '', way: 'letter', at: AT, detail: `SECRET signed by ${text}`, strength: 'full' },
      },
    },
  ]
  const file: CaseFile = {
    summary: {
      id: 'c'.repeat(22),
      kind: 'claim',
      status: 'open',
      openedAt: AT,
      due: undefined,
      isOverdue: false,
      assigned: 'Ann Lee',
      numbers: ['+12125550117'],
      numberCount: 1,
      claimant: text,
      seq: 4,
    },
    claim: claimOf(text),
    request: undefined,
    events,
    numbers: ['+12125550117'],
    next: text,
    question: text,
    decision: { outcome: 'uphold', reason: text, evidence: [text], next: text },
    proofs: [{ number: '', way: 'letter', at: AT, detail: `SECRET signed by ${text}`, strength: 'full' }],
    unproven: [],
    challenges: [],
    evidence: [],
  }
  const evidence: CaseEvidence = {
    blocks: [
      {
        receipt: 'R'.repeat(64),
        at: AT,
        calling: '+12125550117',
        called: '+14155550163',
        rule: 'volume',
        cause: 'analytics',
        program: 'opt-out',
        policy: 3,
        attestation: 'C',
        grounds: `SECRET limit 300 ${text}`,
        isReleased: false,
        isErased: false,
        entry: { chain: 'gate', seq: 7, hash: 'ab'.repeat(32), checkpoint: '{"at":1}' },
        today: { kind: 'block', rule: 'volume', grounds: `SECRET ${text}` },
      },
    ],
    calls: [
      {
        at: AT,
        calling: '+12125550117',
        called: '+14155550163',
        peer: 'edge',
        trunk: text,
        attestation: 'C',
        verdict: 'block',
        rule: 'volume',
      },
    ],
    standing: [],
    registered: [{ number: '+12125550117', registration: 'r'.repeat(22), name: `SECRET ${text}` }],
    earlier: [],
  }
  return { file, evidence, operator: 'Northwire', madeAt: AT, reader }
}

function claimOf(text: string): CaseFile['claim'] {
  return {
    receipts: ['R'.repeat(64)],
    numbers: ['+12125550117'],
    calls: [],
    claimant: { name: text, email: 'ann@acme.example', organisation: text, tel: undefined, acts: 'for-itself' },
    purpose: text,
    changed: text,
    webhook: undefined,
  }
}

test('nothing that anybody wrote becomes markup in a case file, and nothing invisible stays so', () => {
  let looked = 0
  for (const reader of ['inside', 'claimant'] as const) {
    const plain = tagsOf(formatCaseFile(partsOf('plain', reader)))
    assert.ok(plain.length > 50)
    for (const text of HOSTILE) {
      const page = formatCaseFile(partsOf(text, reader))
      assert.deepEqual(tagsOf(page), plain, text)
      assert.doesNotMatch(page, /(?!\n)[\p{Cc}\p{Cf}]/u, text)
      looked++
    }
  }
  assert.equal(looked, 2 * HOSTILE.length)
  assert.match(escape('\u202e'), /^\\u\{202e\}$/)
  assert.equal(escape('می\u200cخواهم pay\u200cpal'), 'می\u200cخواهم pay\\u{200c}pal')
})

test('the claimant reads no note, no worker, no figure, no called digit; inside has them all', () => {
  const inside = [formatCaseFile(partsOf('x', 'inside')), JSON.stringify(caseFileRecord(partsOf('x', 'inside')))]
  const outside = [formatCaseFile(partsOf('x', 'claimant')), JSON.stringify(caseFileRecord(partsOf('x', 'claimant')))]
  for (const hidden of [
    /SECRET/,
    /Ann Lee/,
    /\+14155550163/,
    /\+12125550117.*\bedge\b|Calls behind|"calls":\[\{"at"/,
  ]) {
    for (const text of outside) assert.doesNotMatch(text, hidden)
    for (const text of inside) assert.match(text, hidden)
  }
  for (const text of outside) assert.match(text, /\+1415xxxxxxx/)
})

test('a case file says where its blocks stand in the ledger, and how to check it', () => {
  const record = caseFileRecord(partsOf('x', 'claimant'))
  assert.deepEqual(record.blocks[0]?.entry, {
    chain: 'gate',
    seq: 7,
    hash: 'ab'.repeat(32),
    checkpoint: '{"at":1}',
  })
  const page = formatCaseFile(partsOf('x', 'claimant'))
  assert.match(page, /abababab/)
  assert.match(page, /recourse ledger verify/)
})

/** The tags of a page in their order, as a browser would see them begin. */
function tagsOf(page: string): string[] {
  return page.match(/<\/?[a-z!][^>]*>/gi) ?? []
}
