// One thing: the registry's ports over its store. Each takes what is known, lets the core make a change of it, records that and
// only then answers; what they have in common is how a change that somebody was quicker with is made anew.
import { createHash, randomBytes } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { DialPlan } from '#core/call/number.ts'
import type { EvidenceFile } from '#core/redress/case-event.ts'
import type { EvidenceUpload, Refused, Visitor } from '#core/redress/desk.ts'
import type { ProofChallenge } from '#core/redress/proof.ts'
import { isMailAddress } from '#core/redress/parse.ts'
import { type BusinessFields, parseBusiness, parseWords } from '#core/registry/business.ts'
import { type LineFault, formatNumberCsv, readNumberLines } from '#core/registry/number-lines.ts'
import { type NumberSpan, formatSpan, parseSpan } from '#core/registry/number-span.ts'
import { exportLines, viewRegistration } from '#core/registry/registration-view.ts'
import { entriesOf, isLive, readRegistration } from '#core/registry/registration.ts'
import type { FreshToken, RegistryChange, RegistryTerms, StepRefused } from '#core/registry/registry-change.ts'
import type {
  Acting,
  Application,
  NumbersReport,
  Opened,
  OpenedFor,
  Overtaken,
  Registry,
  RegistryDone,
  Vetting,
  VettingDone,
} from '#core/registry/registry.ts'
import {
  type Known,
  type Stepped,
  type Vetter,
  addEvidence,
  addNumbers,
  answerQuestion,
  approve,
  ask,
  attend,
  attendAt,
  changeBusiness,
  confirmRegistration,
  correct,
  note,
  offerNumbers,
  openRegistration,
  proveByCall,
  proveByHand,
  refuseRegistration,
  relink,
  removeNumbers,
  renewRegistration,
  settleDispute,
  suspend,
  takeNumbers,
  vet,
  withdrawRegistration,
} from '#core/registry/steps.ts'
import type { RegistryStore } from '#edge/store/registry-store.ts'
import { StoreError } from '#edge/store/store-error.ts'
import { type IntakeFigures, IntakeLimits } from './intake-limits.ts'

/** What the registry is made of. */
export type RegistryParts = {
  readonly store: RegistryStore
  readonly terms: RegistryTerms
  /** How numbers without a plus are read; undefined where they are not. */
  readonly plan: DialPlan | undefined
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** A number to dial that none of `taken` is; undefined where nobody can prove a number by a call. */
  readonly assignDial: (taken: ReadonlySet<string>) => string | undefined
  /** Keeps a file outside of what is served. */
  readonly keepEvidence: (upload: EvidenceUpload) => Promise<EvidenceFile | Refused>
  /** Takes away a file that was kept for a step that then was refused. */
  readonly removeEvidence: (file: EvidenceFile) => void
  readonly readEvidence: (file: EvidenceFile) => Promise<Uint8Array | undefined>
  /** Told of faults of our own. */
  readonly alarm: (cause: unknown) => void
}

/** A call to a verification number that a gate saw. */
export type VerificationCall = {
  /** E.164, both. */
  readonly calling: string
  readonly called: string
  readonly at: number
  /** `full` where the number was attested by A and the signature verified; else a hint. */
  readonly strength: 'full' | 'hint'
  /** What was seen, in words. */
  readonly detail: string
}

/** The registry at work. */
export type RegistryRoom = {
  readonly registry: Registry
  readonly vetting: Vetting
  /** A gate saw a call to a verification number; true where a registration had asked for it. */
  readonly noteCall: (call: VerificationCall) => boolean
  /** What the time has brought: ends and reminders. To be called every few minutes; answers how many. */
  readonly attend: () => number
  /**
   * Sends the links that `relink` was asked for, and answers how many. To be called every few seconds, and before the end. What
   * the store does not take waits for the next time.
   */
  readonly sendLinks: () => number
  /** Who was told to come later, and why. */
  readonly figures: Readonly<IntakeFigures>
  /** Times that limits had to forget while they still counted. */
  readonly forgotten: () => number
}

