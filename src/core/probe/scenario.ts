import type { LintClass } from '#codec/notice/lint.ts'
import type { RuleId } from '#codec/notice/rules.ts'

/** One form of answer that a mock blocker gives on purpose, and what a path owes it. */
export type Scenario = {
  /** Lower-case words with hyphens: what `X-Recourse-Scenario` names it by. */
  readonly id: string
  /** The last four digits of the number that is dialled for it, from `0100` to `0199`: `+12125550101` is nobody's. */
  readonly number: string
  readonly title: string
  /** `good`: forms that the standards ask for. `odd`: legal and rarely seen. `broken`: deviant notices, to be relayed all the same. */
  readonly group: 'good' | 'odd' | 'broken'
  /** Provisional answers, in order, before the final one. */
  readonly before: readonly ProvisionalAnswer[]
  readonly answer: ScenarioAnswer
  /** From the INVITE, or the last provisional answer, to the final one. */
  readonly finalAfterMs: number
  /** `tcp` is asked over TCP only: the answer is too long for a datagram that every network carries whole. */
  readonly transport: 'any' | 'tcp'
  /** Which parts must arrive as they were sent; what each is owed by is in `PARTS`. */
  readonly intact: readonly Part[]
  /** What the linter says of the answer as it was sent, with cards on a public https host. */
  readonly lint: {
    readonly class: LintClass
    readonly verdict: 'conformant' | 'deviant' | 'n/a'
    readonly rules: readonly RuleId[]
  }
  /** The form follows RFC 3261's grammar to the letter: every decoder takes it. */
  readonly isLegal: boolean
  /** Why this form is among the scenarios: what it is made by, and what is known to stumble over it. */
  readonly why: string
  readonly cite: string
}

export type ProvisionalAnswer = {
  readonly status: number
  readonly phrase: string
  /** From the INVITE, or the provisional answer before. */
  readonly afterMs: number
}

/** The part of a response that a scenario decides; the rest is copied from the INVITE, or is the To tag. */
export type ScenarioAnswer = {
  readonly status: number
  readonly phrase: string
  /** Header lines as they stand on the wire, folds (`\r\n` and white space) included, without the last line end. `{card}` stands for the URI of the card. */
  readonly lines: readonly string[]
  /** How the names of the copied fields are spelled: `Via`, `v` or `via`. */
  readonly names: 'usual' | 'compact' | 'lower'
  /** Which card `{card}` leads to. */
  readonly card: CardKind | undefined
}

/** `fresh` is signed when it is fetched; `stale` ten minutes before; `forged` has a signature by another key. */
export type CardKind = 'fresh' | 'stale' | 'forged'

/** The answer with its card's URI in place. */
export function fillAnswer(answer: ScenarioAnswer, cardUri: string): ScenarioAnswer {
  return { ...answer, lines: answer.lines.map((line) => line.replaceAll('{card}', () => cardUri)) }
}

/** Finds the scenario of a dialled number by its last four digits, or undefined. */
export function findByNumber(scenarios: readonly Scenario[], dialled: string): Scenario | undefined {
  // Parameters of a number, such as the route it was ported to, hold digits too. RFC 3966 §5.1.
  const digits = dialled.replace(/;.*$/s, '').replace(/[^0-9]/g, '')
  return scenarios.find(({ number }) => digits.endsWith(number))
}

export function findById(scenarios: readonly Scenario[], id: string): Scenario | undefined {
  return scenarios.find((scenario) => scenario.id === id)
}

/** A number to dial for a scenario, of a range that is kept free for fiction. */
export function numberToDial({ number }: Scenario): string {
  return `+1212555${number}`
}

/** A part of an answer that a path is held to, and by what. */
export type Part = keyof typeof PARTS

/** What each part is owed, and by which rule. */
export const PARTS = {
  status: {
    rule: 'RREL-01',
    text: 'The status arrives as it was sent.',
    cite: '47 CFR 64.1200(k)(9); RFC 3261 §16.7',
  },
  phrase: {
    rule: 'RREL-01',
    text: 'The phrase arrives octet for octet: with 603 it is what marks a network’s block.',
    cite: '47 CFR 64.1200(k)(9); ATIS-1000099',
  },
  reason: {
    rule: 'RREL-01',
    text: 'Every Reason value arrives, in order, octet for octet inside its quotes; folds and the white space between parameters may change.',
    cite: '47 CFR 64.1200(k)(9); RFC 3326 §2; RFC 3261 §16.7',
  },
  'no-reason-added': {
    rule: 'RREL-02',
    text: 'No second Reason value of a protocol is added that is there already.',
    cite: 'RFC 3326 §2',
  },
  'call-info': {
    rule: 'RREL-01',
    text: 'Call-Info arrives with its URI unchanged and its purpose.',
    cite: 'RFC 8688 §3.4; RFC 3261 §16.7',
  },
  'retry-after': {
    rule: 'RREL-01',
    text: 'Retry-After arrives as it was sent.',
    cite: 'RFC 3261 §16.7, §20.33',
  },
  provisional: {
    rule: 'RREL-01',
    text: 'The provisional answers before it arrive, and do not keep the final one from arriving.',
    cite: 'RFC 3261 §16.7',
  },
  'no-new-attempt': {
    rule: 'RREL-03',
    text: 'The call is not tried again another way after a 6xx.',
    cite: 'RFC 3261 §16.7',
  },
  'to-tag': {
    rule: 'RREL-07',
    text: 'The answer has a tag in To; a proxy keeps the blocker’s, a back-to-back user agent has one of its own.',
    cite: 'RFC 3261 §8.2.6.2, §16.7',
  },
} as const

/** The header field that names a scenario, where the number cannot. */
export const SCENARIO_FIELD = 'X-Recourse-Scenario'
/** The header field that names a run of the prober. */
export const PROBE_FIELD = 'X-Recourse-Probe'
