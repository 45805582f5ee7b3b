// One thing: how a registration stands. Everything else asks this file, so that there is one reading of the events.
import type { EvidenceFile } from '#core/redress/case-event.ts'
import type { Proof, ProofWay } from '#core/redress/proof.ts'
import type { Business } from './business.ts'
import {
  type NumberSpan,
  contains,
  countOf,
  formatSpan,
  indexSpans,
  mergeSpans,
  overlapOf,
  subtract,
} from './number-span.ts'
import type { DisputeLevel, RegisteredWay, RegistrationEvent } from './registration-event.ts'
import type { VettingItem, VettingStep } from './vetting.ts'

/** How a registration stands: computed from its events and the time, kept nowhere. */
export type Registration = {
  readonly id: string
  /** Of its last event. */
  readonly seq: number
  readonly openedAt: number
  readonly changedAt: number
  readonly way: RegisteredWay
  readonly business: Business
  readonly isConfirmed: boolean
  readonly status: RegistrationStatus
  /** When an approved one ends, unless it is renewed; undefined for one that never was approved. */
  readonly until: number | undefined
  /** By `formatSpan`, in the order they came. */
  readonly numbers: ReadonlyMap<string, RegisteredNumber>
  readonly vetting: ReadonlyMap<VettingItem, VettingStep & { readonly at: number; readonly by: string }>
  readonly question: string | undefined
  /** Why it was refused or suspended, and what may be done now. */
  readonly refusal: { readonly reasons: readonly string[]; readonly next: string } | undefined
  readonly proofs: readonly Proof[]
  readonly evidence: readonly EvidenceFile[]
  readonly disputes: readonly Dispute[]
  readonly offers: readonly { readonly spans: readonly NumberSpan[]; readonly to: string; readonly at: number }[]
  /** Until which time the holder has been reminded already. */
  readonly reminded: { readonly registration: number; readonly proofs: number }
  /** Who approved it, for whoever asks later. */
  readonly approvedBy: string | undefined
}

export type RegistrationStatus =
  | 'unconfirmed'
  /** A person has yet to look at it. */
  | 'waiting'
  /** The holder was asked something. */
  | 'asked'
  | 'approved'
  | 'refused'
  | 'suspended'
  | 'expired'
  | 'withdrawn'

export type RegisteredNumber = {
  readonly span: NumberSpan
  readonly label: string
  readonly addedAt: number
  readonly proof: NumberProof
}

/** Whether control of a number or of all numbers of a range was shown. */
export type NumberProof =
  | { readonly kind: 'none' }
  /** Some numbers of a range were called from, each with its own end. */
  | { readonly kind: 'partly'; readonly numbers: ReadonlyMap<string, number> }
  | { readonly kind: 'proven'; readonly way: ProofWay; readonly at: number; readonly until: number }
  /** It was shown once, and has to be shown again. */
  | { readonly kind: 'lapsed'; readonly at: number }

/** Somebody else claims numbers of this registration. */
export type Dispute = {
  readonly span: NumberSpan
  readonly by: string
  readonly level: DisputeLevel
  readonly since: number
}

/** A number that is registered in fact: what gates and feeds are told. */
export type RegisteredFact = {
  readonly span: NumberSpan
  readonly way: ProofWay
  readonly from: number
  readonly until: number
}

/**
 * Reads how a registration stands at a time. Events are taken in their order; those that were corrected tell nothing any
 * more. Undefined where the first does not open it.
 */
export function readRegistration(events: readonly RegistrationEvent[], now: number): Registration | undefined {
  const first = events[0]
  if (first?.kind !== 'opened') return undefined
  const corrected = new Set(events.flatMap((event) => (event.kind === 'corrected' ? [event.data.seq] : [])))
  const reading = new Reading(first.registration)
  for (const event of events) if (!corrected.has(event.seq) || event.seq === 1) reading.take(event)
  return reading.settle(events.at(-1)!, now)
}

/** What is registered in fact: approved, in time, proven, and in no open dispute of proofs. */
export function factsOf(registration: Registration): RegisteredFact[] {
  const { status, until, numbers, disputes } = registration
  if (status !== 'approved' || until === undefined) return []
  const findDisputed = disputedSpans(disputes)
  const facts: RegisteredFact[] = []
  for (const { span, proof } of numbers.values()) {
    const proven =
      proof.kind === 'proven'
        ? [{ span, way: proof.way, from: proof.at, until: proof.until }]
        : proof.kind === 'partly'
          ? [...proof.numbers].map(([number, end]) => ({
              span: { first: number, last: number },
              way: 'call' as const,
              from: registration.openedAt,
              until: end,
            }))
          : []
    for (const fact of proven) {
      for (const part of subtract(fact.span, findDisputed(fact.span)))
        facts.push({ ...fact, span: part, until: Math.min(fact.until, until) })
    }
  }
  return facts
}

/** The numbers that it claims before others: of one that was confirmed and is not over. */
export function claimsOf(registration: Registration): NumberSpan[] {
  return isLive(registration) ? Array.from(registration.numbers.values(), ({ span }) => span) : []
}