/** Puts the registry together. It opens nothing and starts nothing: the store is the caller's to close. */
export function makeRegistry(parts: RegistryParts): RegistryRoom {
  const { store, terms, plan, now, alarm } = parts
  const limits = new IntakeLimits()
  const linksAsked = new Set<string>()

  /** Runs a step until nobody was quicker. */
  const settle = (id: string, make: (at: number) => Stepped | undefined): RegistryDone => {
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const change = make(now())
      if (change === undefined) return UNKNOWN
      if ('kind' in change) return change.kind === 'already' ? { kind: 'done', note: change.note } : change
      if (change.events.length === 0 && change.tokens.length === 0) return DONE
      if (store.record(change, (state) => attendAt(state, terms)) === 'recorded') return DONE
    }
    alarm(new Error(`registration ${id}: others were quicker ${TRIES_MAX} times`))
    return { kind: 'unsaved', retryAfterMs: RETRY_MS }
  }
  const guarded = <T>(work: () => T): T | Refused => {
    try {
      return work()
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      alarm(error)
      return { kind: 'unsaved', retryAfterMs: RETRY_MS }
    }
  }
  const idOf = (token: string, purpose: 'status' | 'confirm' = 'status'): string | undefined =>
    store.findByToken(hashOf(TOKEN.test(token) ? token : ''), purpose, now())
  const isLink = ({ hash }: FreshToken): boolean => store.findByToken(hash, 'status', now()) !== undefined
  /** A step of who has the private link. */
  const byHolder = async (
    token: string,
    from: Visitor,
    step: (known: Known, at: number) => Stepped,
    spans: readonly NumberSpan[] = [],
    also: readonly string[] = [],
  ): Promise<RegistryDone> => {
    const limited = limits.objectTo(from, undefined, now())
    if (limited !== undefined) return limited
    return guarded(() => {
      const id = idOf(token)
      if (id === undefined) return UNKNOWN
      return settle(id, (at) => {
        const known = store.knownWith(id, also, spans)
        return known && step(known, at)
      })
    })
  }
  /** A step of somebody inside, on what they have seen. */
  const byVetter = async (
    id: string,
    by: Acting,
    step: (known: Known, at: number) => Stepped,
    also: readonly string[] = [],
  ): Promise<VettingDone> => {
    let overtaken: Overtaken | undefined
    const done = guarded(() =>
      settle(id, (at) => {
        overtaken = overtakenOf(id, by)
        return overtaken === undefined ? withKnown(id, also, at, step) : nothing(at)
      }),
    )
    return overtaken ?? done
  }
  /** What happened since somebody looked; the store refuses what happens after this was asked. */
  const overtakenOf = (id: string, { seen }: Acting): Overtaken | undefined => {
    const seq = seen === undefined ? undefined : store.known(id)?.events.at(-1)?.seq
    return seq === undefined || seq === seen ? undefined : { kind: 'changed', seq }
  }
  const withKnown = (
    id: string,
    also: readonly string[],
    at: number,
    step: (known: Known, at: number) => Stepped,
  ): Stepped | undefined => {
    const own = store.known(id)
    if (own === undefined) return undefined
    // What was refused or has not been confirmed claims nothing yet: its numbers are looked up by themselves.
    const state = readRegistration(own.events, at)
    const spans = state === undefined || isLive(state) ? [] : Array.from(state.numbers.values(), ({ span }) => span)
    return step(store.knownWith(id, also, spans)!, at)
  }
  const open = (
    fields: BusinessFields,
    numbers: string,
    way: 'page' | 'api' | 'telephone' | 'mail' | 'letter' | 'command',
    by: Vetter | undefined,
    { id, status }: Names = { id: freshId(), status: freshToken() },
    faultyLines: Application['faultyLines'] = 'leave-out',
  ): Opened => {
    const read = parseBusiness(fields)
    const { lines, faults } = readNumberLines(numbers, plan)
    const report: NumbersReport = { added: lines.length, there: 0, faults }
    if (read.kind === 'faults') return { ...read, report: { ...report, added: 0 } }
    if (faults.length > 0 && faultyLines === 'refuse')
      return { kind: 'faults', faults: [], report: { ...report, added: 0 } }
    if (store.countUnconfirmed() >= UNCONFIRMED_MAX) {
      limits.figures.full++
      return { kind: 'full', retryAfterMs: FULL_RETRY_MS }
    }
    const confirm = freshToken()
    const done = settle(id, (at) =>
      openRegistration({ id, way, business: read.business, lines, status, confirm, by }, at, terms),
    )
    return done.kind === 'done' ? { kind: 'opened', id, token: status.token, report } : done
  }
  /** Lines as their holder names them; a refusal names the first that is none. */
  const readSpans = (text: string): readonly NumberSpan[] | StepRefused => {
    const spans: NumberSpan[] = []
    for (const line of text.split(/\r\n|\n|\r/)) {
      if (line.trim() === '') continue
      const span = parseSpan(line.trim(), plan)
      if ('kind' in span) return { kind: 'refused', field: 'numbers', problem: `expected ${span.expected}` }
      spans.push(span)
    }
    return spans
  }

  const registry: Registry = {
    async open({ way, fields, numbers, faultyLines }, from) {
      const names = from.once === undefined ? undefined : namesOf(from.once, fields, numbers)
      return guarded((): Opened => {
        // Who presses twice, or loads the answer again, is told the same, and it counts as nothing new.
        if (names !== undefined && store.known(names.id) !== undefined) {
          const { lines, faults } = readNumberLines(numbers, plan)
          const report = { added: lines.length, there: 0, faults }
          return { kind: 'opened', id: names.id, token: names.status.token, report }
        }
        const limited = limits.objectTo(from, fields.email?.trim(), now())
        return limited ?? open(fields, numbers, way, undefined, names, faultyLines)
      })
    },
    async isConfirmed(token) {
      return idOf(token, 'confirm') !== undefined && isLink(linkBehind(token))
    },
    async confirm(token) {
      const id = idOf(token, 'confirm')
      if (id === undefined) return { kind: 'unknown' }
      // The same each time: who presses again comes to the same page, and no other link or message is made.
      const fresh = linkBehind(token)
      const done = settle(id, (at) =>
        isLink(fresh)
          ? nothing(at)
          : withKnown(id, [], at, (known, at) => confirmRegistration(known, fresh, at, terms)),
      )
      return done.kind === 'done' ? { kind: 'confirmed', token: fresh.token } : { kind: 'unknown' }
    },
    async status(token) {
      const id = idOf(token)
      const known = id === undefined ? undefined : store.known(id)
      const at = now()
      const state = known && readRegistration(known.events, at)
      if (known === undefined || state === undefined) return undefined
      const offered = store.offersTo(known.id).flatMap((from) => {
        const giver = readRegistration(store.known(from)?.events ?? [], at)
        const numbers = giver?.offers.filter(({ to }) => to === known.id).flatMap(({ spans }) => spans.map(formatSpan))
        return numbers === undefined || numbers.length === 0 ? [] : [{ from, numbers }]
      })
      return viewRegistration(state, known.events, { challenges: store.challenges(known.id, at), offered })
    },
    async numbersCsv(token) {
      const id = idOf(token)
      const state = id === undefined ? undefined : readRegistration(store.known(id)?.events ?? [], now())
      return state && formatNumberCsv(exportLines(state))
    },
    async addNumbers(token, text, from) {
      const { lines, faults } = readNumberLines(text, plan)
      let report: NumbersReport = { added: 0, there: 0, faults }
      const done = await byHolder(
        token,
        from,
        (known, at) => {
          const { change, report: found } = addNumbers(known, lines, at, terms)
          report = { added: found.added, there: found.there, faults: [...faults, ...found.across.map(acrossFault)] }
          return change
        },
        lines.map(({ span }) => span),
      )
      return done.kind === 'done' ? { kind: 'taken', report } : done
    },
    async removeNumbers(token, text, from) {
      const spans = readSpans(text)
      if ('kind' in spans) return spans
      return byHolder(token, from, (known, at) => removeNumbers(known, spans, at, terms))
    },
    async challenge(token, number, from) {
      const limited = limits.objectTo(from, undefined, now())
      if (limited !== undefined) return limited
      return guarded((): ProofChallenge | Refused => {
        const id = idOf(token)
        const at = now()
        const state = id === undefined ? undefined : readRegistration(store.known(id)?.events ?? [], at)
        if (id === undefined || state === undefined) return UNKNOWN
        const span = parseSpan(number, plan)
        if ('kind' in span || span.first !== span.last)
          return { kind: 'refused', field: 'number', problem: 'expected one number, such as +12125550117' }
        if (state.status === 'withdrawn' || entriesOf(state, [span]).length === 0)
          return { kind: 'refused', field: 'number', problem: 'no line of this registration has this number' }
        const open = store.challenges(id, at)
        const same = open.find((one) => one.number === span.first)
        if (same !== undefined) return same
        if (open.length >= CHALLENGES_MAX)
          return { kind: 'limited', of: 'number', retryAfterMs: Math.max(RETRY_MS, open[0]!.until - at) }
        const dial = parts.assignDial(store.dialled(at))
        if (dial === undefined)
          return { kind: 'refused', field: 'number', problem: 'numbers cannot be proved by a call here: send a letter' }
        const challenge = { number: span.first, dial, from: at, until: at + CHALLENGE_MS }
        store.challenge(id, challenge)
        return challenge
      })
    },
    async addEvidence(token, upload, from) {
      // Before a file is kept: who has no link, asks too often or can add none fills no disk.
      const id = idOf(token)
      if (id === undefined) return UNKNOWN
      // Sent again, by a double click or because its answer was lost: it is there.
      const digest = createHash('sha256').update(upload.octets).digest('hex')
      const there = readRegistration(store.known(id)?.events ?? [], now())?.evidence.find(
        ({ hash, name }) => hash === digest && name === upload.name,
      )
      if (there !== undefined) return { kind: 'added', file: there }
      const limited = limits.objectTo(from, undefined, now())
      if (limited !== undefined) return limited
      const step = (file: EvidenceFile) => (at: number) => {
        const known = store.known(id)
        return known && addEvidence(known, file, at, terms)
      }
      const tried = step({ id: '', name: '', type: '', octets: 0, hash: '' })(now())
      if (tried === undefined) return UNKNOWN
      if ('kind' in tried) return tried.kind === 'already' ? UNKNOWN : tried
      const file = await parts.keepEvidence(upload)
      if ('kind' in file) return file
      const done = guarded(() => settle(id, step(file)))
      if (done.kind === 'done') return { kind: 'added', file }
      parts.removeEvidence(file)
      return done
    },
    async answer(token, text, from) {
      const words = parseWords(text)
      if (words === undefined) return { kind: 'refused', field: 'text', problem: WORDS_EXPECTED }
      return byHolder(token, from, (known, at) => answerQuestion(known, words, at, terms))
    },
    async change(token, fields, from) {
      const read = parseBusiness(fields)
      if (read.kind === 'faults') {
        const { field, problem } = read.faults[0]!
        return { kind: 'refused', field, problem }
      }
      return byHolder(token, from, (known, at) => changeBusiness(known, read.business, at, terms))
    },
    renew: (token, from) => byHolder(token, from, (known, at) => renewRegistration(known, at, terms)),
    async offer(token, text, to, from) {
      const spans = readSpans(text)
      if ('kind' in spans) return spans
      return byHolder(token, from, (known, at) => {
        const other = TOKEN.test(to) ? readRegistration(store.known(to)?.events ?? [], at) : undefined
        return offerNumbers(known, spans, other, at, terms)
      })
    },
    take: (token, other, from) =>
      byHolder(token, from, (known, at) => takeNumbers(known, other, at, terms), [], TOKEN.test(other) ? [other] : []),
    async withdraw(token, reason, from) {
      return byHolder(token, from, (known, at) =>
        withdrawRegistration(known, parseWords(reason) ?? '', undefined, at, terms),
      )
    },
    async relink(email, from) {
      const mail = email.trim()
      const limited = limits.objectTo(from, mail, now())
      if (limited !== undefined) return limited
      if (linksAsked.size >= LINKS_MAX) {
        limits.figures.full++
        return { kind: 'full', retryAfterMs: RETRY_MS }
      }
      // Looked up later: how long an answer takes must not tell who is registered.
      if (isMailAddress(mail)) linksAsked.add(mail.toLowerCase())
      return DONE
    },
  }

  const vetting: Vetting = {
    list: async (filter, after, limit) => store.list(filter, after, limit),
    async registration(id) {
      const events = store.known(id)?.events ?? []
      const registration = readRegistration(events, now())
      return registration && { registration, events }
    },
    open: async (fields, numbers, way, by, faultyLines) =>
      guarded(() => open(fields, numbers, way, by, undefined, faultyLines)),
    openOnce: async (fields, numbers, way, by, once, faultyLines) =>
      guarded((): OpenedFor => {
        // The private link is not made of the key: who sees keys must not come by it.
        const names = { id: once === undefined ? freshId() : nameOf(['vetted', once]), status: freshToken() }
        const before = store.known(names.id)?.events[0]
        if (before === undefined) {
          const opened = open(fields, numbers, way, by, names, faultyLines)
          return opened.kind === 'opened' ? { kind: 'opened', id: opened.id, report: opened.report } : opened
        }
        const read = parseBusiness(fields)
        const { lines, faults } = readNumberLines(numbers, plan)
        const asked = read.kind === 'faults' ? undefined : { way, business: read.business, lines }
        if (before.kind !== 'opened' || !isSameData(before.data, asked)) return { kind: 'key-reused' }
        return { kind: 'opened', id: names.id, report: { added: lines.length, there: 0, faults } }
      }),
    async addNumbers(id, text, by, faultyLines) {
      const { lines, faults } = readNumberLines(text, plan)
      let report: NumbersReport = { added: 0, there: 0, faults }
      if (faults.length > 0 && faultyLines === 'refuse') return { kind: 'faults', report }
      const spans = lines.map(({ span }) => span)
      let isCut = false
      let overtaken: Overtaken | undefined
      const done = guarded(() =>
        settle(id, (at) => {
          const known = store.knownWith(id, [], spans)
          if (known === undefined) return undefined
          overtaken = overtakenOf(id, by)
          if (overtaken !== undefined) return nothing(at)
          const { change, report: found } = addNumbers(known, lines, at, terms, by)
          report = { added: found.added, there: found.there, faults: [...faults, ...found.across.map(acrossFault)] }
          isCut = found.across.length > 0 && faultyLines === 'refuse'
          return isCut ? nothing(at) : change
        }),
      )
      if (overtaken !== undefined) return overtaken
      if (done.kind !== 'done') return done
      return isCut ? { kind: 'faults', report: { ...report, added: 0 } } : { kind: 'taken', report }
    },
    async removeNumbers(id, text, by) {
      const spans = readSpans(text)
      return 'kind' in spans ? spans : byVetter(id, by, (known, at) => removeNumbers(known, spans, at, terms, by))
    },
    vet: (id, item, outcome, reason, by) =>
      byVetter(id, by, (known, at) => vet(known, { item, outcome, reason }, by, at, terms)),
    approve: (id, reason, by) => byVetter(id, by, (known, at) => approve(known, reason, by, at, terms)),
    refuse: (id, reasons, next, by) =>
      byVetter(id, by, (known, at) => refuseRegistration(known, reasons, next, by, at, terms)),
    suspend: (id, reason, by) => byVetter(id, by, (known, at) => suspend(known, reason, by, at, terms)),
    ask: (id, question, by) => byVetter(id, by, (known, at) => ask(known, question, by, at, terms)),
    note: (id, text, by) => byVetter(id, by, (known, at) => note(known, text, by, at, terms)),
    async prove(id, way, numbers, detail, by) {
      const spans = readSpans(numbers)
      if ('kind' in spans) return spans
      const meant = spans.length === 0 ? undefined : spans
      return byVetter(id, by, (known, at) => proveByHand(known, { way, spans: meant, detail }, by, at, terms))
    },
    async settle(id, number, other, keeps, reason, by) {
      const span = parseSpan(number, plan)
      if ('kind' in span) return { kind: 'refused', field: 'number', problem: `expected ${span.expected}` }
      return byVetter(id, by, (known, at) => settleDispute(known, { span, by: other, keeps, reason }, by, at, terms), [
        other,
      ])
    },
    correct: (id, seq, reason, by) => byVetter(id, by, (known, at) => correct(known, seq, reason, by, at, terms)),
    withdraw: (id, reason, by) => byVetter(id, by, (known, at) => withdrawRegistration(known, reason, by, at, terms)),
    async evidence(id, wanted) {
      const state = readRegistration(store.known(id)?.events ?? [], now())
      const file = state?.evidence.find((one) => one.id === wanted)
      const octets = file && (await parts.readEvidence(file))
      return file && octets && { file, octets }
    },
    async lookUp(number) {
      const { registrations } = store.list({ number }, undefined, LOOKED_UP_MAX)
      return { registrations, imported: store.imported(number, now()) }
    },
    sources: async () => store.sources(),
  }

  return {
    registry,
    vetting,
    figures: limits.figures,
    forgotten: () => limits.forgotten,
    sendLinks() {
      let sent = 0
      for (const mail of linksAsked) {
        const done = guarded((): RegistryDone => {
          for (const id of store.findByMail(mail)) {
            const linked = settle(id, (at) => {
              const known = store.known(id)
              return known && relink(known, freshToken(), at, terms)
            })
            if (linked.kind === 'unsaved') return linked
            if (linked.kind === 'done') sent++
          }
          return DONE
        })
        if (done.kind === 'unsaved') break
        linksAsked.delete(mail)
      }
      return sent
    },
    noteCall({ calling, called, at, strength, detail }) {
      const id = store.findChallenge(calling, called, at)
      if (id === undefined) return false
      const proof = { number: calling, way: 'call', at, detail, strength } as const
      const done = settle(id, (now) => withKnown(id, [], now, (known, now) => proveByCall(known, proof, now, terms)))
      // A call that proves nothing leaves the way open for one that does.
      if (done.kind === 'done' && strength === 'full') store.endChallenge(calling, called)
      return done.kind === 'done'
    },
    attend() {
      let attended = 0
      for (const id of store.due(now(), ATTENDED_MAX)) {
        const done = settle(id, (at) => {
          const known = store.known(id)
          return known && (attend(known, freshToken(), at, terms) ?? nothing(at))
        })
        if (done.kind === 'done') attended++
      }
      return attended
    },
  }
}

