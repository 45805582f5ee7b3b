import { createHmac, hash, randomInt, timingSafeEqual } from 'node:crypto'
import { formatParty } from '#core/call/party.ts'
import type { ReceiptRing } from '#core/receipt/receipt.ts'
import { listBlockedCalls } from '#core/redress/blocked-list.ts'
import { isOpenStatus } from '#core/redress/case.ts'
import type { CaseBlock, EvidenceFile, SubscriberWish } from '#core/redress/case-event.ts'
import type { Claim } from '#core/redress/claim.ts'
import type { BlockedCall, Desk, Done, Filed, Refused, SubscriberRequest, Visitor } from '#core/redress/desk.ts'
import { monthOf, monthSpan } from '#core/redress/monthly.ts'
import type { OfficeOpened, OfficeOpening, Worked, Worker } from '#core/redress/office.ts'
import type { Proof, ProofChallenge } from '#core/redress/proof.ts'
import {
  addEvidence,
  answerQuestion,
  confirmCase,
  decideCase,
  displaceCase,
  giveChallenge,
  openCase,
  RESENDS_MAX,
  reopenCase,
  resendConfirm,
  type Step,
  type StepTerms,
  withdrawCase,
} from '#core/redress/steps.ts'
import { viewCase } from '#core/redress/view-case.ts'
import type { Policy } from '#core/rules/policy.ts'
import type { CallReader } from '#edge/store/call-reader.ts'
import type { EvidenceFiles } from '#edge/store/evidence-files.ts'
import type { VerificationConfig } from '#main/config/config.ts'
import type { Admission } from './admission.ts'
import { summarizeBlock } from './blocks.ts'
import { Cases, type CasesParts, hashToken, makeId } from './cases.ts'
import { checkEvidence, EVIDENCE_FILES_MAX } from './evidence.ts'
import type { MonthlyCache } from './monthly-cache.ts'
import { MAILS_PER_DAY } from './post.ts'

/** What the desk is made of; a change of configuration changes what the functions answer. */
export type DeskParts = CasesParts & {
  readonly calls: CallReader
  readonly monthly: MonthlyCache
  readonly files: EvidenceFiles
  readonly admission: Admission
  readonly ring: () => ReceiptRing
  readonly policy: () => Policy
  readonly verification: () => VerificationConfig | undefined
  /** What the provider's portal vouches for subscribers with; undefined where it does not. */
  readonly portalSecret: () => string | undefined
  readonly queueMax: () => number
  readonly evidenceBytesMax: () => number
  readonly isTransparent: () => boolean
  /** To whom a number is registered; none where it is not, or there is no registry. */
  readonly holders: (number: string) => readonly RegisteredHolder[]
  /** A number from 0 on and below that, which nobody can foresee; of the system where nothing is said. */
  readonly draw?: ((below: number) => number) | undefined
}

export type RegisteredHolder = { readonly registration: string; readonly name: string; readonly mail: string }

