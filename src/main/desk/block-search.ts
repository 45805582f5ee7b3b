import { formatGround } from '#core/rules/ground.ts'
import type { Ground } from '#core/rules/verdict.ts'
import type { BlockFilter, BlockPage, BlockSearch, FoundBlock } from '#core/redress/block-search.ts'
import { type LedgerReader, type ListedEntry, parseCursor } from '#edge/store/ledger-reader.ts'

/** Looks for blocks by a reader of the ledger, which whoever opened it closes. */
export function createBlockSearch(reader: Pick<LedgerReader, 'search' | 'find'>): BlockSearch {
  return async (filter, after, limit) => search(reader, filter, after, limit)
}

function search(
  reader: Pick<LedgerReader, 'search' | 'find'>,
  filter: BlockFilter,
  after: string | undefined,
  limit: number,
): BlockPage {
  const { number, receipt, rule, cause, peer, trunk, from, before } = filter
  if (receipt !== undefined) {
    const found = after === undefined ? reader.find(receipt) : undefined
    return { blocks: found !== undefined && isAsked(found, filter) ? [blockOf(found)] : [], after: undefined }
  }
  // A cursor of another list begins nowhere: no page rather than a wrong one.
  if (after !== undefined && parseCursor(after) === undefined) return { blocks: [], after: undefined }
  const page = reader.search({ number, rule, cause, peer, trunk, sinceMs: from, untilMs: before }, limit, after)
  return { blocks: page.blocks.map(blockOf), after: page.after }
}

function isAsked(
  { open, personal }: ListedEntry,
  { number, rule, cause, peer, trunk, from, before }: BlockFilter,
): boolean {
  return (
    (number === undefined || isOf(number, personal?.calling) || isOf(number, personal?.called)) &&
    (rule === undefined || open.rule === rule) &&
    (cause === undefined || open.cause === cause) &&
    (peer === undefined || open.peer === peer) &&
    (trunk === undefined || open.trunk === trunk) &&
    (from === undefined || open.at >= from) &&
    (before === undefined || open.at < before)
  )
}

function isOf(numberOrBlock: string, number = ''): boolean {
  return numberOrBlock.endsWith('*') ? number.startsWith(numberOrBlock.slice(0, -1)) : number === numberOrBlock
}

function blockOf({ open, hash, personal, released }: ListedEntry): FoundBlock {
  return {
    receipt: personal?.receipt ?? '',
    at: open.at,
    calling: personal?.calling ?? '',
    called: personal?.called ?? '',
    rule: open.rule ?? '',
    cause: open.cause ?? '',
    program: open.program ?? '',
    policy: open.policy,
    attestation: open.attestation ?? '',
    notice: open.notice?.kind ?? '',
    peer: open.peer ?? '',
    trunk: open.trunk ?? '',
    grounds: groundsOf(personal?.grounds ?? ''),
    isReleased: released,
    isErased: personal === undefined,
    entry: { chain: open.chain, seq: open.seq, hash },
  }
}

/** Grounds are kept as JSON; what another version wrote stays as it is. */
function groundsOf(text: string): string[] {
  if (text === '') return []
  try {
    return (JSON.parse(text) as Ground[]).map((ground) => {
      const words: string | undefined = formatGround(ground)
      return words ?? JSON.stringify(ground)
    })
  } catch {
    return [text]
  }
}
