// One thing: every step that a registration can take, each from what is known to what is recorded, or to a refusal. They share
// how events are put in their places and how claims of others are looked at.
import type { DeskAudit, NewMail } from '#core/redress/change.ts'
import type { EvidenceFile } from '#core/redress/case-event.ts'
import type { Proof } from '#core/redress/proof.ts'
import type { Business } from './business.ts'
import {
  approvedLetter,
  confirmLetter,
  confirmedLetter,
  disputeLetter,
  linkLetter,
  offeredLetter,
  questionLetter,
  refusedLetter,
  reminderLetter,
  settledLetter,
  withdrawnLetter,
} from './letters.ts'
import { type NumberLine, compareLines } from './number-lines.ts'
import { type NumberSpan, contains, countOf, formatSpan, indexSpans, overlapOf } from './number-span.ts'
import type { RegistrationEvent, RegistrationEventContent, RegistryActor, RegisteredWay } from './registration-event.ts'
import {
  type RegisteredNumber,
  type Registration,
  countNumbers,
  entriesOf,
  isLive,
  readRegistration,
} from './registration.ts'
import type {
  FreshToken,
  NewRegistrationEvent,
  NewRegistryToken,
  RegistryChange,
  RegistryTerms,
  StepRefused,
} from './registry-change.ts'
import { type VettingStep, missingSteps } from './vetting.ts'

/** What a step goes by: the events of its registration, and of all others that have numbers of it. */
export type Known = {
  readonly id: string
  readonly events: readonly RegistrationEvent[]
  readonly others: ReadonlyMap<string, readonly RegistrationEvent[]>
}

export type Stepped = RegistryChange | StepRefused | StepAlready

/** It is so already and is done no second time; `note` tells who asked for it. */
export type StepAlready = { readonly kind: 'already'; readonly note: string }

/** Who does it inside: the name in events, the account in the audit trail. */
export type Vetter = { readonly name: string; readonly account: string }

/** Opens a registration. The one message goes out; nothing else happens before its link was followed. */
export function openRegistration(
  opening: {
    readonly id: string
    readonly way: RegisteredWay
    readonly business: Business
    readonly lines: readonly NumberLine[]
    readonly status: FreshToken
    readonly confirm: FreshToken
    /** A person inside who vouches for it: it need not wait for the address to be confirmed. */
    readonly by: Vetter | undefined
  },
  at: number,
  terms: RegistryTerms,
): Stepped {
  const { id, way, business, lines, by } = opening
  if (lines.length > ENTRIES_MAX) return tooMany()
  const step = begin({ id, events: [], others: new Map() }, at, terms)
  const actor: RegistryActor = by === undefined ? HOLDER : { kind: 'worker', name: by.name }
  step.add({ kind: 'opened', data: { way, business, lines } }, actor)
  if (by !== undefined) step.add({ kind: 'confirmed', data: { email: business.email } }, actor)
  const numbers = lines.reduce((sum, { span }) => sum + countOf(span), 0)
  step.mails.push(confirmLetter({ id, email: business.email }, opening.confirm.token, numbers, terms))
  step.tokens.push({ hash: opening.status.hash, registration: id, purpose: 'status', until: undefined })
  step.tokens.push({
    hash: opening.confirm.hash,
    registration: id,
    purpose: 'confirm',
    until: at + terms.confirmWithinMs,
  })
  if (by !== undefined) step.audit.push(audited(by, 'registry-opened', id, { way, lines: lines.length }))
  return step.end()
}

/** The link of the first message was followed and its button pressed. */
export function confirmRegistration(known: Known, fresh: FreshToken, at: number, terms: RegistryTerms): Stepped {
  const step = begin(known, at, terms)
  const { business, isConfirmed, status } = step.now
  if (status === 'withdrawn') return refuse('token', 'this registration was withdrawn')
  if (!isConfirmed) {
    step.add({ kind: 'confirmed', data: { email: business.email } }, HOLDER)
    step.dispute()
  }
  step.confirms.push(business.email)
  step.tokens.push({ hash: fresh.hash, registration: known.id, purpose: 'status', until: undefined })
  step.mails.push(confirmedLetter(step.to, fresh.token, terms))
  return step.end()
}