/** The desk as pages and API ask it. */
export function createDesk(parts: DeskParts): Desk {
  const cases = new Cases(parts)
  const { store, now, admission } = parts
  const caseOf = (token: string): string | undefined =>
    TOKEN.test(token) ? store.caseOf(hashToken(token), 'status', now()) : undefined
  const confirmableBy = (token: string): string | undefined =>
    TOKEN.test(token) ? store.caseOf(hashToken(token), 'confirm', now()) : undefined
  /** A step by somebody who has the link. */
  const act = (token: string, from: Visitor, compute: (step: StepTerms) => Step): Done => {
    const id = caseOf(token)
    if (id === undefined) return { kind: 'unknown' }
    const once = markOf(id, from)
    // Sent again, because its answer was lost: what was done is done.
    if (once !== undefined && store.mark(once) !== undefined) return { kind: 'done' }
    return admission.act(from, now()) ?? doneOf(cases.take(id, (step) => marked(compute(step), once, '')))
  }

  const desk: Desk = {
    block: async (receipt) => summarizeBlock(receipt, parts.ring(), parts.calls, parts.policy()),

    file: async (claim, from) => fileCase(parts, cases, { claim, request: undefined, token: undefined, from }),

    async isConfirmed(token) {
      const id = confirmableBy(token)
      return id !== undefined && cases.read(id)?.found.isConfirmed === true
    },

    async confirm(token) {
      const id = confirmableBy(token)
      if (id === undefined) return { kind: 'unknown' }
      const taken = cases.take(id, (step) => confirmCase(step, ownersOf(parts, step), registryProofs(parts, step)))
      // Who follows the link twice, or whose browser does, gets where it leads.
      if (taken.kind === 'done' || cases.read(id)?.found.isConfirmed === true) {
        if (taken.kind === 'done') grantVouched(parts, cases, id)
        return { kind: 'confirmed', token: cases.statusToken(id) }
      }
      if (taken.kind === 'unsaved') throw new Unsavable(taken.retryAfterMs)
      return { kind: 'unknown' }
    },

    async resend(token, from) {
      const id = caseOf(token)
      const found = id === undefined ? undefined : cases.read(id)?.found
      if (id === undefined || found === undefined) return { kind: 'unknown' }
      const once = markOf(id, from)
      if (once !== undefined && store.mark(once) !== undefined) return { kind: 'done' }
      const limited = admission.act(from, now())
      if (limited !== undefined) return limited
      const free = Array.from({ length: RESENDS_MAX }, (_, index) => `resend ${id} ${index}`).find(
        (name) => store.mark(name) === undefined,
      )
      if (free === undefined) return SENT_ENOUGH
      const { email } = found.claim.claimant
      const waitMs = email === undefined ? 0 : store.mailWaitMs(email, MAILS_PER_DAY, now())
      if (waitMs > 0) return admission.refuseMail(waitMs)
      const { token: confirm } = cases.confirmToken(id)
      return doneOf(cases.take(id, (step) => marked(marked(resendConfirm(step, confirm), free, ''), once, '')))
    },

    async status(token) {
      const id = caseOf(token)
      const read = id === undefined ? undefined : cases.read(id)
      return read && viewCase(read.found, read.events, store.challenges(read.found.id, now()), parts.letters.timeZone)
    },

    answer: async (token, text, from) => act(token, from, (step) => answerQuestion(step, text, 'page')),
    withdraw: async (token, reason, from) => act(token, from, (step) => withdrawCase(step, reason)),
    reopen: async (token, reason, from) => act(token, from, (step) => reopenCase(step, reason)),

    async addEvidence(token, upload, from) {
      const id = caseOf(token)
      const found = id === undefined ? undefined : cases.read(id)?.found
      if (id === undefined || found === undefined) return { kind: 'unknown' }
      const once = markOf(id, from)
      const known = once === undefined ? undefined : store.mark(once)
      const before = known === undefined ? undefined : found.evidence.find((file) => file.id === known)
      if (before !== undefined) return { kind: 'added', file: before }
      const limited = admission.act(from, now())
      if (limited !== undefined) return limited
      if (!isOpenStatus(found.status)) return { kind: 'refused', field: 'file', problem: 'the case is not open' }
      if (found.evidence.length >= EVIDENCE_FILES_MAX)
        return refuseFile(parts, `expected at most ${EVIDENCE_FILES_MAX} files`)
      const checked = checkEvidence(upload, parts.evidenceBytesMax())
      if ('problem' in checked) return refuseFile(parts, checked.problem)
      const file: EvidenceFile = {
        id: makeId(),
        ...checked,
        octets: upload.octets.length,
        hash: hash('sha256', upload.octets),
      }
      // On the disk before the case says that it is there.
      const saved = cases.save(() => parts.files.write(file.id, upload.octets))
      if (saved !== undefined) return saved
      const done = doneOf(cases.take(id, (step) => marked(addEvidence(step, file), once, file.id)))
      if (done.kind === 'done') return { kind: 'added', file }
      parts.files.remove(file.id)
      return done
    },

    async challenge(token, number, from) {
      const id = caseOf(token)
      if (id === undefined) return { kind: 'unknown' }
      const limited = admission.act(from, now())
      if (limited !== undefined) return limited
      const given = challengeCase(parts, cases, id, number, undefined)
      return 'dial' in given ? given : doneOf(given)
    },

    async subscriber(request, from) {
      const wish = wishOf(request, parts.portalSecret(), now())
      if ('problem' in wish) return { kind: 'refused', field: wish.field, problem: wish.problem }
      const token = wish.isVouched ? request.token : undefined
      return fileCase(parts, cases, { claim: claimOfSubscriber(request), request: wish, token, from })
    },

    async blockedList(token) {
      const id = caseOf(token)
      const found = id === undefined ? undefined : cases.read(id)?.found
      if (found?.request?.wants !== 'blocked-list' || found.status !== 'granted') return undefined
      return blockedCalls(parts.calls, found.request.number, found.receivedAt)
    },

    async transparency() {
      if (!parts.isTransparent()) return undefined
      const at = now()
      const from = monthOf(at - YEAR_MS)
      const to = monthOf(monthSpan(monthOf(at)).from - 1)
      return parts.monthly.figures(from, to)
    },
  }
  return desk
}

