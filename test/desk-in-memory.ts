import type { CaseView } from '../src/core/redress/case-view.ts'
import type { Claim } from '../src/core/redress/claim.ts'
import type {
  BlockSummary,
  BlockedCall,
  Desk,
  EvidenceUpload,
  Filed,
  MonthlyFigures,
  Refused,
  SubscriberRequest,
  Visitor,
} from '../src/core/redress/desk.ts'

/** A desk that keeps everything in memory and decides nothing, for what stands in front of one. */
export type DeskInMemory = Desk & {
  readonly blocks: Map<string, BlockSummary>
  readonly views: Map<string, CaseView>
  readonly lists: Map<string, readonly BlockedCall[]>
  readonly months: MonthlyFigures[]
  readonly filed: { readonly what: Claim | SubscriberRequest; readonly from: Visitor }[]
  readonly files: EvidenceUpload[]
  readonly told: { readonly what: string; readonly text: string; readonly from: Visitor }[]
  /** What everything is refused with from now on. */
  refuse: Refused | undefined
  /** Tells which work it was asked. */
  readonly asked: string[]
}

export const DESK_NOW_MS = Date.UTC(2026, 10, 22, 12)
export const RECEIPT = 'Ab3_'.repeat(16)
export const TOKEN = 'tokenOfACase_012345-AB'

export const BLOCK: BlockSummary = {
  receipt: RECEIPT,
  at: DESK_NOW_MS - 3_600_000,
  calling: '+12125550117',
  called: '+1415xxxxxxx',
  category: 'analytics',
  grounds: 'hundreds of calls in 10 min from +1 212 555 0117',
  isRecorded: true,
}

export const CASE: CaseView = {
  id: 'caseOfTests_0123456789',
  status: 'open',
  openedAt: DESK_NOW_MS - 1_800_000,
  due: { at: DESK_NOW_MS + 84_600_000, what: 'status', isOverdue: false },
  next: 'A case worker looks at the calls behind the block and writes to you.',
  takenBack: undefined,
  numbers: ['+12125550117'],
  receipts: [RECEIPT],
  events: [
    { at: DESK_NOW_MS - 1_800_000, words: 'You contested the block.' },
    { at: DESK_NOW_MS - 1_200_000, words: 'You confirmed your e-mail address.' },
  ],
  question: undefined,
  decision: undefined,
  proofs: [],
  challenges: [],
  evidence: [],
  may: ['withdraw', 'add-evidence', 'prove'],
}

export function deskInMemory(): DeskInMemory {
  const views = new Map<string, CaseView>()
  const known = new Map<string, Filed>()
  const confirmed = new Set<string>()
  const keep = (what: Claim | SubscriberRequest, from: Visitor): Filed => {
    desk.asked.push('file')
    const before = from.once === undefined ? undefined : known.get(from.once)
    if (before !== undefined) return before
    if (desk.refuse !== undefined && !(desk.refuse.kind === 'work' && from.waited)) return desk.refuse
    desk.filed.push({ what, from })
    const count = String(desk.filed.length)
    const token = `filedToken_${count.padStart(11, '0')}`
    const numbers = 'claimant' in what ? what.numbers : [what.number]
    views.set(token, { ...CASE, status: 'unconfirmed', due: undefined, numbers, may: ['withdraw', 'resend'] })
    const filed = {
      kind: 'filed',
      case: `caseFiled__${count.padStart(11, '0')}`,
      token,
      needsConfirmation: true,
    } as const
    if (from.once !== undefined) known.set(from.once, filed)
    return filed
  }
  const tell = (what: string, token: string, text: string, from: Visitor): Refused | { readonly kind: 'done' } => {
    desk.asked.push(what)
    if (!views.has(token)) return { kind: 'unknown' }
    if (desk.refuse !== undefined) return desk.refuse
    desk.told.push({ what, text, from })
    return { kind: 'done' }
  }
  const later = <Value>(value: Value): Promise<Value> => Promise.resolve(value)
  const desk: DeskInMemory = {
    blocks: new Map([[RECEIPT, BLOCK]]),
    views,
    lists: new Map(),
    months: [],
    filed: [],
    files: [],
    told: [],
    refuse: undefined,
    asked: [],
    block: (receipt) => later(desk.blocks.get(receipt)),
    file: (claim, from) => later(keep(claim, from)),
    isConfirmed: (token) => later(confirmed.has(token)),
    confirm: (token) => {
      desk.asked.push('confirm')
      const view = views.get(token)
      if (view === undefined) return later({ kind: 'unknown' })
      views.set(token, { ...view, status: 'open', due: CASE.due, may: CASE.may })
      confirmed.add(token)
      return later({ kind: 'confirmed', token })
    },
    resend: (token, from) => later(tell('resend', token, '', from)),
    status: (token) => later(views.get(token)),
    answer: (token, text, from) => later(tell('answer', token, text, from)),
    withdraw: (token, reason, from) => later(tell('withdraw', token, reason, from)),
    reopen: (token, reason, from) => later(tell('reopen', token, reason, from)),
    addEvidence: (token, file, from) => {
      const done = tell('evidence', token, file.name, from)
      if (done.kind !== 'done') return later(done)
      desk.files.push(file)
      const { name, type, octets } = file
      const kept = { id: 'fileOfTests_0123456789', name, type, octets: octets.length, hash: 'ab'.repeat(32) }
      views.set(token, { ...views.get(token)!, evidence: [...views.get(token)!.evidence, kept] })
      return later({ kind: 'added', file: kept })
    },
    challenge: (token, number, from) => {
      const done = tell('challenge', token, number, from)
      if (done.kind !== 'done') return later(done)
      const challenge = { number, dial: '+18005550199', from: DESK_NOW_MS, until: DESK_NOW_MS + 1_800_000 }
      views.set(token, { ...views.get(token)!, challenges: [challenge] })
      return later(challenge)
    },
    subscriber: (request, from) => later(keep(request, from)),
    blockedList: (token) => later(desk.lists.get(token)),
    transparency: () => later(desk.months.length === 0 ? undefined : desk.months),
  }
  return desk
}
