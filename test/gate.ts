// A gate over a ledger that records when it is told to, and the datagrams to ask it with: for the tests of its contract.
import assert from 'node:assert/strict'
import { parseMessage } from '#codec/sip/message.ts'
import { encodeText } from '#codec/sip/text.ts'
import type { BlockEntry } from '#core/ledger/entry.ts'
import { formatParty } from '#core/call/party.ts'
import type { JournalNote, JournalRow, Ledger, RecentBlock, Recorded } from '#core/ledger/ledger.ts'
import { US_NOTICES } from '#core/notify/notice-choices.ts'
import { type NoticeSettings, makeNoticeTerms } from '#core/notify/notice-terms.ts'
import { createReceiptRing } from '#core/receipt/receipt.ts'
import { parseEntries } from '#core/rules/number-list.ts'
import { allowBy, type Policy, type Rule } from '#core/rules/policy.ts'
import { type Tally, openTally } from '#core/rules/tally.ts'
import { Gate, type GateParts } from '#edge/gate/answer.ts'
import { type Peer, Peers } from '#edge/gate/peers.ts'
import type { Way } from '#edge/gate/waiting-blocks.ts'

export const NOW = Date.UTC(2026, 10, 22, 12)
export const PEER = { address: '127.0.0.1', port: 5062 }
export const BLOCKED = '+12125550199'
export const CALLER = '+12125550117'

export type Sent = { bytes: Uint8Array; address: string; port: number }
export type Setting = {
  time?: { nowMs: number }
  shadow?: boolean
  volumeLimit?: number
  recordWithinMs?: number
  pending?: number
  breakRules?: boolean
  recent?: readonly RecentBlock[]
  peer?: Partial<Peer>
  parts?: Partial<GateParts>
}