/** Another link to the private page. */
export function relink(known: Known, fresh: FreshToken, at: number, terms: RegistryTerms): Stepped {
  const step = begin(known, at, terms)
  if (step.now.status === 'withdrawn') return refuse('email', 'this registration was withdrawn')
  step.tokens.push({ hash: fresh.hash, registration: known.id, purpose: 'status', until: undefined })
  step.mails.push(linkLetter(step.to, fresh.token, terms))
  return step.end()
}

/** What a list that was handed in comes to. */
export type LinesAdded = { readonly added: number; readonly there: number; readonly across: readonly NumberLine[] }

/** Adds lines; those that are there already change nothing, those that cut through a line are left out and named. */
export function addNumbers(
  known: Known,
  lines: readonly NumberLine[],
  at: number,
  terms: RegistryTerms,
  by?: Vetter,
): { readonly change: Stepped; readonly report: LinesAdded } {
  const step = begin(known, at, terms)
  const { added, there, across } = compareLines(
    Array.from(step.now.numbers.values(), ({ span }) => span),
    lines,
  )
  const report = { added: added.length, there, across }
  if (isClosed(step.now)) return { change: closed(), report }
  if (step.now.numbers.size + added.length > ENTRIES_MAX) return { change: tooMany(), report }
  if (added.length > 0) {
    step.add({ kind: 'added', data: { lines: added, from: undefined } }, actorOf(by))
    step.dispute()
    if (by !== undefined) step.audit.push(audited(by, 'registry-numbers-added', known.id, { lines: added.length }))
  }
  return { change: step.end(), report }
}

/** Takes lines off; each by the numbers it was listed with. */
export function removeNumbers(
  known: Known,
  spans: readonly NumberSpan[],
  at: number,
  terms: RegistryTerms,
  by?: Vetter,
): Stepped {
  const step = begin(known, at, terms)
  const missing = spans.find((span) => !step.now.numbers.has(formatSpan(span)))
  if (missing !== undefined) return refuse('numbers', `${formatSpan(missing)} is no line of this registration`)
  if (spans.length === 0) return refuse('numbers', 'expected at least one line')
  step.add({ kind: 'removed', data: { spans, why: 'holder' } }, actorOf(by))
  step.closeDisputes()
  if (by !== undefined) step.audit.push(audited(by, 'registry-numbers-removed', known.id, { lines: spans.length }))
  return step.end()
}

/** Somebody called the verification number from a number, as asked. Of a range it shows that one number only. */
export function proveByCall(known: Known, proof: Proof, at: number, terms: RegistryTerms): Stepped {
  const step = begin(known, at, terms)
  if (isClosed(step.now)) return closed()
  const span = { first: proof.number, last: proof.number }
  if (entriesOf(step.now, [span]).length === 0) return refuse('number', 'no line of this registration has this number')
  step.add({ kind: 'proved', data: { proof, spans: [span], until: at + terms.proofMs } }, REGISTRY)
  step.dispute()
  return step.end()
}

/** A person has checked a letter, or asked the numbers' provider. Without spans it is for all lines there are. */
export function proveByHand(
  known: Known,
  given: {
    readonly way: 'letter' | 'provider'
    readonly spans: readonly NumberSpan[] | undefined
    readonly detail: string
  },
  by: Vetter,
  at: number,
  terms: RegistryTerms,
): Stepped {
  const { way, spans, detail } = given
  const step = begin(known, at, terms)
  if (isClosed(step.now)) return closed()
  if (detail.trim() === '') return refuse('detail', 'expected what was seen: who signed, who confirmed')
  const missing = spans?.find((span) => !step.now.numbers.has(formatSpan(span)))
  if (missing !== undefined) return refuse('numbers', `${formatSpan(missing)} is no line of this registration`)
  const proof: Proof = { number: '', way, at, detail, strength: 'full' }
  step.add({ kind: 'proved', data: { proof, spans, until: at + terms.proofMs } }, worker(by))
  step.dispute()
  step.audit.push(audited(by, 'registry-proved', known.id, { way, lines: spans?.length ?? step.now.numbers.size }))
  return step.end()
}

