import type { Dispute } from '#core/dispute/dispute.ts'
import { type GroupFacts, type GroupState, NEW_MS } from './group.ts'
import type { SilenceFinding } from './silence.ts'

// What people are told of the calling side, and when: one thing, for what is said in an alert and that it is said once belong
// together. Nothing of a called party is in it.

export type AlertGroup = GroupFacts & { readonly id: number; readonly state: GroupState; readonly numbers: number }

/** What is known now. */
export type AlertFacts = {
  readonly groups: readonly AlertGroup[]
  readonly silences: readonly SilenceFinding[]
  readonly overdue: readonly Dispute[]
}

/** What was told before: by its name, the words kept with it and when. */
export type AlertMemory = {
  readonly told: (name: string) => { readonly value: string; readonly at: number } | undefined
  /** Single alerts within the last hour, and whether there was a summary. */
  readonly lastHour: number
  readonly isSummed: boolean
}

export type AlertKind = 'new' | 'escalating' | 'regressed' | 'silence' | 'overdue' | 'more' | 'digest'

/** One message; subject and text hold no control characters but the text's line ends. */
export type Alert = {
  readonly kind: AlertKind
  /** What it belongs to: messages of one thread refer to each other. */
  readonly thread: string
  readonly subject: string
  readonly text: string
}

/** What is to be said and what is to be remembered with it, in one transaction. */
export type AlertDecision = {
  readonly alerts: readonly Alert[]
  readonly remember: readonly { readonly name: string; readonly value: string }[]
  /** Groups that there was no room to tell of: they are to be looked at again. */
  readonly waiting: readonly number[]
}

/** One day of a carrier. */
export type CarrierDay = { readonly carrier: string; readonly calls: number; readonly refused: number }

/**
 * Decides what to tell: a group once when it comes into a state that matters, a suspicion once a week, a dispute once for what
 * is overdue. At most `ALERTS_AN_HOUR` single ones an hour; the rest waits for one summary an hour.
 */
export function decideAlerts(facts: AlertFacts, memory: AlertMemory, nowMs: number): AlertDecision {
  const remember: { name: string; value: string }[] = []
  const wanted: { alert: Alert; group?: number; names: { name: string; value: string }[] }[] = []
  for (const group of facts.groups) {
    const current = { name: `group ${group.id}`, value: group.state }
    if (memory.told(current.name)?.value === group.state) continue
    if (group.state === 'new' && !matters(group)) continue
    const said = { name: `group ${group.id} ${group.state}`, value: '' }
    const before = memory.told(said.name)?.at
    const isFlapping = group.state !== 'regressed' && before !== undefined && nowMs - before < QUIET_MS
    if (!isAlerting(group.state) || isFlapping || group.key.standing === 'person') remember.push(current)
    else wanted.push({ alert: alertOfGroup(group, group.state), group: group.id, names: [current, said] })
  }
  for (const finding of facts.silences) {
    if (finding.kind !== 'suspected') continue
    const name = `silence ${finding.carrier} ${finding.number}`
    const before = memory.told(name)?.at
    if (before === undefined || nowMs - before >= SILENCE_QUIET_MS)
      wanted.push({ alert: alertOfSilence(finding), names: [{ name, value: '' }] })
  }
  for (const dispute of facts.overdue) {
    const { due } = dispute
    const name = `dispute ${dispute.id} ${due?.what} ${due?.at}`
    if (due !== undefined && memory.told(name) === undefined)
      wanted.push({ alert: alertOfDispute(dispute, due.what, due.of, due.at), names: [{ name, value: '' }] })
  }
  const room = Math.max(0, ALERTS_AN_HOUR - memory.lastHour)
  // What comes back or rises is said before what is only new.
  const ordered = wanted.toSorted((one, other) => rankOf(one.alert) - rankOf(other.alert))
  const single = ordered.slice(0, room)
  const rest = ordered.slice(room)
  const alerts = single.map(({ alert }) => alert)
  for (const { names } of single) remember.push(...names)
  if (rest.length > 0 && memory.isSummed)
    return { alerts, remember, waiting: rest.flatMap(({ group }) => (group === undefined ? [] : [group])) }
  if (rest.length > 0) alerts.push(summaryOf(rest.map(({ alert }) => alert)))
  for (const { names } of rest) remember.push(...names)
  return { alerts, remember, waiting: [] }
}

