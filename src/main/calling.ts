import { annotate } from '#codec/notice/annotate.ts'
import { RULES, type RuleId } from '#codec/notice/rules.ts'
import { Message } from '#codec/sip/message.ts'
import { OPEN_STATES, needsSomebody, tellCalling } from '#core/observe/calling-words.ts'
import type { Damage } from '#core/observe/damage.ts'
import { type ContactRecord, type DirectoryContact, type Measured, makeDirectory } from '#core/observe/directory.ts'
import type { GroupMark, GroupState } from '#core/observe/group.ts'
import { standingOf } from '#core/observe/refusal.ts'
import type { SilenceFinding } from '#core/observe/silence.ts'
import { type Calling, type GroupRecord, type ObservationRecord, refuse } from '#edge/http/calling/ports.ts'
import type { CallingReader } from '#edge/store/calling-reader.ts'
import type { Group, ObservationFile, ObservationRow } from '#edge/store/monitor-reader.ts'
import type { MonitorStore } from '#edge/store/monitor-store.ts'
import { visible } from './words.ts'

/** What the calling side is looked at through. */
export type CallingParts = {
  readonly monitor: MonitorStore
  readonly reader: CallingReader
  readonly now: () => number
  /** Looks for suspected silent blocks, in a thread of its own. */
  readonly findSilence: (nowMs: number) => Promise<readonly SilenceFinding[]>
}

/** The calling side as its own people look at it, over the store that the monitor fills. */
export function createCalling({ monitor, reader, now, findSilence }: CallingParts): Calling {
  let silence: { readonly until: number; readonly found: ReturnType<Calling['silence']> } | undefined

  const recordsOf = (groups: readonly Group[]): GroupRecord[] => {
    const disputes = reader.openByGroup(groups.map(({ id }) => id))
    return groups.map((group) => groupRecord(group, disputes.get(group.id) ?? []))
  }

  return {
    summary() {
      const at = now()
      const groups = monitor.groups({}, at)
      const open = groups.filter(({ state }) => OPEN_STATES.includes(state))
      const byId = new Map(open.map((group) => [group.id, group]))
      const { numbers, count } = reader.blockedNumbers([...byId.keys()], NUMBERS_SHOWN)
      const days = reader.lastDay(
        numbers.map(({ number }) => number),
        at,
      )
      const { open: openDisputes, overdue, byStatus } = reader.openDisputes(at)
      const ours = OURS.reduce((sum, status) => sum + (byStatus.get(status) ?? 0), 0)
      const states = new Map<GroupState, number>()
      for (const { state } of groups) states.set(state, (states.get(state) ?? 0) + 1)
      const isEmpty = monitor.isEmpty()
      const blockers = new Set(open.map(({ key }) => key.blocker)).size
      const facts = { isEmpty, numbers: count, blockers, states, disputes: { open: openDisputes, overdue, ours } }
      return {
        at: iso(at),
        words: tellCalling(facts),
        isEmpty,
        needsSomebody: needsSomebody(facts),
        numbers: numbers.map(({ number, first, last, calls, groups: ids }) => {
          const day = days.get(number) ?? { refused: 0, ended: 0 }
          return {
            number,
            since: iso(first),
            last: iso(last),
            calls,
            // Of a number beyond those that are counted apart nobody knows of how many.
            recent: { hits: day.refused, of: day.ended >= day.refused ? day.ended : 0 },
            by: ids.flatMap((id) => {
              const group = byId.get(id)
              if (group === undefined) return []
              return { group: id, blocker: group.key.blocker, state: group.state, standing: group.key.standing }
            }),
          }
        }),
        numberCount: count,
        blockers,
        states: Array.from(states, ([state, of]) => ({ state, groups: of })),
        disputes: facts.disputes,
        sources: monitor
          .places()
          .toSorted((one, other) => other.at - one.at)
          .slice(0, SOURCES_SHOWN)
          .map(({ source, at: read }) => ({ source, at: iso(read) })),
      }
    },

    groups({ all, ...ask }) {
      const groups = monitor
        .groups(ask, now())
        .filter(({ state }) => all || ask.state !== undefined || OPEN_STATES.includes(state))
        .toSorted(
          (one, other) => URGENCY[one.state] - URGENCY[other.state] || other.last - one.last || one.id - other.id,
        )
      return { groups: recordsOf(groups), isEmpty: groups.length === 0 && monitor.isEmpty() }
    },

    group(id) {
      const group = monitor.group(id, now())
      if (group === undefined) return undefined
      const { rows } = monitor.observations({ group: id }, undefined, LOOKED)
      const files = rows.flatMap((row) => monitor.observation(row.id) ?? [])
      return {
        ...recordsOf([group])[0]!,
        ownNumbers: monitor
          .groupNumbers(id, OWN_NUMBERS_SHOWN)
          .map(({ number, first, last, calls }) => ({ number, first: iso(first), last: iso(last), calls })),
        marks: monitor.marks(id).slice(0, MARKS_SHOWN).map(markRecord),
        observations: rows.slice(0, CALLS_SHOWN).map(observationRecord),
        damage: damageOf(files),
        looked: files.length,
      }
    },

    mark(id, { kind, note: said = '', effective }, by) {
      const at = now()
      const group = monitor.group(id, at)
      if (group === undefined) return refuse('not-found', 'expected the number of a group that is kept here')
      if (visible(said) !== said) return refuse('bad-field', 'expected a note of one line', '/note')
      const from = effective === undefined ? at : Date.parse(effective)
      if (from > at) return refuse('bad-field', 'expected a time that has come', '/effective')
      const { recent, earlier } = group
      const share = { hits: recent.hits + earlier.hits, of: recent.of + earlier.of }
      monitor.mark(id, { kind, at, effective: from, by: by.name, note: said, share }, by)
      return { kind: 'done', value: recordsOf([monitor.group(id, at)!])[0]! }
    },

    observations(ask, after, limit) {
      const { rows, after: next } = monitor.observations(ask, after, limit)
      return { rows: rows.map(observationRecord), after: next }
    },

    isEmpty: () => monitor.isEmpty(),

    observation(id) {
      const file = monitor.observation(id)
      return file && fileRecord(file)
    },

    silence() {
      const at = now()
      if (silence === undefined || silence.until <= at) {
        const found = findSilence(at).then((findings) => silenceRecord(at, findings))
        silence = { until: at + SILENCE_MS, found }
        found.catch(() => (silence = undefined))
      }
      return silence.found
    },

    directory() {
      const entries = makeDirectory(monitor.contacts(), monitor.disputeTimes())
      return {
        blockers: entries.map(({ first, last, signed, unsigned, answer, lift, known, ...entry }) => ({
          ...entry,
          first: first === undefined ? undefined : iso(first),
          last: last === undefined ? undefined : iso(last),
          signed: signed.map(contactRecord),
          unsigned: unsigned.map(contactRecord),
          answer: measuredRecord(answer),
          lift: measuredRecord(lift),
          known: known && { ...known, domains: [...known.domains], ways: [...known.ways] },
        })),
      }
    },
  }
}

