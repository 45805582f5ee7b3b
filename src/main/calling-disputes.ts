import { randomBytes } from 'node:crypto'
import { isMailbox } from '#codec/notice/contact.ts'
import type { DisputeSubject } from '#core/dispute/dispute-event.ts'
import type { Dispute } from '#core/dispute/dispute.ts'
import { type Disputant, writeDispute, writeForm } from '#core/dispute/dispute-text.ts'
import {
  type Step,
  type StepTerms,
  acknowledge,
  closeDispute,
  fileDispute,
  noteAnswer,
  noteNews,
  noteReply,
  noteRetest,
  noteSeen,
  noteWords,
  openDispute,
  reopenDispute,
} from '#core/dispute/steps.ts'
import { knownBlocker } from '#core/observe/directory.ts'
import {
  type Ask,
  type NoAnswer,
  askCase,
  askChallenge,
  askNotice,
  fileClaim,
  formatClaim,
  keyOf,
  nextAsk,
  postAnswer,
} from '#edge/dispute/desk-client.ts'
import {
  type DisputeRecord,
  type Disputes,
  type Doer,
  type Outcome,
  type Refusal,
  refuse,
} from '#edge/http/calling/ports.ts'
import type { CallingReader } from '#edge/store/calling-reader.ts'
import type { DisputeStore } from '#edge/store/dispute-store.ts'
import type { MonitorStore } from '#edge/store/monitor-store.ts'
import { createRetest } from './calling-retest.ts'
import { freshId } from './dispute-room.ts'
import { eventsInWords, subjectOfGroup, subjectOfNumbers } from './dispute-subject.ts'
import { contactOf } from './disputes-file.ts'
import { blockedSince, settleGroup } from './disputes-follow.ts'
import { contactsOf } from './calling.ts'

/** What disputes are worked on with. */
export type DisputeParts = {
  readonly store: DisputeStore
  readonly monitor: MonitorStore
  readonly reader: CallingReader
  readonly now: () => number
  /** How desks are asked, within the guards of the configuration. */
  readonly ask: Ask
  /** Who asks, unless a person says something else. */
  readonly who: { readonly name: string; readonly email: string | undefined }
  /** Addresses and ranges, besides this machine, where a call may be placed to test a lift. */
  readonly allowed: () => readonly string[]
}

