import { parseLeadingDigits, parseNumber, type DialPlan } from '#core/call/number.ts'
import { formatParty } from '#core/call/party.ts'
import { nearest } from '#core/words/nearest.ts'
import type { Claim, Claimant, ClaimedCall, ClaimWebhook } from './claim.ts'
import type { Decision, Lift, LiftScope } from './decision.ts'

/** What is wrong with an input, by the path of its field: `claimant.email`, `numbers[3]`. */
export type FieldFault = { readonly field: string; readonly problem: string }

export type Parsed<T> =
  | { readonly kind: 'parsed'; readonly value: T }
  | { readonly kind: 'faults'; readonly faults: readonly FieldFault[] }

/** Reads a claim from JSON; `mustHaveMail` where nobody is on the telephone. Numbers may be written as people write them. */
export function parseClaim(input: unknown, mustHaveMail: boolean, now: number, plan?: DialPlan): Parsed<Claim> {
  const reader = new Reader(plan)
  const root = reader.object('', input, ['receipts', 'numbers', 'calls', 'claimant', 'purpose', 'changed', 'webhook'])
  const receipts = unique(
    reader.list('receipts', root['receipts'], (field, item) =>
      reader.match(field, item, RECEIPT, 'a receipt of 64 characters'),
    ),
  )
  const numbers = unique(reader.list('numbers', root['numbers'], (field, item) => reader.number(field, item)))
  const calls = reader.list('calls', root['calls'], (field, item): ClaimedCall => {
    const call = reader.object(field, item, ['calling', 'called', 'at'])
    return {
      calling: reader.number(`${field}.calling`, call['calling']),
      called: reader.number(`${field}.called`, call['called']),
      at: reader.time(`${field}.at`, call['at'], now - YEAR_MS, now + HOUR_MS),
    }
  })
  const claimant = parseClaimant(reader, root['claimant'], mustHaveMail)
  const purpose = reader.words('purpose', root['purpose'] ?? '', WORDS_MAX, 0)
  const changed = reader.words('changed', root['changed'] ?? '', WORDS_MAX, 0)
  const webhook = root['webhook'] === undefined ? undefined : parseWebhook(reader, root['webhook'])
  const many = receipts.length + numbers.length + calls.length
  if (many === 0 && reader.faults.length === 0)
    reader.fault('receipts', 'expected at least one receipt, number or call')
  if (many > CLAIM_ITEMS_MAX)
    reader.fault('receipts', `expected at most ${CLAIM_ITEMS_MAX} receipts, numbers and calls together`)
  return reader.end({ receipts, numbers, calls, claimant, purpose, changed, webhook })
}

/** Reads a decision from JSON, and refuses one that names no evidence, no next step or no reason where it must. */
export function parseDecision(input: unknown, now: number, plan?: DialPlan): Parsed<Decision> {
  const reader = new Reader(plan)
  const root = reader.object('', input, ['outcome', 'lifts', 'reason', 'next', 'evidence'])
  const outcome = root['outcome']
  const reason = reader.words('reason', root['reason'], WORDS_MAX, 1)
  const only = (...keys: string[]): void => {
    for (const key of Object.keys(root))
      if (!keys.includes(key)) reader.fault(key, `expected none with outcome ${String(outcome)}`)
  }
  const lifts = (): Lift[] => {
    const found = reader.list('lifts', root['lifts'], (field, item) => parseLift(reader, field, item, now))
    if (found.length === 0) reader.fault('lifts', 'expected at least one')
    if (found.length > LIFTS_MAX) reader.fault('lifts', `expected at most ${LIFTS_MAX}`)
    return found
  }
  switch (outcome) {
    case 'lift':
      only('outcome', 'lifts', 'reason')
      return reader.end({ outcome, lifts: lifts(), reason })
    case 'partly':
      only('outcome', 'lifts', 'reason', 'next')
      return reader.end({ outcome, lifts: lifts(), reason, next: reader.words('next', root['next'], WORDS_MAX, 1) })
    case 'uphold': {
      only('outcome', 'reason', 'evidence', 'next')
      const evidence = reader.list('evidence', root['evidence'], (field, item) =>
        reader.words(field, item, WORDS_MAX, 1),
      )
      if (evidence.length === 0)
        reader.fault('evidence', 'expected at least one piece of evidence, because a block that stays needs one')
      return reader.end({ outcome, reason, evidence, next: reader.words('next', root['next'], WORDS_MAX, 1) })
    }
    case 'grant':
      only('outcome', 'reason')
      return reader.end({ outcome, reason })
    default:
      reader.fault('outcome', 'expected lift, partly, uphold or grant')
      return reader.end({ outcome: 'grant', reason: '' })
  }
}