/** A contact of the directory, as lists and disputes show it. */
export function contactRecord({ kind, way, value, isSigned, first, last, calls, answer, lift }: DirectoryContact) {
  return {
    kind,
    way,
    value,
    isSigned,
    first: iso(first),
    last: iso(last),
    calls,
    answer: measuredRecord(answer),
    lift: measuredRecord(lift),
  }
}

/** Contacts of one blocker, signed ones first. */
export function contactsOf(contacts: readonly ContactRecord[]) {
  const [entry] = makeDirectory(contacts, [], [])
  return [...(entry?.signed ?? []), ...(entry?.unsigned ?? [])].map(contactRecord)
}

function measuredRecord({ filed, count, medianMs, slowestMs }: Measured) {
  return { filed, count, medianMs, slowestMs }
}

function groupRecord(group: Group, disputes: readonly string[]): GroupRecord {
  const { id, state, key, calls, numbers, first, last, recent, earlier, firstAfterMark, mark } = group
  return {
    id,
    state,
    ...key,
    calls,
    numbers,
    first: iso(first),
    last: iso(last),
    recent: { ...recent },
    earlier: { ...earlier },
    regressedAt: firstAfterMark === undefined ? undefined : iso(firstAfterMark),
    mark: mark === undefined ? undefined : markRecord(mark),
    disputes: [...disputes],
  }
}