/** Writes the digest of a day; one short line where nothing happened. */
export function writeDigest(
  { groups, silences, overdue }: AlertFacts,
  carriers: readonly CarrierDay[],
  nowMs: number,
): Alert {
  const day = new Date(nowMs).toISOString().slice(0, 10)
  const active = groups.filter(({ state, recent }) => recent.hits > 0 && state !== 'ignored' && state !== 'resolved')
  const suspected = silences.filter(({ kind }) => kind === 'suspected')
  const thin = silences.filter(({ kind }) => kind === 'thin').length
  const calls = carriers.reduce((sum, one) => sum + one.calls, 0)
  const refused = carriers.reduce((sum, one) => sum + one.refused, 0)
  const head = `${count(calls, 'call')} in the last 24 hours, ${refused} refused${calls === 0 ? '' : ` (${percent(refused, calls)})`}`
  const thread = 'monitor digest'
  if (active.length + suspected.length + overdue.length === 0)
    return { kind: 'digest', thread, subject: `Calls ${day}: no blocks`, text: `${head}; no blocks seen.\n` }
  const parts = [`${head}.`]
  for (const state of ['regressed', 'escalating', 'new', 'ongoing'] as const)
    parts.push(section(HEADS[state], active.filter((group) => group.state === state).map(lineOfGroup)))
  const shares = carriers.filter((one) => one.refused > 0).toSorted((one, other) => other.refused - one.refused)
  parts.push(
    section(
      'Refused calls by carrier',
      shares.map(
        (one) =>
          `${plain(one.carrier) || 'unknown'}: ${one.refused} of ${one.calls} (${percent(one.refused, one.calls)})`,
      ),
    ),
    section('Overdue disputes', overdue.map(lineOfDispute)),
    section('Suspected silent blocks: a suspicion, not a fact', suspected.map(lineOfSilence)),
    thin === 0 ? '' : `For ${thin} of our numbers there were too few calls to say anything about silent blocks.`,
    'Next: npx recourse groups list',
  )
  const subject = `Calls ${day}: ${count(active.length, 'group')} of blocks${overdue.length === 0 ? '' : `, ${overdue.length} overdue`}`
  return { kind: 'digest', thread, subject, text: `${parts.filter((part) => part !== '').join('\n\n')}\n` }
}

/** A text of an outsider in one harmless line: no control characters, nothing that turns the order of letters, bounded. */
export function plain(text: string): string {
  const harmless = text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '?').trim()
  return harmless.length > NAME_MAX ? `${harmless.slice(0, NAME_MAX)}…` : harmless
}

/** A proven block is told at once; one that the answer cannot prove from `UNPROVEN_CALLS` calls a day on. */
function matters({ key, recent }: AlertGroup): boolean {
  return key.standing === 'proven' || recent.hits >= UNPROVEN_CALLS
}

function isAlerting(state: GroupState): state is 'new' | 'escalating' | 'regressed' {
  return state === 'new' || state === 'escalating' || state === 'regressed'
}

function alertOfGroup(group: AlertGroup, state: 'new' | 'escalating' | 'regressed'): Alert {
  const { id, key, first, last, calls, recent, numbers } = group
  const who = whoOf(group)
  const text = [
    `${TOLD[state]}: ${who} refuses calls${key.block === '' ? '' : ` from our numbers ${plain(key.block)}xxx`}, with ${plain(key.reason)}.`,
    '',
    `What it proves   ${PROVES[key.standing]}`,
    `First seen       ${minute(first)}`,
    `Last seen        ${minute(last)}`,
    `Last 24 hours    ${recent.hits} of ${recent.of} calls${recent.of === 0 ? '' : ` (${percent(recent.hits, recent.of)})`}`,
    `In all           ${calls} calls, ${numbers} of our numbers`,
    '',
    'What to do',
    `  npx recourse groups show ${id}`,
    `  npx recourse observations list --group ${id}`,
    `  npx recourse disputes open --group ${id}`,
    '',
  ].join('\n')
  return { kind: state, thread: `monitor group ${id}`, subject: cut(`${SUBJECTS[state]}: ${who}, group ${id}`), text }
}

function alertOfSilence(finding: SilenceFinding): Alert {
  const text = [
    'Calls may be blocked without a word. This is a suspicion from counts, not a fact:',
    '',
    `  ${lineOfSilence(finding)}`,
    '',
    'What to do: call the number of somebody you know behind that carrier, and look at',
    '  npx recourse groups silent',
    '',
  ].join('\n')
  const subject = `Suspected silent block: ${plain(finding.number) || 'calls without a number'} at ${plain(finding.carrier) || 'an unknown carrier'}`
  return { kind: 'silence', thread: 'monitor silence', subject: cut(subject), text }
}

