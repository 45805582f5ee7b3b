import type { Standing } from '#core/redress/standing.ts'
import { noteProof, regressLift, verifyLift } from '#core/redress/steps.ts'
import type { JournalRow } from '#core/ledger/ledger.ts'
import { parseParty } from '#core/call/party.ts'
import { isVerification } from '#core/call/verification-number.ts'
import type { CallBlock } from '#edge/store/call-reader.ts'
import { Cases } from './cases.ts'
import type { VerificationCall } from '#main/registry/make-registry.ts'
import type { DeskParts } from './desk.ts'
import { LiftedNumbers } from './lifted-numbers.ts'

/** What calls have shown so far. */
export type WatchFigures = { calls: number; blocks: number; verified: number; regressed: number; proofs: number }

export type CallWatch = { readonly figures: WatchFigures; look(): void; close(): void }

/**
 * Follows the journal and the ledger from where it was last: the first call that a lift let go on verifies its case, a block
 * within a lift is a regression, and a call to what a claimant was asked to dial proves his number. Every call is looked at
 * at least once; what was noted before changes nothing.
 */
export function watchCalls(
  parts: DeskParts,
  alerts: () => readonly string[],
  noteCall: (call: VerificationCall) => boolean = () => false,
): CallWatch {
  const cases = new Cases(parts)
  const { store, calls, now } = parts
  const figures: WatchFigures = { calls: 0, blocks: 0, verified: 0, regressed: 0, proofs: 0 }

  const lifted = new LiftedNumbers()
  /** Where it is in the journal and the chains; the store knows it a little later where nothing could be seen on the way. */
  const reached = new Map<string, number>()
  let savedAt = 0

  const placeIn = (name: string): number | undefined => reached.get(name) ?? store.place(name)

  const reach = (name: string, place: number): void => {
    reached.set(name, place)
    store.setPlace(name, place)
  }

  /** Passes what no lift could be about: noting that in the store at every look would keep the ledger waiting. */
  const pass = (name: string, place: number): number => {
    const from = placeIn(name) ?? place
    reached.set(name, place)
    return place - from
  }

  const save = (): void => {
    for (const [name, place] of reached) if (store.place(name) !== place) store.setPlace(name, place)
    savedAt = now()
  }

  const see = (row: JournalRow): void => {
    const verification = parts.verification()
    const called = parseParty(row.called)
    if (verification !== undefined && isVerification(verification.begins, called)) prove(row)
    if (row.verdict !== 'allow' || !lifted.has(row.calling)) return
    for (const lift of store.liftsOn(row.calling, row.at)) {
      if (!isWithin(lift, row.attestation) || !showsLift(row, lift)) continue
      const id = lift.origin
      const found = cases.read(id)?.found
      if (found === undefined || found.verifiedAt !== undefined || found.effect === undefined) continue
      if (cases.take(id, (step) => verifyLift(step, row.calling, row.at)).kind === 'done') figures.verified++
    }
  }

  const prove = ({ calling, called, at, attestation }: JournalRow): void => {
    const strength = attestation === 'A' ? 'full' : 'hint'
    const detail = `called us from it, attested ${attestation}`
    if (noteCall({ calling, called, at, strength, detail })) figures.proofs++
    for (const id of store.challenged(calling, called, at)) {
      const proof = { number: calling, way: 'call', at, detail, strength } as const
      if (cases.take(id, (step) => noteProof(step, proof)).kind === 'done') figures.proofs++
    }
  }

  const seeBlock = ({ open, personal, isReleased }: CallBlock): void => {
    // A block that was taken back let the call go on; other causes than analytics no lift overrides.
    if (personal === undefined || isReleased || open.cause !== 'analytics') return
    for (const lift of store.liftsOn(personal.calling, open.at)) {
      if (!isWithin(lift, open.attestation)) continue
      // Who was told that the block is lifted is blocked again, by whatever rule; in a part of it that may be meant.
      const isPart = cases.read(lift.origin)?.found.held?.decision.outcome === 'partly'
      if (isPart && lift.kind === 'lift' && lift.rule !== undefined && lift.rule !== open.rule) continue
      const { calling, receipt } = personal
      const taken = cases.take(lift.origin, (step) => regressLift(step, calling, receipt, open.at, alerts()))
      if (taken.kind === 'done') figures.regressed++
    }
  }

  const followJournal = (): void => {
    const known = placeIn(JOURNAL)
    if (known === undefined) return reach(JOURNAL, calls.lastCall())
    const last = calls.lastCall()
    // The journal that this place was in is gone.
    let place = Math.min(known, last)
    // After the last call was looked up: what let that one go on is among them.
    lifted.take(store.liftChanges(lifted.place))
    if (lifted.isEmpty && parts.verification() === undefined) {
      // Reading a call costs as much as judging it, and no call can say anything here.
      figures.calls += pass(JOURNAL, last)
      return
    }
    for (let pages = 0; pages < PAGES_MAX; pages++) {
      const rows = calls.callsAfter(place, PAGE)
      for (const { row } of rows) see(row)
      figures.calls += rows.length
      place = rows.at(-1)?.place ?? place
      if (rows.length < PAGE) break
    }
    if (place !== known) reach(JOURNAL, place)
  }

  const followLedger = (): void => {
    const ends = calls.chainEnds()
    const places = new Map<number, number>()
    for (const chain of ends.keys()) {
      const place = placeIn(`${LEDGER} ${chain}`)
      if (place !== undefined) places.set(chain, place)
    }
    const isFirst = store.place(LEDGER) === undefined
    // After the ends were looked up: a block that came later may be within a lift that is found only next time.
    lifted.take(store.liftChanges(lifted.place))
    if (isFirst || lifted.isEmpty) {
      for (const [chain, end] of ends) {
        const passed = pass(`${LEDGER} ${chain}`, end)
        if (!isFirst) figures.blocks += passed
      }
      if (isFirst) reach(LEDGER, 1)
      return
    }
    // A block that comes too late is taken back soon after.
    const followed = calls.blocksAfter(places, now() - SETTLED_MS, PAGE, (calling) => lifted.has(calling))
    for (const block of followed.blocks) seeBlock(block)
    figures.blocks += followed.passed
    for (const [chain, place] of followed.places) reach(`${LEDGER} ${chain}`, place)
  }

  const look = (): void => {
    const saveWhenDue = () => now() - savedAt >= SAVE_EVERY_MS && save()
    for (const follow of [followJournal, followLedger, saveWhenDue]) {
      try {
        follow()
      } catch (cause) {
        // The store is busy or full just now; the places in it are where they were.
        parts.alarm(cause)
      }
    }
  }
  const timer = setInterval(look, LOOK_EVERY_MS)
  look()
  const close = (): void => {
    clearInterval(timer)
    try {
      save()
    } catch (cause) {
      parts.alarm(cause)
    }
  }
  return { figures, look, close }
}

/** Whether a lift is for calls like this: attested as well as it asks. */
function isWithin(lift: Standing, attestation: string | undefined): boolean {
  if (lift.kind !== 'lift') return false
  return (
    lift.attestation === undefined ||
    (attestation !== undefined && LETTERS.indexOf(attestation) >= LETTERS.indexOf(lift.attestation))
  )
}

/**
 * Whether a call that went on shows that a lift holds. One of all rules: nothing that it could be blocked by is left. One of
 * a single rule: only where that rule would have blocked the call, which its row then says by naming the entry that kept it from it.
 */
function showsLift({ rule }: JournalRow, lift: Standing): boolean {
  return lift.kind === 'lift' && (lift.rule === undefined || rule === `lift:${lift.id}`)
}

const LETTERS = ['C', 'B', 'A']
const JOURNAL = 'watch journal'
const LEDGER = 'watch ledger'
const LOOK_EVERY_MS = 250
const SAVE_EVERY_MS = 10_000
const SETTLED_MS = 1_000
const PAGE = 1_000
/** Pages of the journal in one look: pages of people wait meanwhile. */
const PAGES_MAX = 4