function markRecord({ kind, at, effective, by, note }: GroupMark) {
  return { kind, at: iso(at), effective: iso(effective), by, note }
}

function observationRecord(row: ObservationRow): ObservationRecord {
  const { id, at, from, to, carrier, blocker, standing, reason, status, group, source, evidence } = row
  return { id, at: iso(at), from, to, carrier, blocker, standing, reason, status, group, source, evidence }
}

function fileRecord(file: ObservationFile) {
  const { refusal, answer, ringMs, setupMs } = file
  const response = new Message()
  const isRead = answer !== undefined && response.read(answer)
  const explained = answer === undefined ? undefined : annotate(response)
  const ruling = standingOf(refusal, response, !isRead)
  return {
    ...observationRecord(file),
    phrase: refusal.phrase,
    setupMs,
    ringMs,
    who: refusal.who,
    why: refusal.why,
    ruling: { why: ruling.why, cite: ruling.cite },
    contest: { ...refusal.contest },
    noticeId: refusal.id,
    callId: refusal.callId,
    damage: refusal.damage.map(damageRecord),
    faults: refusal.faults.map(({ rule, severity, text }) => ({ rule, severity, text, cite: RULES[rule].cite })),
    answer: answer === undefined ? undefined : Buffer.from(answer).toString('utf8'),
    parts: (explained?.parts ?? []).map(({ faults, ...part }) => ({ ...part, faults: faults.map(ruleInWords) })),
    missing: (explained?.missing ?? []).map(faultOf),
  }
}

function faultOf(rule: RuleId) {
  const { severity, text, cite } = RULES[rule]
  return { rule, severity, text, cite }
}

function ruleInWords(rule: RuleId): string {
  const { text, cite } = RULES[rule]
  return `${rule}: ${text} (${cite})`
}

/** What was done to the notices of some calls, each kind once by its likeliest words, the most frequent first. */
function damageOf(files: readonly ObservationFile[]) {
  const kinds = new Map<string, { readonly damage: Damage; calls: number }>()
  for (const { refusal } of files)
    for (const damage of refusal.damage) {
      const known = kinds.get(damage.kind)
      if (known === undefined) kinds.set(damage.kind, { damage, calls: 1 })
      else known.calls++
    }
  return [...kinds.values()]
    .toSorted((one, other) => other.calls - one.calls)
    .map(({ damage, calls }) => ({ damage: damageRecord(damage), calls }))
}

function damageRecord({ kind, sureness, text, cite, seen, culprits }: Damage) {
  const version = ({ reasons, ...rest }: NonNullable<Damage['seen']>['before']) => ({ ...rest, reasons: [...reasons] })
  return {
    kind,
    sureness,
    text,
    cite,
    seen: seen && { before: version(seen.before), after: version(seen.after) },
    culprits: culprits.map((culprit) => ({ ...culprit })),
  }
}

function silenceRecord(at: number, findings: readonly SilenceFinding[]) {
  const count = (kind: SilenceFinding['kind']) => findings.filter((finding) => finding.kind === kind).length
  return {
    at: iso(at),
    looked: findings.length,
    thin: count('thin'),
    suspected: count('suspected'),
    findings: findings
      .filter(({ kind }) => kind !== 'thin')
      .slice(0, FINDINGS_SHOWN)
      .map(({ recent, baseline, ...finding }) => ({ ...finding, recent: { ...recent }, baseline: { ...baseline } })),
  }
}

function iso(at: number): string {
  return new Date(at).toISOString()
}

/** What wants somebody first. */
const URGENCY: Readonly<Record<GroupState, number>> = {
  regressed: 0,
  escalating: 1,
  new: 2,
  ongoing: 3,
  ignored: 4,
  resolved: 5,
}
/** Statuses of disputes in which it is our turn. */
const OURS = ['draft', 'unconfirmed', 'question', 'lifted', 'partly-lifted', 'regressed'] as const
const NUMBERS_SHOWN = 50
const OWN_NUMBERS_SHOWN = 100
const MARKS_SHOWN = 100
const SOURCES_SHOWN = 20
const FINDINGS_SHOWN = 200
const CALLS_SHOWN = 20
/** Calls of a group that are looked at for what was done to their notices. */
const LOOKED = 100
/** How long a search for silence is good for. */
const SILENCE_MS = 300_000