export function addEvidence(known: Known, file: EvidenceFile, at: number, terms: RegistryTerms): Stepped {
  const step = begin(known, at, terms)
  if (isClosed(step.now)) return closed()
  if (step.now.evidence.length >= EVIDENCE_MAX) return refuse('file', `expected at most ${EVIDENCE_MAX} files`)
  step.add({ kind: 'evidence', data: { file } }, HOLDER)
  return step.end()
}

export function answerQuestion(known: Known, text: string, at: number, terms: RegistryTerms): Stepped {
  const step = begin(known, at, terms)
  if (step.now.status === 'withdrawn' || step.now.status === 'unconfirmed') return closed()
  const before = known.events.findLast(({ kind }) => kind === 'answered' || kind === 'asked')
  if (before?.kind === 'answered' && before.data.text === text)
    return { kind: 'already', note: 'this answer is there already' }
  step.add({ kind: 'answered', data: { text } }, HOLDER)
  return step.end()
}

/** The holder says that all is still so; after its end, or a refusal, a person looks at it again. */
export function renewRegistration(known: Known, at: number, terms: RegistryTerms): Stepped {
  const step = begin(known, at, terms)
  const { status } = step.now
  if (status !== 'approved' && status !== 'expired' && status !== 'refused')
    return refuse('renew', 'only what was approved, has ended or was refused can be renewed')
  const until = status === 'approved' ? at + terms.termMs : undefined
  step.add({ kind: 'renewed', data: { until } }, HOLDER)
  step.dispute()
  return step.end()
}

/** Another contact is noted at once; another name, site, purpose or provider is looked at again before it counts. */
export function changeBusiness(known: Known, business: Business, at: number, terms: RegistryTerms): Stepped {
  const step = begin(known, at, terms)
  if (isClosed(step.now)) return closed()
  if (business.email !== step.now.business.email)
    return refuse('email', 'the address cannot be changed here: ask us, and we check who asks')
  step.add({ kind: 'changed', data: { business } }, HOLDER)
  return step.end()
}

/** Hands lines to another registration. They stay here until they are taken there. */
export function offerNumbers(
  known: Known,
  spans: readonly NumberSpan[],
  to: Registration | undefined,
  at: number,
  terms: RegistryTerms,
): Stepped {
  const step = begin(known, at, terms)
  if (isClosed(step.now)) return closed()
  if (to === undefined || isClosed(to) || to.id === known.id)
    return refuse('to', 'expected the id of another registration, as its holder can tell you')
  const missing = spans.find((span) => !step.now.numbers.has(formatSpan(span)))
  if (missing !== undefined) return refuse('numbers', `${formatSpan(missing)} is no line of this registration`)
  if (spans.length === 0) return refuse('numbers', 'expected at least one line')
  step.add({ kind: 'offered', data: { spans, to: to.id } }, HOLDER)
  step.mails.push(offeredLetter({ id: to.id, email: to.business.email }, spans, terms))
  return step.end()
}

/** Takes what another registration has offered; `known.others` has that one. Control has to be shown anew. */
export function takeNumbers(known: Known, from: string, at: number, terms: RegistryTerms): Stepped {
  const step = begin(known, at, terms)
  if (isClosed(step.now)) return closed()
  const giver = step.other(from)
  const offered = giver?.offers.filter(({ to }) => to === known.id).flatMap(({ spans }) => spans) ?? []
  const lines = giver === undefined ? [] : offered.flatMap((span) => giver.numbers.get(formatSpan(span)) ?? [])
  if (lines.length === 0) return refuse('from', 'that registration offers nothing to this one')
  const spans = lines.map(({ span }) => span)
  const { added } = compareLines(
    Array.from(step.now.numbers.values(), ({ span }) => span),
    lines,
  )
  if (step.now.numbers.size + added.length > ENTRIES_MAX) return tooMany()
  step.addTo(from, { kind: 'removed', data: { spans, why: 'transferred' } }, HOLDER)
  const taken = added.map(({ span, label }) => ({ span, label }))
  step.add({ kind: 'added', data: { lines: taken, from } }, HOLDER)
  step.closeDisputes(from)
  step.dispute()
  return step.end()
}