/** A gate over a ledger that records when it is told to. */
export function gateWith({
  volumeLimit = 1000,
  recordWithinMs = 60_000,
  pending = 100,
  breakRules = false,
  recent = [],
  time = { nowMs: NOW },
  shadow = false,
  peer = {},
  parts: more = {},
}: Setting = {}) {
  const sent: Sent[] = []
  const journal: JournalRow[] = []
  const recorded: BlockEntry[] = []
  const released: { transaction: string; cause: string }[] = []
  const alarms: string[] = []
  let held: { settle: (row: Recorded) => void; fail: (cause: unknown) => void; entry: BlockEntry }[] = []
  const ledger = {
    record: (entry: BlockEntry) =>
      new Promise<Recorded>((settle, fail) => {
        held.push({ settle, fail, entry })
      }),
    release: async ({ transaction }: Recorded, _at: number, cause: string) =>
      void released.push({ transaction, cause }),
    note: (call: JournalNote) =>
      void journal.push({ ...call, calling: formatParty(call.calling), called: formatParty(call.called) }),
  } as unknown as Ledger
  const policy = policyOf(volumeLimit, shadow)
  const ring = createReceiptRing(new Map([[3, new Uint8Array(32).fill(7)]]), 3)
  const parts: GateParts = {
    peers: new Peers([
      { name: 'edge', from: ['127.0.0.1'], continueStatus: 404, tenant: 'acme', ...peer },
      { name: 'other', from: ['127.0.0.2'], continueStatus: 404, tenant: '' },
    ]),
    policy,
    policyVersion: 1,
    tally: breakRules ? brokenTally() : openTally(policy, 1),
    terms: terms(),
    receipts: ring,
    ledger,
    recent,
    hashKey: new Uint8Array(16).fill(9),
    dialPlan: undefined,
    limits: { recordWithinMs, transactions: 1024, pending },
    inquiry: undefined,
    now: () => NOW,
    clock: () => time.nowMs,
    alarm: (kind) => void alarms.push(kind),
    pauses: () => time.nowMs,
    ...more,
  }
  const gate = new Gate(parts)
  const way: Way = {
    send: (bytes, length, address, port) =>
      void sent.push({ bytes: Uint8Array.from(bytes.subarray(0, length)), address, port }),
  }
  const settleAll = async (each: (row: (typeof held)[number]) => void): Promise<void> => {
    const rows = held
    held = []
    for (const row of rows) each(row)
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
  return {
    gate,
    way,
    sent,
    journal,
    recorded,
    released,
    alarms,
    ring,
    commit: () =>
      settleAll(({ settle, entry }) => {
        recorded.push(entry)
        settle({
          chain: 'a',
          seq: recorded.length,
          transaction: entry.transaction,
          receipt: entry.personal.receipt,
          earlier: undefined,
        })
      }),
    /** The ledger finds that the transaction was recorded before, and what was answered then. */
    repeat: (answer: string) =>
      settleAll(({ settle, entry: { transaction } }) => {
        settle({ chain: 'a', seq: 1, transaction, receipt: 'first', earlier: { answer, receipt: 'first' } })
      }),
    fail: (cause: Error) => settleAll(({ fail }) => fail(cause)),
    /** Sends one datagram and returns what came back at once. */
    say: (bytes: Uint8Array): Sent[] => {
      const before = sent.length
      gate.receive(bytes, PEER, way)
      return sent.slice(before)
    },
  }
}

function brokenTally(): Tally {
  return { note: () => assert.fail('broken on purpose') } as unknown as Tally
}

export function policyOf(limit: number, shadow: boolean, treatment?: string): Policy {
  const listed = (number: string) => {
    const { list, faults } = parseEntries([number], { name: 'test', blocks: true })
    assert.deepEqual(faults, [])
    return list
  }
  const rules: Rule[] = [
    {
      kind: 'do-not-originate',
      id: 'dno',
      number: 1,
      mode: 'enforce',
      cause: 'do-not-originate',
      program: 'none',
      list: listed('+12125550188'),
    },
    {
      kind: 'allow',
      id: 'allow',
      number: 2,
      mode: 'enforce',
      list: listed('+12125550100'),
      verdict: allowBy('allowed', 'allow'),
    },
    {
      kind: 'deny',
      id: 'deny',
      number: 3,
      mode: shadow ? 'shadow' : 'enforce',
      cause: 'analytics',
      program: 'opt-out',
      list: listed(BLOCKED),
      treatment,
    },
    {
      kind: 'volume',
      id: 'volume',
      number: 4,
      mode: 'enforce',
      cause: 'analytics',
      program: 'opt-out',
      of: 'number',
      prefix: undefined,
      limit,
      perMs: 600_000,
      capacity: 1000,
      counter: 0,
    },
  ]
  return { version: 'test', exemptions: [], rules }
}

export function terms(changed: Partial<NoticeSettings> = {}) {
  const made = makeNoticeTerms({
    choices: US_NOTICES,
    contact: { url: 'https://redress.northwire.example', tel: '+18005550142', email: 'unblock@northwire.example' },
    location: 'RLN',
    form: 'SIP',
    carry: 'both',
    desk: 'https://redress.northwire.example',
    needsContact: true,
    ...changed,
  })
  assert.equal(made.kind, 'ok')
  return made.value
}

export type Call = {
  from: string
  to?: string
  requestUri?: string
  branch?: string
  callId?: string
  via?: string
  extra?: string
}

export function invite({
  from,
  to = '+14155550163',
  requestUri,
  branch = '1',
  callId = 'one',
  via,
  extra = '',
}: Call): Uint8Array {
  return encodeText(
    `INVITE ${requestUri ?? `sip:${to}@gate.example`} SIP/2.0\r\n` +
      `${via ?? `Via: SIP/2.0/UDP 127.0.0.1:5062;branch=z9hG4bK-${branch}`}\r\nMax-Forwards: 70\r\n` +
      `From: "Acme" <sip:${from}@origin.example>;tag=f\r\nTo: <sip:${to}@gate.example>\r\n` +
      `Call-ID: ${callId}@origin.example\r\nCSeq: 1 INVITE\r\n${extra}Content-Length: 0\r\n\r\n`,
  )
}

export function request(method: string, extra = ''): string {
  return (
    `${method} sip:gate.example SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5062;branch=z9hG4bK-o\r\nMax-Forwards: 70\r\n` +
    `From: <sip:edge@origin.example>;tag=f\r\nTo: <sip:gate.example>\r\nCall-ID: o@origin.example\r\n` +
    `CSeq: 7 ${method}\r\n${extra}Content-Length: 0\r\n\r\n`
  )
}

export function statuses(answers: readonly Sent[]): number[] {
  return answers.map(({ bytes }) => parseMessage(bytes).status)
}
