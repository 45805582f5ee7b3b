import { hash } from 'node:crypto'
import { parseParty } from '#core/call/party.ts'
import type { BlockEntry, PersonalColumns } from '#core/ledger/entry.ts'
import type { JournalNote, JournalRow } from '#core/ledger/ledger.ts'

/** A block that differs from every other number's in all that should differ. */
export function sampleBlock(number: number, personal: Partial<PersonalColumns> = {}): BlockEntry {
  const transaction = hash('sha256', `transaction ${number}`).slice(0, 16)
  const calling = `+1212${String(5_550_000 + (number % 10_000)).padStart(7, '0')}`
  const called = `+1415${String(5_550_000 + ((number * 7) % 10_000)).padStart(7, '0')}`
  return {
    entry: 'block',
    at: SAMPLE_START_MS + number,
    transaction,
    notice: { kind: '603+', status: 603 },
    cause: 'analytics',
    program: 'opt-out',
    rule: number % 2 === 0 ? 'volume-number' : 'volume-block',
    policy: 1,
    attestation: 'A',
    optOut: false,
    peer: 'edge',
    tenant: number % 3 === 0 ? 'clinic' : undefined,
    trunk: number % 5 === 0 ? 'tg-1' : undefined,
    personal: {
      receipt: hash('sha384', `receipt ${number}`, 'base64url'),
      calling,
      called,
      displayName: `Caller "${number}" \u00e9\u{1f600}`,
      callId: `${number}@pc33.example`,
      request: `INVITE sip:${called}@gate.example SIP/2.0\r\nCall-ID: ${number}@pc33.example\r\n\r\n\x00\x1b[31m\xff`,
      answer: `SIP/2.0 603 Network Blocked\r\nCall-ID: ${number}@pc33.example\r\nContent-Length: 0\r\n\r\n`,
      grounds: `[{"kind":"volume","count":${number}}]`,
      ...personal,
    },
  }
}

/** A row of the journal as a gate hands it in. */
export function noteOf(row: JournalRow): JournalNote {
  return { ...row, calling: parseParty(row.calling), called: parseParty(row.called) }
}

/** When the sample with number 0 was recorded. */
export const SAMPLE_START_MS = Date.UTC(2026, 10, 22, 12)