export function withdrawRegistration(
  known: Known,
  reason: string,
  by: Vetter | undefined,
  at: number,
  terms: RegistryTerms,
): Stepped {
  const step = begin(known, at, terms)
  if (step.now.status === 'withdrawn') return refuse('token', 'this registration was withdrawn before')
  step.add({ kind: 'withdrawn', data: { reason } }, by === undefined ? HOLDER : worker(by))
  step.closeDisputes()
  step.mails.push(withdrawnLetter(step.to, terms))
  if (by !== undefined) step.audit.push(audited(by, 'registry-withdrawn', known.id, {}))
  return step.end()
}

/** A line of the checklist, with what was seen. */
export function vet(known: Known, given: VettingStep, by: Vetter, at: number, terms: RegistryTerms): Stepped {
  const step = begin(known, at, terms)
  if (isClosed(step.now)) return closed()
  if (given.reason.trim() === '') return refuse('reason', 'expected what was looked at, and what was seen there')
  step.add({ kind: 'vetted', data: given }, worker(by))
  step.audit.push(audited(by, 'registry-vetted', known.id, { item: given.item, outcome: given.outcome }))
  return step.end()
}

/** Approves what was looked at whole: every line of the checklist, and no open question of whose a number is. */
export function approve(known: Known, reason: string, by: Vetter, at: number, terms: RegistryTerms): Stepped {
  const step = begin(known, at, terms)
  if (step.now.status === 'unconfirmed') return refuse('status', 'its address has not been confirmed yet')
  if (step.now.status === 'withdrawn') return closed()
  if (step.now.status === 'approved' && !isVettedSince(known.events))
    return { kind: 'already', note: `approved already, until ${new Date(step.now.until!).toISOString().slice(0, 10)}` }
  const missing = missingSteps(step.now.vetting)
  if (missing.length > 0)
    return refuse('checklist', `these lines of the checklist are open or failed: ${missing.join(', ')}`)
  const until = at + terms.termMs
  step.add({ kind: 'approved', data: { reason, until } }, worker(by))
  step.dispute()
  const unproven = [...step.now.numbers.values()].filter(({ proof }) => proof.kind !== 'proven').length
  step.mails.push(approvedLetter(step.to, until, unproven, terms))
  step.audit.push(
    audited(by, 'registry-approved', known.id, { until, lines: step.now.numbers.size, unproven, note: reason }),
  )
  return step.end()
}

/** Whether somebody has looked at it again since it was approved. */
function isVettedSince(events: readonly RegistrationEvent[]): boolean {
  const approved = events.findLastIndex(({ kind }) => kind === 'approved')
  return events.slice(approved + 1).some(({ kind }) => kind === 'vetted' || kind === 'corrected')
}

/** Refuses with at least one reason, and says what may be done now. */
export function refuseRegistration(
  known: Known,
  reasons: readonly string[],
  next: string,
  by: Vetter,
  at: number,
  terms: RegistryTerms,
): Stepped {
  const step = begin(known, at, terms)
  if (step.now.status === 'withdrawn') return closed()
  if (reasons.length === 0 || reasons.some((reason) => reason.trim() === ''))
    return refuse('reasons', 'expected at least one reason, each in words')
  if (next.trim() === '') return refuse('next', 'expected what the business may do now')
  step.add({ kind: 'refused', data: { reasons, next } }, worker(by))
  step.closeDisputes()
  step.mails.push(refusedLetter(step.to, 'refused', reasons, next, terms))
  step.audit.push(audited(by, 'registry-refused', known.id, { reasons: reasons.length }))
  return step.end()
}

/** Takes its facts back at once, until somebody approves it again. */
export function suspend(known: Known, reason: string, by: Vetter, at: number, terms: RegistryTerms): Stepped {
  const step = begin(known, at, terms)
  if (step.now.status !== 'approved') return refuse('status', 'only what is approved can be suspended')
  if (reason.trim() === '') return refuse('reason', 'expected why')
  step.add({ kind: 'suspended', data: { reason } }, worker(by))
  const { reasons = [reason], next = '' } = step.now.refusal ?? {}
  step.mails.push(refusedLetter(step.to, 'suspended', reasons, next, terms))
  step.audit.push(audited(by, 'registry-suspended', known.id, {}))
  return step.end()
}

