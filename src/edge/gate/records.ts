import type { Message } from '#codec/sip/message.ts'
import type { RequestView } from '#codec/sip/request.ts'
import { decodeOctets } from '#codec/sip/text.ts'
import type { CallFacts } from '#core/call/facts.ts'
import { formatParty } from '#core/call/party.ts'
import { readPlaces } from '#core/call/place.ts'
import { readDisplayName } from '#core/call/read-facts.ts'
import type { BlockEntry } from '#core/ledger/entry.ts'
import type { Journal, JournalRow } from '#core/ledger/ledger.ts'
import type { Refusal } from '#core/notify/choose-notice.ts'
import type { Block, Verdict } from '#core/rules/verdict.ts'
import type { Peer } from './peers.ts'

/** What is written down of one blocked call beside its request. */
export type Recording = {
  readonly verdict: Block
  readonly facts: CallFacts
  readonly peer: Peer
  readonly policyVersion: number
  /** 16 hexadecimal digits. */
  readonly transaction: string
  readonly receipt: string
  readonly refusal: Refusal
  readonly status: number
  readonly answer: Uint8Array
}

/** The ledger's entry for a block: what rules decided, and the octets of question and answer. */
export function blockEntry(invite: Message, view: RequestView, recording: Recording): BlockEntry {
  const { verdict, facts, peer, policyVersion, transaction, receipt, refusal, status, answer } = recording
  return {
    entry: 'block',
    at: facts.atMs,
    transaction,
    notice: { kind: LEDGER_NAMES[refusal.kind], status },
    cause: verdict.cause,
    program: verdict.program,
    rule: verdict.rule.id,
    policy: policyVersion,
    attestation: facts.attestation,
    optOut: verdict.optOut,
    peer: peer.name,
    tenant: tenantOf(invite, view, peer),
    trunk: facts.trunk === '' ? undefined : facts.trunk,
    personal: {
      receipt,
      calling: formatParty(facts.calling),
      called: formatParty(facts.called),
      displayName: readDisplayName(invite, view),
      callId: invite.value(view.callIdField),
      request: decodeOctets(invite.bytes, invite.start, invite.end),
      answer: decodeOctets(answer),
      grounds: JSON.stringify(verdict.grounds),
    },
  }
}

/** Tells the journal of a judged call, and beside it what each rule in shadow mode would have blocked. */
export function noteCall(journal: Journal, facts: CallFacts, verdict: Verdict): void {
  const allowed = verdict.kind === 'allow'
  note(journal, facts, allowed ? JOURNAL_NAMES[verdict.why] : verdict.kind, allowed ? verdict.by : verdict.rule.id)
  for (const { would, rule } of verdict.shadows) if (would === 'block') note(journal, facts, 'shadow', rule.id)
}

/** Tells the journal of one call in the words given. */
export function note(journal: Journal, facts: CallFacts, verdict: JournalRow['verdict'], rule: string): void {
  journal.note({
    at: facts.atMs,
    calling: facts.calling,
    called: facts.called,
    peer: facts.peer,
    trunk: facts.trunk,
    attestation: facts.attestation,
    verdict,
    rule,
  })
}

/** Whose call it is: what the peer says in the message, where it is asked to, else what the configuration says. */
export function tenantOf(invite: Message, view: RequestView, { tenant, tenantAt }: Peer): string {
  const said = tenantAt === undefined ? '' : readPlaces(invite, view, tenantAt)
  return said === '' ? tenant : said
}

const JOURNAL_NAMES = { exempt: 'exempt', allowed: 'allow', 'no-rule': 'allow' } as const
/** How the ledger names what a caller was told. */
const LEDGER_NAMES: Readonly<Record<Refusal['kind'], string>> = {
  'network-blocked': '603+',
  declined: '603',
  unwanted: '607',
  rejected: '608',
  'anonymity-disallowed': '433',
  forbidden: '403',
  announced: 'announced',
}
