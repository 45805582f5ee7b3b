import type { CallFacts } from '#core/call/facts.ts'
import { parseParty } from '#core/call/party.ts'
import { readJournalRow } from '#core/replay/call-record.ts'
import type { EvidenceBlock, TodaysVerdict } from '#core/redress/office.ts'
import { formatGround } from '#core/rules/ground.ts'
import { judge } from '#core/rules/judge.ts'
import type { Policy } from '#core/rules/policy.ts'
import type { Tally } from '#core/rules/tally.ts'
import type { CallBlock, CallReader } from '#edge/store/call-reader.ts'
import { readGrounds } from './blocks.ts'

/** A block as those inside read it, with what the policy of today would say of the same call. */
export function describeBlock(
  receipt: string,
  block: CallBlock | undefined,
  policy: Policy,
  isLifted: boolean,
  checkpoint: string | undefined,
): EvidenceBlock {
  const open = block?.open
  const personal = block?.personal
  return {
    receipt,
    at: open?.at ?? 0,
    calling: personal?.calling ?? '',
    called: personal?.called ?? '',
    rule: open?.rule ?? '',
    cause: open?.cause ?? '',
    program: open?.program ?? '',
    policy: open?.policy,
    attestation: open?.attestation ?? '',
    grounds: personal === undefined ? '' : readGrounds(personal.grounds).map(formatGround).join('; '),
    isReleased: block?.isReleased ?? false,
    isErased: block !== undefined && personal === undefined,
    entry: block && { chain: block.open.chain, seq: block.open.seq, hash: block.hash, checkpoint },
    today: judgeToday(block, policy, isLifted),
  }
}

/** Judges the call of a block anew. What counts calls cannot be asked about one alone: that is said, and not guessed. */
export function judgeToday(block: CallBlock | undefined, policy: Policy, isLifted: boolean): TodaysVerdict {
  if (block === undefined) return { kind: 'unknown', why: 'the ledger has no such block' }
  if (block.personal === undefined) return { kind: 'unknown', why: 'the personal part of the entry is erased' }
  const { open, personal } = block
  const facts = factsOf(block)
  const verdict = judge(facts, policy, COUNTS_NOTHING, open.at)
  if (verdict.kind !== 'allow')
    return { kind: 'block', rule: verdict.rule.id, grounds: verdict.grounds.map(formatGround).join('; ') }
  if (isLifted) return { kind: 'allow' }
  const rule = policy.rules.find(({ id }) => id === open.rule)
  const counts = readGrounds(personal.grounds).some((ground) => 'subject' in ground)
  if (rule !== undefined && counts && verdict.why === 'no-rule')
    return {
      kind: 'unknown',
      why: `the rule ${rule.id} counts calls and is in force: it depends on the calls behind this one`,
    }
  return { kind: 'allow' }
}

/** The calls about a block from the same number: those that a figure was made of. */
export function callsBehind(calls: CallReader, number: string, around: number, limit: number) {
  return calls.callsFrom(number, around - BEHIND_MS, around + AFTER_MS, limit)
}

function factsOf({ open, personal }: CallBlock): CallFacts {
  const { facts } = readJournalRow({
    at: open.at,
    calling: personal!.calling,
    called: personal!.called,
    peer: open.peer ?? '',
    trunk: '',
    attestation: open.attestation ?? 'none',
    verdict: 'block',
    rule: open.rule ?? '',
  })
  return { ...facts, calling: parseParty(personal!.calling), tenant: open.tenant ?? '' }
}

const COUNTS_NOTHING: Tally = {
  count: () => 0,
  read: () => 0,
  countDistinct: () => 0,
  countRun: () => 0,
  countEnded: () => undefined,
  ended: () => ({ count: 0, hits: 0 }),
  wasExact: () => true,
  compareSigning: () => ({ signing: 'normal', count: 0 }),
  note: () => undefined,
  recall: () => [],
}
const BEHIND_MS = 24 * 3_600_000
const AFTER_MS = 60_000