export function ask(known: Known, question: string, by: Vetter, at: number, terms: RegistryTerms): Stepped {
  const step = begin(known, at, terms)
  if (isClosed(step.now)) return closed()
  // Asked again while it waits, it is not sent again.
  if (step.now.status === 'asked' && step.now.question?.trim() === question.trim())
    return { kind: 'already', note: 'asked already, and not answered yet: it was not sent again' }
  step.add({ kind: 'asked', data: { question } }, worker(by))
  step.mails.push(questionLetter(step.to, question, terms))
  return step.end()
}

export function note(known: Known, text: string, by: Vetter, at: number, terms: RegistryTerms): Stepped {
  const step = begin(known, at, terms)
  step.add({ kind: 'note', data: { text } }, worker(by))
  return step.end()
}

/** Says of a disputed number whose it is: this registration's, or that of the one it is disputed with. Who loses it loses the line. */
export function settleDispute(
  known: Known,
  given: { readonly span: NumberSpan; readonly by: string; readonly keeps: boolean; readonly reason: string },
  by: Vetter,
  at: number,
  terms: RegistryTerms,
): Stepped {
  const { span, keeps, reason } = given
  const step = begin(known, at, terms)
  const dispute = step.now.disputes.find((one) => one.by === given.by && formatSpan(one.span) === formatSpan(span))
  if (dispute === undefined) return refuse('number', 'there is no such dispute')
  if (reason.trim() === '') return refuse('reason', 'expected why')
  const other = step.other(given.by)
  const sides = [
    { id: known.id, registration: step.now, against: given.by, outcome: keeps ? 'kept' : 'lost' },
    { id: given.by, registration: other, against: known.id, outcome: keeps ? 'lost' : 'kept' },
  ] as const
  for (const { id, registration, against, outcome } of sides) {
    if (registration === undefined) continue
    step.addTo(id, { kind: 'settled', data: { span, by: against, outcome, reason } }, worker(by))
    if (outcome === 'lost') {
      const lost = entriesOf(registration, [span]).map((entry) => entry.span)
      if (lost.length > 0) step.addTo(id, { kind: 'removed', data: { spans: lost, why: 'settled' } }, worker(by))
    }
    step.mails.push(settledLetter({ id, email: registration.business.email }, span, outcome, reason, terms))
  }
  step.closeDisputes()
  step.audit.push(audited(by, 'registry-settled', known.id, { with: given.by, keeps, note: reason }))
  return step.end()
}

/** Says that an event was wrong; it tells nothing any more from now on. */
export function correct(
  known: Known,
  seq: number,
  reason: string,
  by: Vetter,
  at: number,
  terms: RegistryTerms,
): Stepped {
  const step = begin(known, at, terms)
  const event = known.events.find((one) => one.seq === seq)
  if (event === undefined || !CORRECTABLE.has(event.kind))
    return refuse('seq', `expected the place of one of these events: ${[...CORRECTABLE].join(', ')}`)
  if (reason.trim() === '') return refuse('reason', 'expected why')
  step.add({ kind: 'corrected', data: { seq, reason } }, worker(by))
  step.audit.push(audited(by, 'registry-corrected', known.id, { seq, note: reason }))
  return step.end()
}

/**
 * What the time has brought: an end that is written down, a reminder that is due. `undefined` where there is nothing to do.
 */
export function attend(known: Known, fresh: FreshToken, at: number, terms: RegistryTerms): RegistryChange | undefined {
  const step = begin(known, at, terms)
  const { status, openedAt, until, reminded } = step.now
  const last = known.events.at(-1)!
  if (status === 'unconfirmed') {
    if (openedAt + terms.confirmWithinMs > at) return undefined
    step.add({ kind: 'expired', data: { what: 'unconfirmed' } }, REGISTRY)
    return step.end()
  }
  if (status === 'expired' && last.kind !== 'expired' && until !== undefined && !known.events.some(isEndOf(until))) {
    step.add({ kind: 'expired', data: { what: 'registration' } }, REGISTRY)
    return step.end()
  }
  if (status !== 'approved' || until === undefined) return undefined
  const ends = [...step.now.numbers.values()].flatMap(({ proof }) => (proof.kind === 'proven' ? [proof.until] : []))
  // Proofs that end within a month of one another are asked for together.
  const open = ends.filter((end) => end > reminded.proofs && end - at <= REMIND_BEFORE_MS)
  const proofs = open.reduce((latest, end) => Math.max(latest, end), 0)
  const remind = (of: 'registration' | 'proofs', end: number): RegistryChange => {
    step.add({ kind: 'reminded', data: { of, until: end } }, REGISTRY)
    step.tokens.push({ hash: fresh.hash, registration: known.id, purpose: 'status', until: undefined })
    step.mails.push(reminderLetter(step.to, of, end, fresh.token, terms))
    return step.end()
  }
  if (until - at <= REMIND_BEFORE_MS && reminded.registration < until) return remind('registration', until)
  if (proofs > 0) return remind('proofs', proofs)
  return undefined
}