/** A line of a list that cuts through one that is there. */
function acrossFault({ span }: { readonly span: NumberSpan }): LineFault {
  return {
    line: 0,
    found: formatSpan(span),
    expected: 'numbers that are not half in another line: take that off first',
  }
}

/** 128 random bits, 22 characters of base64url. None begins with a hyphen, which a command line takes for an option. */
export function freshId(): string {
  for (;;) {
    const id = randomBytes(16).toString('base64url')
    if (!id.startsWith('-')) return id
  }
}

function freshToken(): FreshToken {
  return tokenOf(freshId())
}

/** The private link that the link of a first message leads to. */
function linkBehind(token: string): FreshToken {
  for (let tries = 0; ; tries++) {
    const digest = createHash('sha256').update(`private link behind ${token} ${tries}`).digest('base64url')
    if (!digest.startsWith('-')) return tokenOf(digest.slice(0, NAME_CHARACTERS))
  }
}

function tokenOf(token: string): FreshToken {
  return { token, hash: hashOf(token) }
}

/** What a new registration goes by: its id, which others may see, and its private link. */
type Names = { readonly id: string; readonly status: FreshToken }

/** The names that a form gives, by its key and what stands in it: sent again, they are the same. */
function namesOf(once: string, fields: BusinessFields, numbers: string): Names {
  const made = (what: string): string => nameOf([what, once, fields, numbers])
  return { id: made('registration'), status: tokenOf(made('private link')) }
}

