import type { CallFacts } from '#core/call/facts.ts'
import { parseParty } from '#core/call/party.ts'
import { readJournalRow } from '#core/replay/call-record.ts'
import type { EvidenceBlock, TodaysVerdict } from '#core/redress/office.ts'
import { formatGround } from '#core/rules/ground.ts'
import { judge } from '#core/rules/judge.ts'
import type { Policy, Rule } from '#core/rules/policy.ts'
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
  const { open } = block
  const facts = factsOf(block)
  const verdict = judge(facts, policy, COUNTS_NOTHING, open.at)
  if (verdict.kind !== 'allow')
    return {
      kind: 'block',
      rule: verdict.rule.id,
      grounds: verdict.grounds.map(formatGround).join('; '),
      ...(isLifted && { isLifted }),
    }
  if (isLifted) return { kind: 'allow' }
  const rule = policy.rules.find(({ id }) => id === open.rule)
  const needs = rule?.mode !== 'enforce' || verdict.why !== 'no-rule' ? undefined : neededFor(rule)
  return rule === undefined || needs === undefined
    ? { kind: 'allow' }
    : { kind: 'unknown', why: `the rule ${rule.id} is in force, and goes by more than this call: ${needs}` }
}

/** What a rule would have to be told beside the call; undefined where the call says all that it asks. */
function neededFor(rule: Rule): string | undefined {
  switch (rule.kind) {
    case 'volume':
    case 'distinct':
    case 'sequential': {
      const whom = rule.of === 'number' ? 'its number' : 'its block of numbers'
      return `it counts the calls from ${whom} in the ${formatSpan(rule.perMs)} before; those of its number are shown, and recourse replay judges all of them again`
    }
    case 'short':
    case 'unanswered':
      return `it goes by how calls ended in the ${formatSpan(rule.perMs)} before, which the journal does not keep; recourse replay judges a file of calls that has their ends`
    case 'spoofing':
      return 'it goes by who normally signs the number, which is learned call by call; recourse replay learns it again from the journal'
    case 'score':
      return 'it goes by the score of an outside service at that time, which is not asked again'
    case 'verification':
      return 'it goes by the signature of the call, which is not verified again'
    default:
      return undefined
  }
}

/** `10 min`. */
function formatSpan(ms: number): string {
  const [unit, length] = SPANS.find(([, length]) => ms % length === 0) ?? ['ms', 1]
  return `${ms / length} ${unit}`
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
const SPANS = [
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const
const BEHIND_MS = 24 * 3_600_000
const AFTER_MS = 60_000