/** Disputes as people inside work on them: each step is a person's, and a desk is asked only where she asks for it. */
export function createDisputes(parts: DisputeParts): Disputes {
  const { store, monitor, reader, now, ask, who, allowed } = parts
  const place = createRetest(allowed)
  const termsOf = (by: Doer): StepTerms => ({ by: by.name, at: now() })

  /** Finds a dispute as somebody saw it, and does one thing with it. */
  const find = (id: string, seen: number | undefined): Dispute | Refusal => {
    const dispute = store.dispute(id, now())
    if (dispute === undefined) return NOT_THERE
    if (seen === undefined || seen === dispute.seq) return dispute
    return refuse('changed', `the dispute has come to event ${dispute.seq} meanwhile: read it again`)
  }
  const record = (id: string, step: Step, also: Parameters<DisputeStore['record']>[1] = {}): Outcome<number> => {
    if (step.kind === 'refused') return refuse('bad-field', step.problem)
    if (store.record(step.events, also) === 'behind')
      return refuse('changed', 'somebody else did something with it just now: read it again')
    return { kind: 'done', value: store.dispute(id, now())!.seq }
  }
  const step = (id: string, seen: number | undefined, work: (dispute: Dispute) => Step): Outcome<number> => {
    const dispute = find(id, seen)
    return isRefusal(dispute) ? dispute : record(id, work(dispute))
  }

  const claimOf = (subject: DisputeSubject, claim: Parameters<Disputes['draft']>[1]) => {
    const { name, email, organisation, tel, isForCustomer, purpose, changed } = claim
    const address = blank(email) ?? who.email
    if (address !== undefined && !isMailbox(address))
      return refuse('bad-field', 'expected an address such as ann@clinic.example.com', '/email')
    const disputant: Disputant = {
      name: blank(name) ?? who.name,
      organisation: blank(organisation),
      email: address,
      tel: blank(tel),
      isForCustomer: isForCustomer === true,
    }
    return {
      kind: 'claim' as const,
      subject: { ...subject, purpose: purpose ?? subject.purpose, changed: changed ?? subject.changed },
      disputant,
    }
  }

  return {
    list(filter, after, limit) {
      const { isOverdue, ...rest } = filter
      const page = reader.byDue({ ...rest, dueBefore: isOverdue === true ? now() : undefined }, after, limit)
      const rows = page.ids.flatMap((id) => {
        const dispute = store.dispute(id, now())
        return dispute === undefined ? [] : [disputeRecord(dispute)]
      })
      return { rows, after: page.after }
    },

    file(id) {
      const dispute = store.dispute(id, now())
      if (dispute === undefined) return undefined
      const { subject, filing, news, outcome } = dispute
      const events = store.events(id)
      const told = eventsInWords(events)
      const known = knownBlocker(subject.blocker)
      return {
        ...disputeRecord(dispute),
        allNumbers: [...subject.numbers],
        filing: filing && { ...filing },
        news: news && { ...news, due: iso(news.due) },
        outcome,
        answeredAt: iso(dispute.answeredAt),
        liftedAt: iso(dispute.liftedAt),
        verifiedAt: iso(dispute.verifiedAt),
        regressedAt: iso(dispute.regressedAt),
        receipts: [...subject.receipts],
        urls: [...subject.urls],
        calls: subject.calls.map((call) => ({ ...call, at: new Date(call.at).toISOString() })),
        purpose: subject.purpose,
        changed: subject.changed,
        events: events.map((event, index) => ({
          seq: event.seq,
          at: new Date(event.at).toISOString(),
          by: event.by,
          kind: event.kind,
          words: told[index]!,
        })),
        contacts: contactsOf(monitor.contacts(subject.blocker)),
        known: known && { name: known.name, says: known.says, source: known.source, date: known.date },
        who: { name: who.name, email: who.email },
        paths: [...allowed()],
      }
    },

    open(opening, by) {
      const numbers = (opening.numbers ?? []).map((number) => number.replaceAll(/[ ().-]/g, ''))
      const wrong = numbers.findIndex((number) => !/^\+?\d{1,15}$/.test(number))
      if (wrong >= 0)
        return refuse('bad-field', 'expected a number as calls carry it, such as +12125550117', `/numbers/${wrong}`)
      const said = {
        numbers,
        blocker: blank(opening.blocker),
        receipts: blank(opening.receipt) === undefined ? [] : [opening.receipt!],
        urls: blank(opening.url) === undefined ? [] : [opening.url!],
        purpose: opening.purpose ?? '',
        changed: opening.changed ?? '',
      }
      const id = freshId()
      if (opening.group === undefined) {
        if (numbers.length === 0)
          return refuse('bad-field', 'expected a group, or a number of yours that is blocked', '/numbers')
        return opened(record(id, openDispute(id, subjectOfNumbers(said), termsOf(by))), id)
      }
      const group = monitor.group(opening.group, now())
      if (group === undefined) return refuse('bad-field', 'expected the number of a group that is kept here', '/group')
      const [open] = opening.again === true ? [] : store.openOf(group.id)
      if (open !== undefined) return refuse('conflict', `dispute ${open} of this group is open`)
      return opened(record(id, openDispute(id, subjectOfGroup(monitor, group, said), termsOf(by))), id)
    },

    draft(id, claim) {
      const dispute = find(id, undefined)
      if (isRefusal(dispute)) return dispute
      const found = claimOf(dispute.subject, claim)
      if (isRefusal(found)) return found
      const { subject, disputant } = found
      const form = writeForm(subject, disputant, knownBlocker(subject.blocker))
      return { kind: 'done', value: { ...writeDispute(subject, disputant), form: [...form] } }
    },

    async check(id, to) {
      const dispute = find(id, undefined)
      if (isRefusal(dispute)) return dispute
      if (!URL.canParse(to)) return refuse('bad-field', 'expected a page such as https://redress.example/r/…', '/to')
      const { host } = new URL(to)
      const asked = await askNotice(ask, to)
      if (asked.kind !== 'speaks') return { kind: 'done', value: { speaks: false, host, why: whyOf(asked) } }
      const { file, desk } = asked.notice
      return { kind: 'done', value: { speaks: true, host: new URL(file).host, desk, why: '' } }
    },

    async fileByApi(id, { to, host, ...claim }, by, seen) {
      const dispute = find(id, seen)
      if (isRefusal(dispute)) return dispute
      const found = claimOf(dispute.subject, claim)
      if (isRefusal(found)) return found
      const { subject, disputant } = found
      if (subject.purpose.trim() === '') return refuse('bad-field', 'expected what the calls are for', '/purpose')
      if (disputant.email === undefined) return refuse('bad-field', 'expected where answers go', '/email')
      if (!URL.canParse(to)) return refuse('bad-field', 'expected a page such as https://redress.example/r/…', '/to')
      const asked = await askNotice(ask, to)
      if (asked.kind !== 'speaks') return refuse('conflict', `${new URL(to).host}: ${whyOf(asked)}; nothing was sent`)
      const { file, desk, statusWithinMs } = asked.notice
      const target = new URL(file)
      if (target.host !== host)
        return refuse('conflict', `the page names ${target.host} now, and not ${host}: look again; nothing was sent`)
      const text = formatClaim(subject, disputant)
      const filed = await fileClaim(ask, file, text, keyOf(store.seed(id, randomBytes(32)), text))
      if (filed.kind !== 'filed') return refuse('conflict', `${target.host}: ${whyOf(filed)}; nothing was noted`)
      const { reference, status, needsConfirmation } = filed.filed
      const filing = {
        way: 'api',
        to: `${desk}, ${target.origin}`,
        reference,
        isFollowed: true,
        needsConfirmation,
        ...(statusWithinMs !== undefined && { statusWithinMs }),
      } as const
      const current = store.dispute(id, now()) ?? dispute
      return record(id, fileDispute(current, filing, termsOf(by)), {
        contact: contactOf(to),
        statusUrl: status,
        filed: { by, with: target.host },
      })
    },

    noteFiled(id, { way, to, reference }, by, seen) {
      const filing = { way, to, reference: blank(reference), isFollowed: false, needsConfirmation: false }
      const dispute = find(id, seen)
      if (isRefusal(dispute)) return dispute
      return record(id, fileDispute(dispute, filing, termsOf(by)), {
        contact: contactOf(to),
        filed: { by, with: `${way}, by hand` },
      })
    },

    say: (id, what, text, by, seen) => step(id, seen, (dispute) => SAYINGS[what](dispute, text, termsOf(by))),

    async reply(id, text, by, seen) {
      const dispute = find(id, seen)
      if (isRefusal(dispute)) return dispute
      const status = store.statusUrl(id)
      if (status === undefined) return record(id, noteReply(dispute, text, termsOf(by)))
      const found = await askCase(ask, status)
      if (found.kind !== 'case') return refuse('conflict', `${hostOf(status)}: ${whyOf(found)}; nothing was sent`)
      const href = found.found.links.get('answers')
      if (href === undefined) return refuse('conflict', 'the desk asks nothing just now, and nothing was sent')
      const posted = await postAnswer(ask, status, href, text)
      if (posted.kind !== 'case') return refuse('conflict', `${hostOf(status)}: ${whyOf(posted)}; nothing was noted`)
      const noted = step(id, undefined, (current) => noteReply(current, text, termsOf(by)))
      if (noted.kind === 'refused') return noted
      return step(id, undefined, (current) => noteNews(current, posted.found.news, termsOf(by)))
    },

    noteOutcome(id, { outcome, text, heardAt, liftedAt }, by, seen) {
      const answer = {
        outcome,
        words: text,
        liftedAt: liftedAt === undefined ? undefined : Date.parse(liftedAt),
        heardAt: heardAt === undefined ? undefined : Date.parse(heardAt),
      }
      const terms = termsOf(by)
      const done = step(id, seen, (dispute) => noteAnswer(dispute, answer, terms))
      if (done.kind === 'done') settleGroup(monitor, store.dispute(id, now())!, terms)
      return done
    },

    async prove(id, asked) {
      const dispute = find(id, undefined)
      if (isRefusal(dispute)) return dispute
      const number = asked ?? dispute.subject.numbers[0]
      if (number === undefined || !dispute.subject.numbers.includes(number))
        return refuse('bad-field', 'expected a number of this dispute', '/number')
      const status = store.statusUrl(id)
      if (status === undefined)
        return refuse('conflict', 'it was not filed by API: ask the blocker how a number is proved')
      const found = await askCase(ask, status)
      if (found.kind !== 'case') return refuse('conflict', `${hostOf(status)}: ${whyOf(found)}`)
      const href = found.found.links.get('challenges')
      if (href === undefined) return refuse('conflict', 'the desk asks for no proof by a call just now')
      const got = await askChallenge(ask, href, number)
      if (got.kind !== 'challenge') return refuse('conflict', `${hostOf(status)}: ${whyOf(got)}`)
      const { dial, until } = got.challenge
      return { kind: 'done', value: { number, dial, until: iso(until) } }
    },

    async retest(id, asked, by, seen) {
      const dispute = find(id, seen)
      if (isRefusal(dispute)) return dispute
      const placed = await place(dispute, asked)
      if (isRefusal(placed)) return placed
      // What was seen of the dispute may have gone on while the call rang: what the call showed is noted all the same.
      const noted = step(id, undefined, (current) => noteRetest(current, placed, termsOf(by)))
      return noted.kind === 'refused' ? noted : { kind: 'done', value: { seq: noted.value, ...placed } }
    },

    async poll(id, by) {
      const before = find(id, undefined)
      if (isRefusal(before)) return before
      const url = store.statusUrl(id)
      if (url !== undefined) {
        const last = store.asked(id)
        if (last !== undefined && last.told > now())
          return refuse('conflict', `the desk asked not to be asked before ${iso(last.told)}`)
        const answer = await askCase(ask, url)
        const at = now()
        const unchanged = (last?.unchanged ?? 0) + 1
        if (answer.kind !== 'case') {
          const told = answer.kind === 'later' ? at + answer.afterMs : 0
          store.noteAsked(id, { at, unchanged, notBefore: nextAsk(at, unchanged), told })
          return refuse('conflict', `${hostOf(url)}: ${whyOf(answer)}`)
        }
        const done = step(id, undefined, (current) => noteNews(current, answer.found.news, termsOf(by)))
        if (done.kind === 'refused') return done
        const still = done.value === before.seq ? unchanged : 0
        store.noteAsked(id, { at, unchanged: still, notBefore: nextAsk(at, still), told: 0 })
      }
      settleGroup(monitor, store.dispute(id, now())!, termsOf(by))
      const blockedAt = blockedSince(monitor, store.dispute(id, now())!, store.events(id))
      if (blockedAt === undefined) return { kind: 'done', value: store.dispute(id, now())!.seq }
      return step(id, undefined, (current) => noteSeen(current, 'blocked', blockedAt, termsOf(by)))
    },
  }
}