/** The store took nothing; whoever asked shall come again. */
export class Unsavable extends Error {
  readonly retryAfterMs: number

  constructor(retryAfterMs: number) {
    super('the store takes nothing just now')
    this.name = 'Unsavable'
    this.retryAfterMs = retryAfterMs
  }
}

type Filing = {
  readonly claim: Claim
  readonly request: SubscriberWish | undefined
  /** What the portal vouches with; undefined where it does not. */
  readonly token: string | undefined
  readonly from: Visitor
}

function fileCase(parts: DeskParts, cases: Cases, { claim, request, token, from }: Filing): Filed {
  const { store, now, admission } = parts
  const at = now()
  // Two requests with one key and another content are two requests of a client that is wrong.
  const once =
    from.once === undefined ? undefined : `file ${hashToken(from.once)} ${hashToken(JSON.stringify([claim, request]))}`
  const vouching = token === undefined ? undefined : `portal ${hashToken(token)}`
  /** What was filed under the same key, or with the same token, before. */
  const before = (): Filed | undefined => {
    const known = once === undefined ? undefined : store.mark(once)
    if (known !== undefined) return filed(known)
    return vouching === undefined || store.mark(vouching) === undefined ? undefined : TOKEN_USED
  }
  const filed = (id: string): Filed => ({
    kind: 'filed',
    case: id,
    token: cases.statusToken(id),
    needsConfirmation: true,
  })
  return cases.save((): Filed => {
    const known = before()
    if (known !== undefined) return known
    const blocks = openReceipts(claim.receipts, parts.ring())
    if ('field' in blocks) return { kind: 'refused', ...blocks }
    const blocked = blocks.map(({ calling }) => calling)
    const calling = [...claim.numbers, ...claim.calls.map((call) => call.calling), ...blocked]
    const applicant = {
      claimant: claim.claimant,
      numbers: [...new Set(request === undefined ? calling : [request.number])],
      vouched: new Set(request?.isVouched === true ? [request.number] : blocked),
    }
    const { email } = claim.claimant
    // Filed all the same, it would wait for a message that does not leave.
    const mailWaitMs = email === undefined ? 0 : store.mailWaitMs(email, MAILS_PER_DAY, at)
    if (mailWaitMs > 0) return admission.refuseMail(mailWaitMs)
    const queueMax = parts.queueMax()
    const waiting = { open: store.waiting(), unconfirmed: store.unconfirmed() }
    const refused = admission.admit(applicant, from, waiting, queueMax, at)
    if (refused !== undefined) return refused
    // As many again as the queue has room for may wait to be confirmed.
    const over = Math.min(waiting.unconfirmed + 1 - queueMax, DISPLACED_MAX)
    for (const oldest of over > 0 ? store.oldestUnconfirmed(over) : [])
      if (cases.take(oldest, displaceCase).kind === 'done') admission.figures.displaced++
    const id = makeId()
    const opened = store.record(
      openCase({
        id,
        at,
        way: from.way ?? 'page',
        claim,
        request,
        blocks,
        by: undefined,
        statusToken: { hash: hashToken(cases.statusToken(id)), case: id, purpose: 'status', until: undefined },
        confirmToken: cases.confirmToken(id),
        marks: [once, vouching].flatMap((name) => (name === undefined ? [] : [{ name, value: id }])),
        letters: parts.letters,
        terms: parts.terms,
      }),
    )
    if (opened === 'recorded') return filed(id)
    // Another process was quicker by a moment.
    return before() ?? { kind: 'unsaved', retryAfterMs: RETRY_MS }
  })
}