/** Whether it is an address that mail can go to: plain ASCII, nothing that another header field could be made of. */
export function isMailAddress(text: string): boolean {
  return text.length <= MAIL_MAX && MAIL.test(text)
}

function parseClaimant(reader: Reader, input: unknown, mustHaveMail: boolean): Claimant {
  const claimant = reader.object('claimant', input, ['name', 'email', 'organisation', 'tel', 'acts'])
  const optional = <T>(field: string, read: (field: string, value: unknown) => T): T | undefined =>
    claimant[field] === undefined || claimant[field] === '' ? undefined : read(`claimant.${field}`, claimant[field])
  const email = optional('email', (field, value) => {
    const text = reader.line(field, value, MAIL_MAX)
    if (!isMailAddress(text)) reader.fault(field, 'expected a mail address like name@example.com')
    return text
  })
  if (email === undefined && mustHaveMail)
    reader.fault('claimant.email', 'expected a mail address, so that we can answer')
  const acts = claimant['acts'] ?? 'for-itself'
  if (acts !== 'for-itself' && acts !== 'for-a-customer')
    reader.fault('claimant.acts', 'expected for-itself or for-a-customer')
  return {
    name: reader.line('claimant.name', claimant['name'], NAME_MAX),
    email,
    organisation: optional('organisation', (field, value) => reader.line(field, value, NAME_MAX)),
    tel: optional('tel', (field, value) => reader.number(field, value)),
    acts: acts === 'for-a-customer' ? acts : 'for-itself',
  }
}

function parseWebhook(reader: Reader, input: unknown): ClaimWebhook {
  const webhook = reader.object('webhook', input, ['url', 'secret'])
  return {
    url: reader.match('webhook.url', webhook['url'], WEBHOOK, 'an https URL with a host name, up to 2000 characters'),
    secret: reader.match('webhook.secret', webhook['secret'], SECRET, 'a secret of 16 to 128 visible characters'),
  }
}

function parseLift(reader: Reader, field: string, input: unknown, now: number): Lift {
  const lift = reader.object(field, input, ['scope', 'until', 'attestation', 'rule'])
  const { attestation, rule, until } = lift
  if (attestation !== undefined && attestation !== 'A' && attestation !== 'B' && attestation !== 'C')
    reader.fault(`${field}.attestation`, 'expected A, B or C')
  return {
    scope: parseScope(reader, `${field}.scope`, lift['scope']),
    until: until === undefined ? undefined : reader.time(`${field}.until`, until, now, now + LIFT_MAX_MS),
    attestation: attestation === 'A' || attestation === 'B' || attestation === 'C' ? attestation : undefined,
    rule: rule === undefined ? undefined : reader.line(`${field}.rule`, rule, NAME_MAX),
  }
}

function parseScope(reader: Reader, field: string, input: unknown): LiftScope {
  const scope = reader.object(field, input, ['kind', 'number', 'prefix', 'first', 'last'])
  switch (scope['kind']) {
    case 'number':
      return { kind: 'number', number: reader.number(`${field}.number`, scope['number']) }
    case 'block':
      return { kind: 'block', prefix: reader.leadingDigits(`${field}.prefix`, scope['prefix']) }
    case 'range': {
      const first = reader.number(`${field}.first`, scope['first'])
      const last = reader.number(`${field}.last`, scope['last'])
      const many = Number(last.slice(1)) - Number(first.slice(1)) + 1
      if (first.length !== last.length || !(many >= 1 && many <= RANGE_MAX))
        reader.fault(
          field,
          `expected two numbers of one length, the first not behind the last, at most ${RANGE_MAX} numbers`,
        )
      return { kind: 'range', first, last }
    }
    default:
      reader.fault(`${field}.kind`, 'expected number, block or range')
      return { kind: 'number', number: '' }
  }
}

/** Reads fields one by one and collects what is wrong with them. */
class Reader {
  readonly faults: FieldFault[] = []
  readonly #plan: DialPlan | undefined

  constructor(plan: DialPlan | undefined) {
    this.#plan = plan
  }

  end<T>(value: T): Parsed<T> {
    return this.faults.length === 0 ? { kind: 'parsed', value } : { kind: 'faults', faults: this.faults }
  }

  fault(field: string, problem: string): void {
    if (this.faults.length < FAULTS_MAX) this.faults.push({ field, problem })
  }