function opened(done: Outcome<number>, id: string): Outcome<string> {
  return done.kind === 'done' ? { kind: 'done', value: id } : done
}

function disputeRecord(dispute: Dispute): DisputeRecord {
  const { id, seq, status, subject, openedAt, filedAt, filing, due, isOverdue } = dispute
  return {
    id,
    seq,
    status,
    blocker: subject.blocker,
    group: subject.group,
    numbers: subject.numbers.slice(0, NUMBERS_SHOWN),
    numberCount: subject.numbers.length,
    openedAt: new Date(openedAt).toISOString(),
    filedAt: iso(filedAt),
    way: filing?.way,
    due: due && { what: due.what, of: due.of, at: new Date(due.at).toISOString() },
    isOverdue,
  }
}

function isRefusal(value: object): value is Refusal {
  return 'kind' in value && value.kind === 'refused'
}

function whyOf(answer: NoAnswer): string {
  if (answer.kind === 'later') return `it asks to come again in ${Math.ceil(answer.afterMs / 1_000)} s: ${answer.why}`
  if (answer.kind === 'refused') return `it does not take it: ${answer.why}`
  if (answer.kind === 'other') return `it does not speak the desk API: ${answer.why}`
  return `it was not asked: ${answer.why}`
}

function hostOf(url: string): string {
  return new URL(url).host
}

function blank(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === '' ? undefined : text
}

function iso(at: number | undefined): string | undefined {
  return at === undefined ? undefined : new Date(at).toISOString()
}

const SAYINGS = { note: noteWords, heard: acknowledge, close: closeDispute, reopen: reopenDispute } as const
const NOT_THERE = refuse('not-found', 'expected the id of a dispute that is kept here')
const NUMBERS_SHOWN = 3