/** When `attend` has something to do for it, unless something else happens before; undefined for never. */
export function attendAt(registration: Registration, terms: RegistryTerms): number | undefined {
  const { status, openedAt, until, reminded, numbers } = registration
  if (status === 'unconfirmed') return openedAt + terms.confirmWithinMs
  if (status !== 'approved' || until === undefined) return undefined
  let next = reminded.registration < until ? until - REMIND_BEFORE_MS : until
  for (const { proof } of numbers.values())
    if (proof.kind === 'proven' && proof.until > reminded.proofs) next = Math.min(next, proof.until - REMIND_BEFORE_MS)
  return next
}

function isEndOf(until: number): (event: RegistrationEvent) => boolean {
  return (event) => event.kind === 'expired' && event.at >= until
}

/** A change that is being put together. */
type Step = {
  /** How the registration stands with what was added so far. */
  readonly now: Registration
  readonly to: { readonly id: string; readonly email: string }
  readonly mails: NewMail[]
  readonly tokens: NewRegistryToken[]
  readonly confirms: string[]
  readonly audit: DeskAudit[]
  other(id: string): Registration | undefined
  add(content: RegistrationEventContent, actor: RegistryActor): void
  addTo(id: string, content: RegistrationEventContent, actor: RegistryActor): void
  /** Looks for claims of others on its numbers, and tells those who have them. */
  dispute(): void
  /** Ends the disputes of others with a registration that has those numbers no more. */
  closeDisputes(of?: string): void
  end(): RegistryChange
}

function begin(known: Known, at: number, terms: RegistryTerms): Step {
  const all = new Map<string, RegistrationEvent[]>([[known.id, [...known.events]]])
  for (const [id, events] of known.others) all.set(id, [...events])
  const added: NewRegistrationEvent[] = []
  const states = new Map<string, Registration | undefined>()
  const read = (id: string): Registration | undefined => {
    if (!states.has(id)) states.set(id, readRegistration(all.get(id) ?? [], at))
    return states.get(id)
  }
  const append = (id: string, content: RegistrationEventContent, actor: RegistryActor): void => {
    const events = all.get(id)!
    const event = { registration: id, seq: (events.at(-1)?.seq ?? 0) + 1, actor, ...content }
    events.push({ ...event, at })
    added.push(event)
    states.delete(id)
  }
  const step: Step = {
    get now() {
      return read(known.id)!
    },
    get to() {
      return { id: known.id, email: read(known.id)!.business.email }
    },
    mails: [],
    tokens: [],
    confirms: [],
    audit: [],
    other: (id) => (id === known.id ? undefined : read(id)),
    add: (content, actor) => append(known.id, content, actor),
    addTo: append,
    dispute() {
      const own = read(known.id)!
      if (!isLive(own)) return
      for (const id of known.others.keys()) {
        const other = read(id)
        if (other === undefined || !isLive(other)) continue
        const told = { claim: [] as NumberSpan[], proof: [] as NumberSpan[] }
        for (const { span, level, tells } of overlapsOf(own, other)) {
          const isNew = (side: Registration, by: string): boolean =>
            !side.disputes.some(
              (one) =>
                one.by === by &&
                formatSpan(one.span) === formatSpan(span) &&
                (one.level === level || level === 'claim'),
            )
          if (isNew(own, id)) append(known.id, { kind: 'disputed', data: { span, by: id, level } }, REGISTRY)
          if (!isNew(other, known.id)) continue
          append(id, { kind: 'disputed', data: { span, by: known.id, level } }, REGISTRY)
          if (tells) told[level].push(span)
        }
        for (const level of ['claim', 'proof'] as const) {
          if (told[level].length === 0) continue
          step.mails.push(disputeLetter({ id, email: other.business.email }, told[level], level, terms))
          if (level === 'proof') step.mails.push(disputeLetter(step.to, told[level], level, terms))
        }
      }
    },
    closeDisputes(of = known.id) {
      const gone = read(of)
      if (gone === undefined) return
      const find = indexSpans(Array.from(isLive(gone) ? gone.numbers.values() : [], ({ span }) => [span, undefined]))
      for (const id of all.keys()) {
        const other: Registration | undefined = id === of ? undefined : read(id)
        for (const { span, by } of other?.disputes ?? []) {
          if (by === of && find(span).length === 0)
            append(id, { kind: 'settled', data: { span, by, outcome: 'kept', reason: TAKEN_BACK } }, REGISTRY)
        }
      }
    },
    end: () => ({
      at,
      events: added,
      states: [...new Set(added.map(({ registration }) => registration))].flatMap((id) => read(id) ?? []),
      mails: step.mails,
      tokens: step.tokens,
      confirms: step.confirms,
      audit: step.audit,
    }),
  }
  return step
}