/** Whether both are the same as they are kept. */
function isSameData(one: unknown, other: unknown): boolean {
  return isDeepStrictEqual(JSON.parse(JSON.stringify(one)), JSON.parse(JSON.stringify(other ?? '')))
}

/** A name of the length of all others, of what it is made of. */
function nameOf(of: readonly unknown[]): string {
  for (let tries = 0; ; tries++) {
    const digest = createHash('sha256').update(JSON.stringify([...of, tries]))
    const name = digest.digest('base64url').slice(0, NAME_CHARACTERS)
    if (!name.startsWith('-')) return name
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

function nothing(at: number): RegistryChange {
  return { at, events: [], states: [], mails: [], tokens: [], confirms: [], audit: [] }
}

const NAME_CHARACTERS = 22
const TOKEN = /^[A-Za-z0-9_-]{22}$/
const UNKNOWN = { kind: 'unknown' } as const
const DONE = { kind: 'done' } as const
const WORDS_EXPECTED = 'expected up to 2,000 characters, without invisible ones'
const TRIES_MAX = 5
const RETRY_MS = 5_000
const FULL_RETRY_MS = 3_600_000
/** Registrations whose address nobody has confirmed yet. Each is gone after `confirmWithinMs`. */
export const UNCONFIRMED_MAX = 10_000
/** Numbers of one registration that may be called for at a time, and how long each may take. */
export const CHALLENGES_MAX = 20
export const CHALLENGE_MS = 1_800_000
const LOOKED_UP_MAX = 20
/** Mailboxes that wait for another link. */
export const LINKS_MAX = 1_000
/** Registrations that one round looks at; the next goes on. */
const ATTENDED_MAX = 200
