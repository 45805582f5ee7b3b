import { rmSync, writeFileSync, existsSync } from 'node:fs'
import { GRADES } from '#core/probe/grade.ts'
import { type Scenario, findById } from '#core/probe/scenario.ts'
import { SCENARIOS } from '#core/probe/scenarios.ts'
import { nearest } from '#core/words/nearest.ts'
import { isLoopback } from '#edge/prober/allowed-sources.ts'
import type { TlsTrust } from '#edge/prober/dial.ts'
import { reasonOf } from '#main/config/lists.ts'
import { type Target, type TrustWords, readTarget, readTrust } from './call.ts'
import { EXIT, Stop } from './exit.ts'
import { PAUSE_MS_MIN } from './probe-run.ts'
import { many, nameInput, visible } from './words.ts'

/** The words of `recourse probe` as they were typed. */
export type ProbeWords = TrustWords & {
  via: string
  from: string
  toPrefix: string
  to?: string
  number?: string[]
  farEnd?: string
  scenarios?: string[]
  timeout: string
  deadline: string
  pause: string
  local?: string
  pass: string
  allowRemote?: boolean
  json?: boolean
  html?: string
}

/** A run of the prober, as its words say. */
export type ProbePlan = {
  readonly target: Target
  readonly trust: TlsTrust
  readonly from: string
  readonly scenarios: readonly Scenario[]
  readonly numbers: (scenario: Scenario) => string
  readonly local: string | undefined
  /** For each call, beside the time that its scenario takes. */
  readonly timeoutMs: number
  readonly deadlineMs: number
  readonly pauseMs: number
  /** The points that the run has to reach. */
  readonly pass: number
}

/** Reads the words. Throws `Stop` where one is unusable, before anything was called. */
export async function readWords(words: ProbeWords): Promise<ProbePlan> {
  const from = readUser('--from', words.from)
  const scenarios = readScenarios(words.scenarios ?? [])
  const numbers = readNumbers(words)
  const limits = {
    timeoutMs: readSpan('--timeout', words.timeout, 0.1, 300, 'seconds') * 1000,
    deadlineMs: readSpan('--deadline', words.deadline, 1, 7_200, 'seconds') * 1000,
    pauseMs: readSpan('--pause', words.pause, PAUSE_MS_MIN, 60_000, 'milliseconds'),
  }
  const pass = GRADES.find(({ grade }) => grade === words.pass.toUpperCase())
  if (pass === undefined) throw new Stop(EXIT.unusable, `--pass ${visible(words.pass)} is no grade: A, B, C, D or F`)
  if (words.html !== undefined) tryToWrite(words.html)
  const target = await readTarget(words.via)
  const trust = readTrust(target.name, words)
  if (target.transport !== 'tls' && (words.ca ?? words.certificate ?? words.key) !== undefined)
    throw new Stop(EXIT.unusable, '--ca, --certificate and --key are for TLS: --via sips:HOST')
  if (!isLoopback(target.host) && words.allowRemote !== true)
    throw new Stop(
      EXIT.unusable,
      `${nameInput(words.via)} is not on this machine, and this would place ${many(scenarios.length, 'call')} there, which may ring, cost money or be taken for an attack: add --allow-remote where you may do that`,
    )
  return { target, trust, from, scenarios, numbers, local: words.local, pass: pass.from, ...limits }
}

/** Says before the first call, not after the last, that the page cannot be written. */
function tryToWrite(file: string): void {
  const isThere = existsSync(file)
  try {
    writeFileSync(file, '', { flag: 'a' })
    if (!isThere) rmSync(file)
  } catch (error) {
    throw new Stop(EXIT.unusable, `--html ${visible(file)} cannot be written (${reasonOf(error)})`, { cause: error })
  }
}

function readScenarios(words: readonly string[]): readonly Scenario[] {
  if (words.length === 0) return SCENARIOS
  const wanted = new Set<Scenario>()
  for (const word of words.flatMap((text) => text.split(','))) {
    const group = SCENARIOS.filter((scenario) => scenario.group === word)
    const one = findById(SCENARIOS, word)
    if (one === undefined && group.length === 0)
      throw new Stop(
        EXIT.unusable,
        `--scenarios ${visible(word)} names no scenario: good, odd, broken, or an id of recourse answer --list${nearTo(word)}`,
      )
    for (const scenario of one === undefined ? group : [one]) wanted.add(scenario)
  }
  return SCENARIOS.filter((scenario) => wanted.has(scenario))
}

function nearTo(word: string): string {
  const near = nearest(word, ['good', 'odd', 'broken', ...SCENARIOS.map(({ id }) => id)])
  return near === undefined ? '' : `; did you mean ${near}?`
}

function readNumbers({ to, toPrefix, number = [] }: ProbeWords): (scenario: Scenario) => string {
  const all = to === undefined ? undefined : readUser('--to', to)
  const prefix = readUser('--to-prefix', toPrefix)
  const own = new Map<string, string>()
  for (const pair of number) {
    const [id = '', digits = ''] = pair.split('=')
    if (findById(SCENARIOS, id) === undefined)
      throw new Stop(
        EXIT.unusable,
        `--number ${visible(pair)} names no scenario: expected ID=NUMBER, such as sip=+12125550101${nearTo(id)}`,
      )
    own.set(id, readUser('--number', digits))
  }
  return (scenario) => own.get(scenario.id) ?? all ?? `${prefix}${scenario.number}`
}

function readUser(option: string, text: string): string {
  if (/^\+?[0-9]{1,32}$/.test(text)) return text
  throw new Stop(EXIT.unusable, `${option} ${visible(text)} is no number: expected digits, with or without + in front`)
}

function readSpan(option: string, text: string, min: number, max: number, unit: string): number {
  const value = Number(text)
  if (text.trim() !== '' && value >= min && value <= max) return value
  throw new Stop(EXIT.unusable, `${option} ${visible(text)} is no time: expected ${unit} from ${min} to ${max}`)
}
