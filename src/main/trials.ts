import { isEmergencyNumber } from '#core/call/emergency.ts'
import { parseNumber } from '#core/call/number.ts'
import type { Party } from '#core/call/party.ts'
import { partyKey } from '#core/call/party.ts'
import { type ControlServer, type Conversation, serveControl } from '#edge/control/serve.ts'
import { TRIAL_STATUSES, type Trial, type Tried, type TrialStatus } from '#edge/gate/trial.ts'
import type { Gates } from './gates.ts'

/** What `recourse peer test` asks of a running gate, over its control socket. */
export type TrialQuestion = {
  readonly trial: {
    readonly peer: string
    readonly allow: string
    readonly block: string
    readonly status: number
    readonly seconds: number
  }
}

/** What it is told: that the test is on and how the peer is continued, each call that came, or why there is no test. */
export type TrialAnswer =
  | { readonly kind: 'on'; readonly continueStatus: number }
  | { readonly kind: 'tried'; readonly call: Tried['call'] }
  | { readonly kind: 'refused'; readonly why: string }

/** What a gate says of itself to another that finds the store taken. */
export type GateAbout = { readonly pid: number; readonly chain: string; readonly listening: readonly string[] }

/** The question for it. */
export const ABOUT = { about: true }

/** Where a running gate listens for `recourse peer test`: beside its store. */
export function controlPath(storePath: string): string {
  return `${storePath}.control`
}

/** Runs one test of a peer at a time, for as long as its conversation lasts. */
export class Trials {
  #talk: Conversation | undefined

  /** Tells whoever runs the test of a call that came. */
  hear({ call }: Tried): void {
    this.#talk?.say({ kind: 'tried', call } satisfies TrialAnswer)
  }

  /** Listens for tests, and for who asks whose store it is. Rejects where no socket can be had. */
  serve(path: string, gates: Gates, about: GateAbout, nowMs: () => number): Promise<ControlServer> {
    return serveControl(path, (talk) => {
      if (memberOf(talk.question, 'about') !== true) return this.#begin(talk, gates, nowMs())
      talk.say(about)
      talk.end()
    })
  }

  #begin(talk: Conversation, gates: Gates, nowMs: number): void {
    const refuse = (why: string): void => {
      talk.say({ kind: 'refused', why } satisfies TrialAnswer)
      talk.end()
    }
    if (this.#talk !== undefined) return refuse('another test is under way; one is run at a time')
    const { peers, dialPlan } = gates.terms
    const question = readQuestion(talk.question)
    if (question === undefined) return refuse('the question is not one this version understands')
    const peer = peers.find(({ name }) => name === question.peer)
    if (peer === undefined)
      return refuse(`the running gate has no peer ${question.peer}; it has ${peers.map(({ name }) => name).join(', ')}`)
    const allow = parseNumber(question.allow, dialPlan)
    const block = parseNumber(question.block, dialPlan)
    const wrong = [allow, block].find((party) => !isTestable(party))
    if (wrong !== undefined) return refuse('both called numbers have to be telephone numbers, and no emergency number')
    if (partyKey(allow) === partyKey(block)) return refuse('the two called numbers have to differ')
    const untilMs = nowMs + question.seconds * 1000
    const trial: Trial = { peer: peer.name, allow, block, status: question.status, untilMs }
    this.#talk = talk
    talk.onEnd(() => {
      this.#talk = undefined
      gates.adopt({ ...gates.terms, trial: undefined })
    })
    gates.adopt({ ...gates.terms, trial })
    talk.say({ kind: 'on', continueStatus: peer.continueStatus } satisfies TrialAnswer)
  }
}

/** Whether a test may call a number: it is one, and none of an emergency service. */
export function isTestable(party: Party): boolean {
  return (party.kind === 'e164' || party.kind === 'digits') && !isEmergencyNumber(party)
}

type Question = Omit<TrialQuestion['trial'], 'status'> & { readonly status: TrialStatus }

function readQuestion(asked: unknown): Question | undefined {
  const trial = memberOf(asked, 'trial')
  const [peer, allow, block] = ['peer', 'allow', 'block'].map((key) => memberOf(trial, key))
  const seconds = memberOf(trial, 'seconds')
  const status = TRIAL_STATUSES.find((status) => status === memberOf(trial, 'status'))
  if (typeof peer !== 'string' || typeof allow !== 'string' || typeof block !== 'string') return undefined
  if (status === undefined || typeof seconds !== 'number' || !(seconds > 0 && seconds <= TRIAL_S_MAX)) return undefined
  return { peer, allow, block, status, seconds }
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined
}

/** The longest test. A gate that is being tested answers two numbers otherwise than its policy says. */
export const TRIAL_S_MAX = 900