/** Which numbers two registrations have in common. `tells`: the other has something to lose and is to be told. */
function overlapsOf(
  own: Registration,
  other: Registration,
): { readonly span: NumberSpan; readonly level: 'claim' | 'proof'; readonly tells: boolean }[] {
  const find = indexSpans(Array.from(own.numbers.values(), (number) => [number.span, number] as const))
  return [...other.numbers.values()].flatMap((theirs) =>
    find(theirs.span).flatMap(({ value: ours }) => {
      const span = overlapOf(ours.span, theirs.span)
      if (span === undefined) return []
      const theyProved = shows(theirs, span)
      return [
        {
          span,
          level: theyProved && shows(ours, span) ? ('proof' as const) : ('claim' as const),
          tells: theyProved || other.status === 'approved',
        },
      ]
    }),
  )
}

function shows({ proof }: RegisteredNumber, span: NumberSpan): boolean {
  if (proof.kind === 'partly') return [...proof.numbers.keys()].some((number) => contains(span, number))
  return proof.kind === 'proven'
}

function isClosed({ status }: Registration): boolean {
  return status === 'withdrawn'
}

function actorOf(by: Vetter | undefined): RegistryActor {
  return by === undefined ? HOLDER : worker(by)
}

function worker({ name }: Vetter): RegistryActor {
  return { kind: 'worker', name }
}

/** No telephone number and nobody's words may stand in the trail, but the note of who works here. */
function audited(by: Vetter, action: string, id: string, detail: Readonly<Record<string, unknown>>): DeskAudit {
  return { by, action, subject: `registration ${id}`, detail }
}

function refuse(field: string, problem: string): StepRefused {
  return { kind: 'refused', field, problem }
}

function closed(): StepRefused {
  return refuse('status', 'this registration is over: register anew')
}

function tooMany(): StepRefused {
  return refuse('numbers', `expected at most ${ENTRIES_MAX} lines in one registration`)
}

/** How many numbers a registration has that nobody has shown to control. */
export function countUnproven(registration: Registration): number {
  let proven = 0
  for (const { span, proof } of registration.numbers.values())
    proven += proof.kind === 'proven' ? countOf(span) : proof.kind === 'partly' ? proof.numbers.size : 0
  return countNumbers(registration) - proven
}

/** Lines in one registration. */
export const ENTRIES_MAX = 10_000
/** Files that one registration may hand in. */
export const EVIDENCE_MAX = 20
/** How long before an end its holder is reminded. */
export const REMIND_BEFORE_MS = 30 * 86_400_000
const HOLDER: RegistryActor = { kind: 'holder' }
const REGISTRY: RegistryActor = { kind: 'registry' }
const TAKEN_BACK = 'the other claim is gone'
/** Steps of people inside, and proofs: what they got wrong can be said to be so. */
const CORRECTABLE: ReadonlySet<string> = new Set([
  'vetted',
  'approved',
  'refused',
  'suspended',
  'settled',
  'proved',
  'disputed',
])