/** Opens a case for somebody who phoned or wrote; with a key once, and a key that came with something else is refused. */
export function openForClaimant(parts: DeskParts, cases: Cases, opening: OfficeOpening, by: Worker): OfficeOpened {
  const { store, now } = parts
  const { claim, way, request } = opening
  const once = opening.once === undefined ? undefined : `open ${by.account} ${hashToken(opening.once)}`
  const digest = hashToken(JSON.stringify([way, claim, request]))
  const needsConfirmation = claim.claimant.email !== undefined
  const opened = (id: string): OfficeOpened => ({
    kind: 'opened',
    case: id,
    token: cases.statusToken(id),
    needsConfirmation,
  })
  /** What was opened under the same key before. */
  const before = (): OfficeOpened | undefined => {
    const mark = once === undefined ? undefined : store.mark(once)
    if (mark === undefined) return undefined
    const [id = '', content] = mark.split(' ')
    return content === digest ? opened(id) : { kind: 'key-reused' }
  }
  return cases.save((): OfficeOpened => {
    const known = before()
    if (known !== undefined) return known
    const blocks = openReceipts(claim.receipts, parts.ring())
    if ('field' in blocks) return { kind: 'refused', ...blocks }
    const id = makeId()
    const recorded = store.record(
      openCase({
        id,
        at: now(),
        way,
        claim,
        request,
        blocks,
        by,
        statusToken: { hash: hashToken(cases.statusToken(id)), case: id, purpose: 'status', until: undefined },
        confirmToken: cases.confirmToken(id),
        marks: once === undefined ? [] : [{ name: once, value: `${id} ${digest}` }],
        letters: parts.letters,
        terms: parts.terms,
      }),
    )
    if (recorded === 'recorded') return opened(id)
    return before() ?? { kind: 'unsaved', retryAfterMs: RETRY_MS }
  })
}

function refuseFile({ admission }: DeskParts, problem: string): Refused {
  admission.figures.files++
  return { kind: 'refused', field: 'file', problem }
}

/** Picks what is to be dialled, and keeps it for a quarter of an hour. */
export function challengeCase(
  parts: DeskParts,
  cases: Cases,
  id: string,
  number: string,
  by: Worker | undefined,
): ProofChallenge | Worked {
  const { store, now } = parts
  const verification = parts.verification()
  if (verification === undefined)
    return {
      kind: 'refused',
      field: 'number',
      problem: 'numbers cannot be proved by a call here: send a letter of authorisation',
    }
  const at = now()
  const waiting = store.challenges(id, at)
  const same = waiting.find((one) => one.number === number)
  if (same !== undefined) return same
  if (waiting.length >= CHALLENGES_MAX) {
    parts.admission.figures.challenges++
    return { kind: 'refused', field: 'number', problem: `${CHALLENGES_MAX} numbers are to be called from already` }
  }
  let challenge: ProofChallenge | undefined
  const taken = cases.take(id, (step) => {
    const dial = freeDial(verification, (one) => store.isDialled(one, number, at), parts.draw)
    challenge = dial === undefined ? undefined : { number, dial, from: at, until: at + CHALLENGE_MS }
    return challenge === undefined ? ALL_DIALLED : giveChallenge(step, challenge, by)
  })
  return taken.kind === 'done' && challenge !== undefined ? challenge : taken
}

