import { type Checked, redressContact, redressId } from '#codec/notice/notice.ts'
import { writeNotice } from '#codec/notice/write.ts'
import { formatResponse } from '#codec/sip/format-message.ts'
import { parseParty } from '#core/call/party.ts'
import type { BlockEntry } from '#core/ledger/entry.ts'
import type { Ledger } from '#core/ledger/ledger.ts'

/**
 * Fills a ledger and its journal with the calls of a day and a quarter: busier by day than by night, and a campaign in the last
 * hours. Every number is one that the North American plan keeps for examples; the same comes out for the same `endMs`.
 */
export async function liveADay(ledger: Pick<Ledger, 'note' | 'record'>, endMs: number): Promise<void> {
  let calls = 0
  for (let at = endMs - LIVED_MS; at < endMs; at += MINUTE_MS) {
    const hour = (at / HOUR_MS) % 24
    const busy = 4 + 9 * Math.max(0, Math.sin(((hour - 6) / 14) * Math.PI))
    const campaign = endMs - at < CAMPAIGN_MS ? 3 : 0
    const recorded: Promise<unknown>[] = []
    for (let index = 0; index < busy + campaign; index++) {
      // Spread as if by chance, and the same each time.
      const chance = Math.abs(Math.sin(calls * 12.9898) * 43_758.5453) % 1
      const isBlocked = index < campaign || chance < 0.06
      const rule = isBlocked ? RULES[index < campaign ? 0 : Math.floor(chance * 50)]! : ''
      const calling = index < campaign ? CAMPAIGN_FROM : numberOf(calls)
      calls++
      const call = { calling: parseParty(calling), called: parseParty(CALLED), peer: 'edge', trunk: TRUNK }
      ledger.note({ at: at + index, ...call, attestation: 'B', verdict: rule === '' ? 'allow' : 'block', rule })
      if (rule !== '') recorded.push(ledger.record(blockOf(at + index, calls, calling, rule)))
    }
    await Promise.all(recorded)
  }
}

function blockOf(at: number, call: number, calling: string, rule: string): BlockEntry {
  const isNetwork = rule === 'dno'
  const callId = `${call}@calls.example.net`
  const receipt = `${call}`.padStart(64, 'A')
  return {
    entry: 'block',
    at,
    transaction: call.toString(16).padStart(16, '0'),
    notice: isNetwork ? { kind: '603', status: 603 } : { kind: '603+', status: 603 },
    cause: isNetwork ? 'do-not-originate' : 'analytics',
    program: isNetwork ? 'network' : 'opt-out',
    rule,
    policy: 1,
    attestation: 'B',
    optOut: false,
    peer: 'edge',
    tenant: undefined,
    trunk: TRUNK,
    personal: {
      receipt,
      calling,
      called: CALLED,
      displayName: '',
      callId,
      request: [
        `INVITE sip:${CALLED}@198.51.100.7 SIP/2.0`,
        ...headOf(calling, callId, call, ''),
        'Contact: <sip:192.0.2.7:5060>',
        'Content-Length: 0\r\n\r\n',
      ].join('\r\n'),
      answer: answerOf(calling, callId, call, isNetwork ? undefined : receipt),
      grounds: '[]',
    },
  }
}

function answerOf(calling: string, callId: string, call: number, receipt: string | undefined): string {
  const fields = headOf(calling, callId, call, ';tag=gate').map((line): [string, string] => {
    const at = line.indexOf(':')
    return [line.slice(0, at), line.slice(at + 2)]
  })
  const {
    status,
    phrase,
    fields: more,
  } = receipt === undefined
    ? writeNotice({ kind: 'declined', retryAfterS: undefined })
    : writeNotice({
        kind: 'network-blocked',
        form: 'SIP',
        contact: valueOf(
          redressContact({ url: `https://redress.northwire.example/r/${receipt}`, tel: '+18005550142' }),
        ),
        id: valueOf(redressId(receipt)),
        location: 'RLN',
      })
  return Buffer.from(formatResponse(status, phrase, { fields: [...fields, ...more] })).toString('latin1')
}

function valueOf<Value>(checked: Checked<Value>): Value {
  if (checked.kind === 'ok') return checked.value
  throw new Error(checked.faults.join('; '))
}

function headOf(calling: string, callId: string, call: number, toTag: string): string[] {
  return [
    `Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK${call}`,
    `From: <sip:${calling}@192.0.2.7>;tag=${call}`,
    `To: <sip:${CALLED}@198.51.100.7>${toTag}`,
    `Call-ID: ${callId}`,
    'CSeq: 1 INVITE',
  ]
}

function numberOf(index: number): string {
  return `+1${AREAS[index % AREAS.length]}55501${String(index % 100).padStart(2, '0')}`
}

/** Who calls too much in the last hours; none of those whom the sample's policy lets through. */
export const CAMPAIGN_FROM = '+12125550187'
const CALLED = '+14155550163'
const TRUNK = 'tg-carrier'
const AREAS = ['212', '312', '415', '617', '702', '804']
const RULES = ['volume-number', 'dno', 'volume-number']
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
/** More than a day, so that the overview has something to compare with. */
const LIVED_MS = 30 * HOUR_MS
const CAMPAIGN_MS = 3 * HOUR_MS