/** Whether a claim of its counts for others. One that has expired keeps its claims for as long as it may be renewed. */
export function isLive({ status }: Registration): boolean {
  return status !== 'unconfirmed' && status !== 'refused' && status !== 'withdrawn'
}

/** Whether control of all of a span is shown at the time the registration was read. */
export function isProven(registration: Registration, span: NumberSpan): boolean {
  for (const number of registration.numbers.values()) {
    const cut = overlapOf(number.span, span)
    if (cut === undefined) continue
    if (number.proof.kind === 'proven') return true
    if (number.proof.kind === 'partly' && [...number.proof.numbers.keys()].some((one) => contains(cut, one)))
      return true
  }
  return false
}

/** How many numbers it has. */
export function countNumbers({ numbers }: Registration): number {
  let count = 0
  for (const { span } of numbers.values()) count += countOf(span)
  return count
}

/** The entries of a registration that have numbers of these spans. */
export function entriesOf(registration: Registration, spans: readonly NumberSpan[]): RegisteredNumber[] {
  const find = indexSpans(Array.from(registration.numbers.values(), (number) => [number.span, number] as const))
  const found = new Set(spans.flatMap((span) => find(span).map(({ value }) => value)))
  return [...registration.numbers.values()].filter((number) => found.has(number))
}

type Holding = {
  readonly span: NumberSpan
  readonly label: string
  readonly addedAt: number
  /** The proof of all of it that lasts longest. */
  whole: { readonly way: ProofWay; readonly at: number; readonly until: number } | undefined
  /** Ends of proofs of single numbers of a range. */
  singles: Map<string, number> | undefined
}

/** Goes through the events once; `settle` adds what the time has brought. */
class Reading {
  readonly #id: string
  readonly #numbers = new Map<string, Holding>()
  readonly #vetting = new Map<VettingItem, VettingStep & { readonly at: number; readonly by: string }>()
  readonly #proofs: Proof[] = []
  readonly #evidence: EvidenceFile[] = []
  #disputes: Dispute[] = []
  #offers: { spans: readonly NumberSpan[]; to: string; at: number }[] = []
  #status: RegistrationStatus = 'unconfirmed'
  #isConfirmed = false
  #openedAt = 0
  #way: RegisteredWay = 'page'
  #business: Business | undefined
  #until: number | undefined
  #question: string | undefined
  #refusal: Registration['refusal']
  #approvedBy: string | undefined
  #reminded = { registration: 0, proofs: 0 }

  constructor(id: string) {
    this.#id = id
  }