/** What is to be dialled and nobody was asked to call from the same number: one call must not prove it to two cases. */
export function freeDial(
  verification: VerificationConfig,
  isTaken: (dial: string) => boolean,
  draw?: DeskParts['draw'],
): string | undefined {
  for (let tries = 0; tries < DIALS_TRIED; tries++) {
    const dial = challengeDial(verification, draw)
    if (!isTaken(dial)) return dial
  }
  return undefined
}

/** The number with a code behind it, or one of the range: as many digits as a number of that country has. */
export function challengeDial({ kind, begins }: VerificationConfig, draw: DeskParts['draw'] = randomInt): string {
  const head = formatParty(begins)
  const whole = head.startsWith('+1') ? NORTH_AMERICAN_DIGITS : Math.min(begins.count + RANGE_DIGITS, E164_DIGITS)
  const free = kind === 'number' ? Math.min(CODE_DIGITS, E164_DIGITS - begins.count) : Math.max(1, whole - begins.count)
  return head + String(draw(10 ** free)).padStart(free, '0')
}

/** Calls that a subscriber is owed a list of: 28 days before he asked. */
export function blockedCalls(calls: CallReader, number: string, before: number): BlockedCall[] {
  const rows = calls
    .blocksTo(number, before - LIST_MS, before)
    .flatMap(({ open, personal, isReleased }) =>
      personal === undefined
        ? []
        : [{ at: open.at, calling: personal.calling, program: open.program ?? 'none', isReleased }],
    )
  return listBlockedCalls(rows, before)
}

function openReceipts(
  receipts: readonly string[],
  ring: ReceiptRing,
): CaseBlock[] | { field: string; problem: string } {
  const blocks: CaseBlock[] = []
  for (const [index, receipt] of receipts.entries()) {
    const facts = ring.open(receipt)
    // Forged, unknown, expired: the same words.
    if (facts === undefined)
      return {
        field: `receipts[${index}]`,
        problem: 'this receipt leads to no block any more: give number and time of the call',
      }
    blocks.push({ receipt, at: facts.atMs, calling: formatParty(facts.calling) })
  }
  return blocks
}

/** The registry shows that a number is the claimant's only where he answers mail at the address that it is registered with. */
function registryProofs(parts: DeskParts, { found, at }: StepTerms): Proof[] {
  const mail = found.claim.claimant.email?.toLowerCase()
  return found.numbers.slice(0, HOLDERS_MAX).flatMap((number): Proof[] => {
    const holders = parts.holders(number)
    if (holders.length === 0) return []
    const own = holders.find((holder) => holder.mail.toLowerCase() === mail)
    const detail = own === undefined ? 'registered to another mail address' : `registered to ${own.name}`
    return [{ number, way: 'registry', at, detail, strength: own === undefined ? 'hint' : 'full' }]
  })
}

function ownersOf(parts: DeskParts, { found }: StepTerms): { mail: string; number: string }[] {
  return found.numbers
    .slice(0, HOLDERS_MAX)
    .flatMap((number) => parts.holders(number).map(({ mail }) => ({ mail, number })))
}

function grantVouched(parts: DeskParts, cases: Cases, id: string): void {
  const request = cases.read(id)?.found.request
  if (request === undefined || !request.isVouched) return
  const decision = { outcome: 'grant', reason: GRANTED } as const
  cases.take(id, (step) => decideCase(step, decision, undefined, PORTAL, parts.store.standingFor(request.number)))
}