function alertOfDispute(dispute: Dispute, what: string, of: 'blocker' | 'us', at: number): Alert {
  const blocker = plain(dispute.subject.blocker)
  const text = [
    of === 'us'
      ? `A dispute with ${blocker} waits for us: ${DUE[what] ?? what} was due ${minute(at)}.`
      : `${blocker} owes us ${DUE[what] ?? what} since ${minute(at)}.`,
    '',
    'What to do',
    `  npx recourse disputes show ${dispute.id}`,
    '',
  ].join('\n')
  return {
    kind: 'overdue',
    thread: `monitor dispute ${dispute.id}`,
    subject: cut(`Overdue: dispute with ${blocker}`),
    text,
  }
}

function summaryOf(alerts: readonly Alert[]): Alert {
  const text = [
    `More happened than is told one by one (${ALERTS_AN_HOUR} an hour):`,
    '',
    ...listOf(alerts.map(({ subject }) => subject)),
    '',
    'What to do',
    '  npx recourse groups list',
    '',
  ].join('\n')
  return { kind: 'more', thread: 'monitor', subject: `${alerts.length} more alerts about our calls`, text }
}

function lineOfGroup(group: AlertGroup): string {
  const { id, key, recent, calls } = group
  const share = recent.of === 0 ? '' : ` of ${recent.of} (${percent(recent.hits, recent.of)})`
  return `group ${id}: ${whoOf(group)}, ${plain(key.block)}xxx, ${plain(key.reason)}, ${key.standing}: ${recent.hits}${share} today, ${calls} in all`
}

function lineOfSilence({ carrier, number, sign, recent, baseline, q }: SilenceFinding): string {
  const shares = `${recent.hits} of ${recent.of} calls (${percent(recent.hits, recent.of)}) in the last day, ${baseline.hits} of ${baseline.of} (${percent(baseline.hits, baseline.of)}) before`
  return `${plain(number) || 'calls without a number'} at ${plain(carrier) || 'an unknown carrier'}: ${SIGNS[sign]}: ${shares}; false discovery rate ${q.toPrecision(2)}`
}

function lineOfDispute({ id, subject, due }: Dispute): string {
  const what = due === undefined ? '' : `: ${DUE[due.what]} due ${minute(due.at)} ${due.of === 'us' ? 'from us' : ''}`
  return `dispute ${id} with ${plain(subject.blocker)}${what}`.trimEnd()
}

function whoOf({ key }: AlertGroup): string {
  return plain(key.blocker) || 'somebody unknown'
}

function section(head: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : [head, ...listOf(lines)].join('\n')
}

function listOf(lines: readonly string[]): string[] {
  const shown = lines.slice(0, LISTED_MAX).map((line) => `  ${line}`)
  return lines.length > LISTED_MAX ? [...shown, `  and ${lines.length - LISTED_MAX} more`] : shown
}

function rankOf({ kind }: Alert): number {
  return RANKS.indexOf(kind)
}

function count(many: number, one: string): string {
  return `${many} ${one}${many === 1 ? '' : 's'}`
}

function percent(hits: number, of: number): string {
  return of === 0 ? 'none' : `${((100 * hits) / of).toFixed(1)} %`
}

function minute(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

function cut(subject: string): string {
  return subject.length > SUBJECT_MAX ? `${subject.slice(0, SUBJECT_MAX - 1)}…` : subject
}

const RANKS: readonly AlertKind[] = ['regressed', 'overdue', 'escalating', 'new', 'silence']
const TOLD = { new: 'A new block', escalating: 'A block that grows', regressed: 'A block that was lifted is back' }
const SUBJECTS = { new: 'New block', escalating: 'Block grows', regressed: 'Block is back' }
const HEADS = { regressed: 'Back after a lift', escalating: 'Growing', new: 'New', ongoing: 'Going on' }
const PROVES = {
  proven: 'a network did it: its answer says so',
  unproven: 'nothing: a network or a person, the answer cannot tell',
  person: 'a person refused',
}
const SIGNS = {
  busy: 'busy',
  unavailable: 'unavailable',
  overload: 'overloaded',
  shortRing: 'refused after a short ring',
}
const DUE: Readonly<Record<string, string>> = {
  status: 'a status',
  answer: 'an answer',
  file: 'filing it',
  confirm: 'following the link that confirms it',
  reply: 'our reply',
  retest: 'another call that shows the lift',
}
/** Single alerts in an hour; what goes beyond comes in one summary. */
export const ALERTS_AN_HOUR = 10
/** Refused calls in a day from which on a new group without proof is told of. */
export const UNPROVEN_CALLS = 5
/** The same group in the same state is not told of again within this, whatever it was between. */
export const QUIET_MS = NEW_MS
export const SILENCE_QUIET_MS = 7 * 86_400_000
/** Lines of a list in one message. */
export const LISTED_MAX = 20
const NAME_MAX = 120
const SUBJECT_MAX = 150