  take(event: RegistrationEvent): void {
    const { at } = event
    switch (event.kind) {
      case 'opened':
        this.#openedAt = at
        this.#way = event.data.way
        this.#business = event.data.business
        this.#add(event.data.lines, at)
        break
      case 'confirmed':
        this.#isConfirmed = true
        if (this.#status === 'unconfirmed' || this.#status === 'expired') this.#status = 'waiting'
        break
      case 'added':
        this.#add(event.data.lines, at)
        break
      case 'removed':
        this.#remove(event.data.spans)
        break
      case 'proved':
        this.#prove(event.data)
        break
      case 'evidence':
        this.#evidence.push(event.data.file)
        break
      case 'vetted':
        this.#vetting.set(event.data.item, {
          ...event.data,
          at,
          by: event.actor.kind === 'worker' ? event.actor.name : event.actor.kind,
        })
        break
      case 'asked':
        this.#question = event.data.question
        if (this.#status === 'waiting') this.#status = 'asked'
        break
      case 'answered':
        this.#question = undefined
        if (this.#status === 'asked') this.#status = 'waiting'
        break
      case 'approved':
        this.#status = 'approved'
        this.#until = event.data.until
        this.#refusal = undefined
        this.#question = undefined
        this.#approvedBy = event.actor.kind === 'worker' ? event.actor.name : undefined
        break
      case 'refused':
        this.#status = 'refused'
        this.#refusal = event.data
        break
      case 'suspended':
        this.#status = 'suspended'
        this.#refusal = { reasons: [event.data.reason], next: SUSPENDED_NEXT }
        break
      case 'renewed':
        if (event.data.until !== undefined) this.#until = event.data.until
        else {
          this.#status = 'waiting'
          this.#until = undefined
          this.#vetting.clear()
        }
        break
      case 'changed':
        this.#change(event.data.business)
        break
      case 'offered':
        this.#offers.push({ ...event.data, at })
        break
      case 'disputed':
        this.#disputes = [...this.#disputes.filter((one) => !isSame(one, event.data)), { ...event.data, since: at }]
        break
      case 'settled':
        this.#disputes = this.#disputes.filter((one) => !isSame(one, event.data))
        break
      case 'reminded':
        this.#reminded = { ...this.#reminded, [event.data.of]: event.data.until }
        break
      case 'expired':
        this.#status = event.data.what === 'unconfirmed' ? 'withdrawn' : 'expired'
        break
      case 'withdrawn':
        this.#status = 'withdrawn'
        break
      case 'note':
      case 'corrected':
    }
  }

  settle(last: RegistrationEvent, now: number): Registration {
    const until = this.#until
    const isOver = this.#status === 'approved' && until !== undefined && until <= now
    const numbers = new Map<string, RegisteredNumber>()
    for (const [key, { span, label, addedAt, whole, singles }] of this.#numbers)
      numbers.set(key, { span, label, addedAt, proof: proofAt(whole, singles, now) })
    const find = indexSpans(Array.from(numbers.values(), ({ span }) => [span, undefined] as const))
    return {
      id: this.#id,
      seq: last.seq,
      openedAt: this.#openedAt,
      changedAt: last.at,
      way: this.#way,
      business: this.#business!,
      isConfirmed: this.#isConfirmed,
      status: isOver ? 'expired' : this.#status,
      until,
      numbers,
      vetting: this.#vetting,
      question: this.#question,
      refusal: this.#status === 'refused' || this.#status === 'suspended' ? this.#refusal : undefined,
      proofs: this.#proofs,
      evidence: this.#evidence,
      disputes: this.#disputes.filter(({ span }) => find(span).length > 0),
      offers: this.#offers.filter(({ spans }) => spans.some((span) => find(span).length > 0)),
      reminded: this.#reminded,
      approvedBy: this.#approvedBy,
    }
  }

  #add(lines: readonly { readonly span: NumberSpan; readonly label: string }[], at: number): void {
    for (const { span, label } of lines) {
      const key = formatSpan(span)
      if (!this.#numbers.has(key))
        this.#numbers.set(key, { span, label, addedAt: at, whole: undefined, singles: undefined })
    }
  }

  #remove(spans: readonly NumberSpan[]): void {
    const gone = new Set(spans.map(formatSpan))
    for (const key of gone) this.#numbers.delete(key)
    const isLeft = (span: NumberSpan) => !gone.has(formatSpan(span))
    this.#offers = this.#offers.flatMap((offer) => {
      const left = offer.spans.filter(isLeft)
      return left.length === 0 ? [] : [{ ...offer, spans: left }]
    })
  }

  #prove({ proof, spans, until }: { proof: Proof; spans: readonly NumberSpan[] | undefined; until: number }): void {
    this.#proofs.push(proof)
    if (proof.strength !== 'full') return
    const whole = { way: proof.way, at: proof.at, until }
    const prove = (holding: Holding): void => {
      if (holding.whole === undefined || holding.whole.until <= until) holding.whole = whole
    }
    if (spans === undefined) return this.#numbers.forEach(prove)
    const find =
      spans.length === 0 ? undefined : indexSpans(Array.from(this.#numbers.values(), (one) => [one.span, one]))
    for (const span of spans) {
      const exact = this.#numbers.get(formatSpan(span))
      if (exact !== undefined) prove(exact)
      else
        for (const { value } of find!(span)) {
          if (span.first === span.last) (value.singles ??= new Map()).set(span.first, until)
          else if (overlapOf(value.span, span)?.first === value.span.first && contains(span, value.span.last))
            prove(value)
        }
    }
  }

  /** Another way to be reached is the holder's own affair; another name, site, purpose or provider is another business. */
  #change(business: Business): void {
    const before = this.#business!
    const isAnother = VETTED_FIELDS.some((field) => before[field] !== business[field])
    this.#business = business
    if (!isAnother || this.#status === 'unconfirmed' || this.#status === 'withdrawn') return
    this.#vetting.clear()
    if (this.#status !== 'suspended') this.#status = 'waiting'
  }
}

function proofAt(whole: Holding['whole'], singles: Holding['singles'], now: number): NumberProof {
  if (whole !== undefined && whole.until > now) return { kind: 'proven', ...whole }
  const left = new Map([...(singles ?? [])].filter(([, until]) => until > now))
  if (left.size > 0) return { kind: 'partly', numbers: left }
  const at = Math.max(whole?.until ?? 0, ...(singles?.values() ?? []))
  return at > 0 ? { kind: 'lapsed', at } : { kind: 'none' }
}

function isSame(one: { span: NumberSpan; by: string }, other: { span: NumberSpan; by: string }): boolean {
  return one.by === other.by && formatSpan(one.span) === formatSpan(other.span)
}

/** What is disputed by proofs, as holes to cut. */
function disputedSpans(disputes: readonly Dispute[]): (span: NumberSpan) => NumberSpan[] {
  const spans = disputes.filter(({ level }) => level === 'proof').map(({ span }) => span)
  const find = indexSpans(mergeSpans(spans).map((span) => [span, undefined] as const))
  return (span) => find(span).map((found) => found.span)
}

const VETTED_FIELDS = ['legalName', 'site', 'purpose', 'provider'] as const
const SUSPENDED_NEXT = 'answer by the private page of your registration; a person looks at it again'