/** Reads what a subscriber asks for; a token of the portal that is wrong is as none, and a case worker checks. */
function wishOf(
  request: SubscriberRequest,
  secret: string | undefined,
  now: number,
): SubscriberWish | { field: string; problem: string } {
  const { wants, number, caller, token } = request
  const needsCaller = wants === 'unblock' || wants === 'block'
  if (needsCaller && caller === undefined) return { field: 'caller', problem: 'expected the number of the caller' }
  const wish = { wants, number, caller: needsCaller ? caller : undefined }
  const isVouched = secret !== undefined && token !== undefined && isPortalToken(token, wish, secret, now)
  return { ...wish, isVouched }
}

/**
 * `<seconds since 1970>.<HMAC-SHA256 of "number.wants.caller.seconds", hexadecimal>`, not older than a quarter of an hour;
 * `caller` is empty where the wish is about none.
 */
function isPortalToken(
  token: string,
  { number, wants, caller = '' }: Omit<SubscriberWish, 'isVouched'>,
  secret: string,
  now: number,
): boolean {
  const [, seconds, sign] = /^([0-9]{1,12})\.([0-9a-f]{64})$/.exec(token) ?? []
  if (seconds === undefined || sign === undefined) return false
  const right = createHmac('sha256', secret).update(`${number}.${wants}.${caller}.${seconds}`).digest('hex')
  if (!timingSafeEqual(Buffer.from(sign), Buffer.from(right))) return false
  return Math.abs(now - Number(seconds) * 1000) <= PORTAL_TOKEN_MS
}

function claimOfSubscriber({ name, email }: SubscriberRequest): Claim {
  const claimant = { name, email, organisation: undefined, tel: undefined, acts: 'for-itself' } as const
  return { receipts: [], numbers: [], calls: [], claimant, purpose: '', changed: '', webhook: undefined }
}

/** The name by which a step on a case is known again; undefined where it came without a key. */
function markOf(id: string, { once }: Visitor): string | undefined {
  return once === undefined ? undefined : `act ${id} ${hashToken(once)}`
}

/** A step that is taken once under a name. */
function marked(step: Step, name: string | undefined, value: string): Step {
  if (step.kind !== 'change' || name === undefined) return step
  return { ...step, change: { ...step.change, marks: [...(step.change.marks ?? []), { name, value }] } }
}

function doneOf(worked: Worked): Done {
  switch (worked.kind) {
    case 'done':
      return { kind: 'done' }
    case 'changed':
      return { kind: 'unsaved', retryAfterMs: RETRY_MS }
    default:
      return worked satisfies Refused
  }
}

/** Who decides where the provider's portal has vouched for a subscriber. */
const PORTAL: Worker = { name: 'portal', account: 'portal' }
const GRANTED = 'Your provider has vouched for you, so it is done at once.'
const TOKEN_USED = {
  kind: 'refused',
  field: 'token',
  problem: 'what your provider\u2019s portal gave you was used already: go back there and start again',
} as const
const SENT_ENOUGH = {
  kind: 'refused',
  field: 'token',
  problem: `the message was sent ${RESENDS_MAX + 1} times: if none came, the address may be wrong; withdraw and contest again`,
} as const
const TOKEN = /^[A-Za-z0-9_-]{22}$/
/** How long a number can be called from. */
export const CHALLENGE_MS = 15 * 60_000
/** Numbers of one case that are waited for at a time. */
export const CHALLENGES_MAX = 10
/** Codes that are drawn for one that nobody was given. */
const DIALS_TRIED = 50
const ALL_DIALLED = {
  kind: 'refused',
  field: 'number',
  problem: 'all that could be dialled from this number is given out: try again in a quarter of an hour',
} as const
/** Claims that one that comes can displace: more than one only where the queue was made smaller. */
const DISPLACED_MAX = 10
const CODE_DIGITS = 4
const E164_DIGITS = 15
const NORTH_AMERICAN_DIGITS = 11
const RANGE_DIGITS = 3
/** Numbers of one claim that the registry is asked about. */
const HOLDERS_MAX = 100
const LIST_MS = 28 * 86_400_000
/** What is told as Retry-After where others were quicker. */
const RETRY_MS = 1_000
const YEAR_MS = 365 * 86_400_000
const PORTAL_TOKEN_MS = 15 * 60_000