  object(field: string, input: unknown, keys: readonly string[]): Readonly<Record<string, unknown>> {
    if (typeof input !== 'object' || input === null || Array.isArray(input)) {
      this.fault(field, 'expected an object')
      return NOTHING
    }
    for (const key of Object.keys(input)) {
      if (keys.includes(key)) continue
      const near = nearest(key, keys)
      const meant = near === undefined ? '' : `; did you mean ${near}?`
      this.fault(field === '' ? key : `${field}.${key}`, `not known here, expected one of ${keys.join(', ')}${meant}`)
    }
    return Object.assign(Object.create(null) as Record<string, unknown>, input)
  }

  list<T>(field: string, input: unknown, read: (field: string, item: unknown) => T): T[] {
    if (input === undefined) return []
    if (Array.isArray(input) && input.length <= CLAIM_ITEMS_MAX)
      return input.map((item: unknown, index) => read(`${field}[${index}]`, item))
    this.fault(field, `expected a list of at most ${CLAIM_ITEMS_MAX}`)
    return []
  }

  /** Text on one line, without anything that cannot be seen. */
  line(field: string, input: unknown, most: number): string {
    const text = typeof input === 'string' ? input.trim() : ''
    if (text === '' || text.length > most || UNSEEN.test(text) || !text.isWellFormed())
      this.fault(field, `expected 1 to ${most} characters on one line`)
    return text
  }

  words(field: string, input: unknown, most: number, least: number): string {
    const text = typeof input === 'string' ? input.replaceAll(/\r\n?/g, '\n').trim() : undefined
    if (
      text === undefined ||
      text.length < least ||
      text.length > most ||
      UNSEEN_IN_WORDS.test(text) ||
      !text.isWellFormed()
    ) {
      this.fault(field, `expected a text of ${least === 0 ? 'up' : `${least}`} to ${most} characters`)
      return ''
    }
    return text
  }

  match(field: string, input: unknown, form: RegExp, expected: string): string {
    if (typeof input === 'string' && form.test(input)) return input
    this.fault(field, `expected ${expected}`)
    return ''
  }

  number(field: string, input: unknown): string {
    const party =
      typeof input === 'string' && input.length <= NUMBER_TEXT_MAX
        ? parseNumber(input.replaceAll(' ', ''), this.#plan)
        : undefined
    if (party?.kind === 'e164' && party.count >= NUMBER_DIGITS_MIN) return formatParty(party)
    this.fault(field, 'expected a number with its country code, such as +12125550117')
    return ''
  }

  leadingDigits(field: string, input: unknown): string {
    const digits =
      typeof input === 'string' && input.length <= NUMBER_TEXT_MAX ? parseLeadingDigits(input, this.#plan) : undefined
    return this.match(field, digits, PREFIX, 'at least six leading digits, such as +1212555')
  }

  time(field: string, input: unknown, from: number, to: number): number {
    const at = typeof input === 'string' && TIME.test(input) ? Date.parse(input) : Number.NaN
    if (at >= from && at <= to) return at
    this.fault(field, `expected a time between ${new Date(from).toISOString()} and ${new Date(to).toISOString()}`)
    return 0
  }
}

function unique(items: readonly string[]): string[] {
  return [...new Set(items)]
}

/** Receipts, numbers and calls of one claim together. */
export const CLAIM_ITEMS_MAX = 1_000
/** How far off the end of a lift may be. */
export const LIFT_MAX_MS = 10 * 366 * 86_400_000
/** Lifts of one decision. */
export const LIFTS_MAX = 100
/** Numbers of one range. */
export const RANGE_MAX = 10_000
/** Characters of a text that somebody writes. */
export const WORDS_MAX = 4_000
const NAME_MAX = 200
const MAIL_MAX = 254
const FAULTS_MAX = 50
const NUMBER_TEXT_MAX = 40
const NUMBER_DIGITS_MIN = 3
const HOUR_MS = 3_600_000
const YEAR_MS = 366 * 86_400_000
const RECEIPT = /^[A-Za-z0-9_-]{64}$/
const PREFIX = /^\+[1-9][0-9]{5,13}$/
const SECRET = /^[!-~]{16,128}$/
const WEBHOOK = /^https:\/\/[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?::[0-9]{1,5})?(?:[/?][!-~]{0,1900})?$/
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/
/** RFC 5321 §4.1.2, without quoted local parts and address literals. */
const MAIL =
  /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$/
/** Controls, and marks that turn the direction of what stands around them. */
const UNSEEN = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u
const UNSEEN_IN_WORDS = /(?![\n\t])[\p{Cc}\u202a-\u202e\u2066-\u2069]/u
const NOTHING: Readonly<Record<string, unknown>> = Object.freeze(Object.create(null) as Record<string, unknown>)
