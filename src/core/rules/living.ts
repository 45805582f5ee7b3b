// One thing: facts that gates hear of while they run, as a table that is asked for each call. How it is asked, changed and
// filled have the layout of its columns in common, which nobody else knows.
import { isBlockable } from '#core/call/emergency.ts'
import type { CallFacts } from '#core/call/facts.ts'
import { E164_DIGITS_MAX, parseParty, partyKey, partyOfKey, prefixKey } from '#core/call/party.ts'
import type { LiftScope } from '#core/redress/decision.ts'
import type { Standing } from '#core/redress/standing.ts'
import { isAttested, type AttestationLetter } from './attestation.ts'
import { hashKey, slotOf } from './hash.ts'
import { allotOwn, type Allot } from './number-set.ts'

/**
 * Who is spared after a complaint, who is registered, and whom subscribers refuse or let through: entries of the desk and
 * the registry, as plain data whose tables threads can share.
 *
 * A key that `recent` has is answered by it alone, also where it says that nothing is left under the key; all others by
 * `base`. So a change costs what has changed since the base was made, not the base.
 */
export type Living = {
  readonly base: FactTable
  readonly recent: FactTable
  /** What keys of leading digits look like, in either table. */
  readonly shapes: readonly Shape[]
  /** How many entries there are; those whose time is over count until the base is made anew. */
  readonly size: number
}

/** Digits that numbers begin with, so many of them, and how long those numbers are; 0 is of any length. */
export type Shape = { readonly digits: number; readonly total: number }

/** Entries by key: open addressing, half of the slots free, two doubles a slot; entries of one key hang in a chain. */
export type FactTable = {
  /** By slot: the number or leading digits that an entry is about, and for pairs the calling party, else 0. */
  readonly keys: Float64Array
  /** By slot: 1 + the place of its first entry; 0 for none. */
  readonly heads: Int32Array
  /** By entry, as `heads`. */
  readonly next: Int32Array
  readonly ids: Float64Array
  readonly fromMs: Float64Array
  readonly untilMs: Float64Array
  readonly kinds: Uint8Array
  /** 0 for none, else 1 + the place in `LETTERS`. */
  readonly attestations: Uint8Array
  /** 0 for all analytics rules, else 1 + the place in `ruleIds`. */
  readonly rules: Int32Array
  readonly ruleIds: readonly string[]
  readonly keyCount: number
  /** Numbers come from outsiders, who shall not be able to aim at a slot. */
  readonly seed: number
}

/** An entry that was added or has ended. */
export type StandingChange = { readonly standing: Standing; readonly endedAt: number | undefined }

export type LivingTerms = {
  readonly nowMs: number
  /** 32 bits that outsiders do not know. */
  readonly seed: number
  /** Where the tables' memory comes from; without it, memory of this thread. */
  readonly allot?: Allot | undefined
}

/** The lift that keeps an analytics rule from acting on this call, by its id; 0 where there is none. */
export function liftFor(living: Living, rule: string, facts: CallFacts): number {
  return callerFact(living, LIFT, facts, rule)
}

/** Whether the calling number is registered. */
export function isKnown(living: Living, facts: CallFacts): boolean {
  return callerFact(living, REGISTERED, facts) > 0
}

/** Whether the called party has asked not to be called by this caller. */
export function isRefused(living: Living, facts: CallFacts): boolean {
  return calledFact(living, REFUSES, facts, partyKey(facts.calling)) > 0
}

/** The wish of the called party to be called by this caller, by its id; 0 where there is none. */
export function acceptanceFor(living: Living, facts: CallFacts): number {
  return calledFact(living, ACCEPTS, facts, partyKey(facts.calling))
}

/** Whether the called party has opted out of analytics blocking. */
export function isOptedOut(living: Living, facts: CallFacts): boolean {
  return calledFact(living, OPTED_OUT, facts, 0) > 0
}

/** The facts that these entries make; each is there once. */
export function makeLiving(changes: Iterable<StandingChange>, terms: LivingTerms): ChangedLiving {
  const columns = new Columns()
  let [size, unusable] = [0, 0]
  for (const change of changes) {
    const keys = keysOf(change.standing)
    if (keys === undefined) unusable++
    const entry = keys && entryOf(change)
    if (entry === undefined || entry.hasEnded) continue
    size++
    for (const key of keys!) columns.push(key, entry)
  }
  const shapes = shapesOf(columns, [])
  return { living: { base: makeTable(columns, terms), recent: NO_FACTS, shapes, size }, unusable }
}

/** The facts after some changes, in the order of the changes. */
export function changeLiving(before: Living, changes: Iterable<StandingChange>, terms: LivingTerms): ChangedLiving {
  const changed = new ChangedKeys(before)
  let { size } = before
  let unusable = 0
  for (const change of changes) {
    const keys = keysOf(change.standing)
    if (keys === undefined) unusable++
    else size += changed.apply(entryOf(change), keys)
  }
  const columns = new Columns()
  changed.into(columns)
  const recent = makeTable(columns, terms)
  return { living: { base: before.base, recent, shapes: shapesOf(columns, before.shapes), size }, unusable }
}

/** The same facts with a base of their own, without what has ended: to be made when much has changed, beside the changes. */
export function mergeLiving(before: Living, terms: LivingTerms): Living {
  const { nowMs } = terms
  const changed = new ChangedKeys(before)
  const columns = new Columns()
  const ended = new Set<number>()
  copyUnchanged(before.base, changed, nowMs, columns, ended)
  changed.lastingInto(columns, nowMs, ended)
  const base = makeTable(columns, terms)
  return { base, recent: NO_FACTS, shapes: shapesOf(columns, []), size: before.size - ended.size }
}

/** What came of it, and how many entries could not be used: a number or range that is none, a refusal of an emergency number. */
export type ChangedLiving = { readonly living: Living; readonly unusable: number }

function callerFact(living: Living, kind: number, facts: CallFacts, rule?: string): number {
  const { calling } = facts
  if (living.size === 0 || calling.kind !== 'e164') return 0
  const exact = factFor(living, calling.digits, 0, kind, facts, rule)
  if (exact > 0) return exact
  for (const { digits, total } of living.shapes) {
    if (total !== 0 && total !== calling.count) continue
    const head = prefixKey(calling, digits)
    if (head === 0) continue
    const found = factFor(living, spanKey(head, total), 0, kind, facts, rule)
    if (found > 0) return found
  }
  return 0
}

function calledFact(living: Living, kind: number, facts: CallFacts, calling: number): number {
  const { called } = facts
  if (living.size === 0 || called.kind !== 'e164' || (calling === 0 && kind !== OPTED_OUT)) return 0
  return factFor(living, called.digits, calling, kind, facts)
}

/** The id of an entry of this kind under the key that is in force for this call; 0 where none is. */
function factFor(
  { base, recent }: Living,
  first: number,
  second: number,
  kind: number,
  facts: CallFacts,
  rule?: string,
): number {
  const slot = recent.keyCount === 0 ? -1 : findSlot(recent, first, second)
  if (slot >= 0) return inForce(recent, recent.heads[slot]!, kind, facts, rule)
  const below = base.keyCount === 0 ? -1 : findSlot(base, first, second)
  return below < 0 ? 0 : inForce(base, base.heads[below]!, kind, facts, rule)
}

function inForce(table: FactTable, head: number, kind: number, facts: CallFacts, rule: string | undefined): number {
  const { next, ids, fromMs, untilMs, kinds, attestations, rules, ruleIds } = table
  const { atMs } = facts
  for (let place = head; place !== 0; place = next[place - 1]!) {
    const entry = place - 1
    if (kinds[entry] !== kind || atMs < fromMs[entry]! || atMs >= untilMs[entry]!) continue
    const only = rules[entry]!
    if (only !== 0 && ruleIds[only - 1] !== rule) continue
    const least = attestations[entry]!
    if (least === 0 || isAttested(facts, LETTERS[least - 1]!)) return ids[entry]!
  }
  return 0
}

/** The slot of a key; -1 for one that is not there. */
function findSlot(table: FactTable, first: number, second: number): number {
  const slot = slotFor(table.keys, table.seed, first, second)
  return table.keys[slot * 2] === 0 ? -1 : slot
}

function slotFor(keys: Float64Array, seed: number, first: number, second: number): number {
  const slots = keys.length / 2
  let slot = slotOf(hashKey(first, hashKey(second, seed)), slots)
  while (keys[slot * 2] !== 0 && (keys[slot * 2] !== first || keys[slot * 2 + 1] !== second)) {
    slot = slot + 1 === slots ? 0 : slot + 1
  }
  return slot
}

type Entry = {
  readonly id: number
  readonly fromMs: number
  readonly untilMs: number
  readonly kind: number
  readonly attestation: number
  readonly rule: string | undefined
  readonly hasEnded: boolean
}

type Key = { readonly first: number; readonly second: number }

/** Entries under their keys, one after the other, on their way into a table: a million of them, so no objects. */
class Columns {
  readonly first: number[] = []
  readonly second: number[] = []
  readonly ids: number[] = []
  readonly fromMs: number[] = []
  readonly untilMs: number[] = []
  readonly kinds: number[] = []
  readonly attestations: number[] = []
  readonly rules: number[] = []
  readonly #ruleNumbers = new Map<string, number>()

  get ruleIds(): readonly string[] {
    return [...this.#ruleNumbers.keys()]
  }

  /** Without an entry, a key under which nothing is left. */
  push({ first, second }: Key, entry: Entry | undefined): void {
    this.first.push(first)
    this.second.push(second)
    this.ids.push(entry?.id ?? 0)
    this.fromMs.push(entry?.fromMs ?? 0)
    this.untilMs.push(entry?.untilMs ?? 0)
    this.kinds.push(entry?.kind ?? 0)
    this.attestations.push(entry?.attestation ?? 0)
    this.rules.push(entry?.rule === undefined ? 0 : this.#numberOf(entry.rule))
  }

  /** Copies an entry of a table. */
  copy(first: number, second: number, table: FactTable, at: number): void {
    const rule = table.rules[at]!
    this.first.push(first)
    this.second.push(second)
    this.ids.push(table.ids[at]!)
    this.fromMs.push(table.fromMs[at]!)
    this.untilMs.push(table.untilMs[at]!)
    this.kinds.push(table.kinds[at]!)
    this.attestations.push(table.attestations[at]!)
    this.rules.push(rule === 0 ? 0 : this.#numberOf(table.ruleIds[rule - 1]!))
  }

  #numberOf(rule: string): number {
    const known = this.#ruleNumbers.get(rule) ?? this.#ruleNumbers.size + 1
    this.#ruleNumbers.set(rule, known)
    return known
  }
}

/** The keys that have changed since the base was made, each with all that stands under it. */
class ChangedKeys {
  readonly #base: FactTable
  readonly #chains = new Map<number, Map<number, readonly Entry[]>>()
  size = 0

  constructor({ base, recent }: Living) {
    this.#base = base
    for (const { first, second } of keysIn(recent)) this.#keep({ first, second }, chainOf(recent, first, second))
  }

  has(first: number, second: number): boolean {
    return this.#chains.get(first)?.has(second) === true
  }

  /** Adds the entry under its keys, or takes it away; answers by how many entries there are more. */
  apply(entry: Entry, keys: readonly Key[]): number {
    let before = false
    for (const key of keys) {
      const chain = this.#chains.get(key.first)?.get(key.second) ?? chainOf(this.#base, key.first, key.second)
      const others = chain.filter(({ id }) => id !== entry.id)
      before ||= others.length < chain.length
      this.#keep(key, entry.hasEnded ? others : [...others, entry])
    }
    return Number(!entry.hasEnded) - Number(before)
  }

  /** Hands over what stands under them, and the keys under which nothing is left. */
  into(columns: Columns): void {
    for (const [key, chain] of this.#rows()) {
      if (chain.length === 0) columns.push(key, undefined)
      for (const entry of chain) columns.push(key, entry)
    }
  }

  /** Hands over what has not ended; `ended` is told of the rest. */
  lastingInto(columns: Columns, nowMs: number, ended: Set<number>): void {
    for (const [key, chain] of this.#rows()) {
      for (const entry of chain) {
        if (entry.untilMs > nowMs) columns.push(key, entry)
        else ended.add(entry.id)
      }
    }
  }

  *#rows(): Generator<[Key, readonly Entry[]]> {
    for (const [first, chains] of this.#chains) {
      for (const [second, chain] of chains) yield [{ first, second }, chain]
    }
  }

  #keep({ first, second }: Key, chain: readonly Entry[]): void {
    const chains = this.#chains.get(first) ?? new Map<number, readonly Entry[]>()
    if (!chains.has(second)) this.size++
    chains.set(second, chain)
    this.#chains.set(first, chains)
  }
}

function* keysIn({ keys }: FactTable): Generator<Key> {
  for (let slot = 0; slot < keys.length / 2; slot++) {
    if (keys[slot * 2] !== 0) yield { first: keys[slot * 2]!, second: keys[slot * 2 + 1]! }
  }
}

/** Copies what stands under other keys and has not ended; `ended` is told of the rest. */
function copyUnchanged(
  table: FactTable,
  changed: ChangedKeys,
  nowMs: number,
  columns: Columns,
  ended: Set<number>,
): void {
  for (let slot = 0; slot < table.heads.length; slot++) {
    const [first, second] = [table.keys[slot * 2]!, table.keys[slot * 2 + 1]!]
    if (first === 0 || changed.has(first, second)) continue
    for (let place = table.heads[slot]!; place !== 0; place = table.next[place - 1]!) {
      if (table.untilMs[place - 1]! > nowMs) columns.copy(first, second, table, place - 1)
      else ended.add(table.ids[place - 1]!)
    }
  }
}

function chainOf(table: FactTable, first: number, second: number): Entry[] {
  const slot = table.keyCount === 0 ? -1 : findSlot(table, first, second)
  if (slot < 0) return []
  const chain: Entry[] = []
  for (let place = table.heads[slot]!; place !== 0; place = table.next[place - 1]!) {
    const at = place - 1
    chain.push({
      id: table.ids[at]!,
      fromMs: table.fromMs[at]!,
      untilMs: table.untilMs[at]!,
      kind: table.kinds[at]!,
      attestation: table.attestations[at]!,
      rule: table.rules[at] === 0 ? undefined : table.ruleIds[table.rules[at]! - 1]!,
      hasEnded: false,
    })
  }
  return chain
}

function makeTable(columns: Columns, { seed, allot = allotOwn }: LivingTerms): FactTable {
  const doubles = (count: number) => new Float64Array(allot(count * Float64Array.BYTES_PER_ELEMENT))
  const integers = (count: number) => new Int32Array(allot(count * Int32Array.BYTES_PER_ELEMENT))
  const { length } = columns.first
  const slots = Math.max(1, length * SLOTS_PER_KEY)
  const [keys, heads, next] = [doubles(slots * 2), integers(slots), integers(length)]
  const [ids, fromMs, untilMs] = [doubles(length), doubles(length), doubles(length)]
  const [kinds, attestations] = [new Uint8Array(allot(length)), new Uint8Array(allot(length))]
  const rules = integers(length)
  ids.set(columns.ids)
  fromMs.set(columns.fromMs)
  untilMs.set(columns.untilMs)
  kinds.set(columns.kinds)
  attestations.set(columns.attestations)
  rules.set(columns.rules)
  let keyCount = 0
  for (let at = 0; at < length; at++) {
    const [first, second] = [columns.first[at]!, columns.second[at]!]
    const slot = slotFor(keys, seed, first, second)
    if (keys[slot * 2] === 0) keyCount++
    keys[slot * 2] = first
    keys[slot * 2 + 1] = second
    if (kinds[at] === 0) continue
    next[at] = heads[slot]!
    heads[slot] = at + 1
  }
  const { ruleIds } = columns
  return { keys, heads, next, ids, fromMs, untilMs, kinds, attestations, rules, ruleIds, keyCount, seed }
}

function shapesOf({ first }: Columns, known: readonly Shape[]): readonly Shape[] {
  const shapes = new Map(known.map((shape) => [shape.digits * SPAN + shape.total, shape]))
  for (const key of first) {
    if (key >= 0) continue
    const digits = partyOfKey(Math.floor(-key / SPAN)).count
    const total = -key % SPAN
    if (!shapes.has(digits * SPAN + total)) shapes.set(digits * SPAN + total, { digits, total })
  }
  return [...shapes.values()]
}

/** What an entry says, as the table has it. */
function entryOf({ standing, endedAt }: StandingChange): Entry {
  const { id, from, until = Infinity } = standing
  const isLift = standing.kind === 'lift'
  return {
    id,
    fromMs: from,
    untilMs: until,
    kind: KINDS[standing.kind],
    attestation: isLift && standing.attestation !== undefined ? LETTERS.indexOf(standing.attestation) + 1 : 0,
    rule: isLift ? standing.rule : undefined,
    hasEnded: endedAt !== undefined,
  }
}

/** Under what an entry is found; `undefined` for numbers that are none. */
function keysOf(standing: Standing): readonly Key[] | undefined {
  if (standing.kind === 'lift' || standing.kind === 'registered') {
    return firstKeys(standing.scope)?.map((first) => ({ first, second: 0 }))
  }
  const first = numberKey(standing.called)
  if (standing.kind === 'opted-out') return first === 0 ? undefined : [{ first, second: 0 }]
  const calling = parseParty(standing.calling)
  const second = partyKey(calling)
  // Nobody can refuse an emergency number's call-back.
  const isUnusable = first === 0 || second === 0 || (standing.kind === 'refuses' && !isBlockable(calling))
  return isUnusable ? undefined : [{ first, second }]
}

/** A range becomes the few sets of leading digits that make it up, so that a call is looked for by a handful of keys. */
function firstKeys(scope: LiftScope): readonly number[] | undefined {
  if (scope.kind === 'number') {
    const key = numberKey(scope.number)
    return key === 0 ? undefined : [key]
  }
  if (scope.kind === 'block') {
    const prefix = parseParty(scope.prefix)
    if (prefix.kind !== 'e164') return undefined
    return [prefix.count === E164_DIGITS_MAX ? prefix.digits : spanKey(prefix.digits, 0)]
  }
  const [first, last] = [parseParty(scope.first), parseParty(scope.last)]
  const isRange = first.kind === 'e164' && last.kind === 'e164' && first.count === last.count
  const span = last.digits - first.digits
  if (!isRange || span < 0 || span >= RANGE_NUMBERS_MAX) return undefined
  const keys: number[] = []
  for (let at = first.digits; at <= last.digits;) {
    let size = 1
    while (at % (size * 10) === 0 && at + size * 10 - 1 <= last.digits) size *= 10
    keys.push(size === 1 ? at : spanKey(at / size, first.count))
    at += size
  }
  return keys
}

function numberKey(text: string): number {
  const party = parseParty(text)
  return party.kind === 'e164' ? party.digits : 0
}

/** Below 0, where no number has its key; leading digits are at most 14, so that a double holds it exactly. */
function spanKey(head: number, total: number): number {
  return -(head * SPAN + total)
}

/** More than a number has digits. */
const SPAN = 16
const SLOTS_PER_KEY = 2
/** As many numbers may be in one range. */
const RANGE_NUMBERS_MAX = 10_000
const LETTERS: readonly AttestationLetter[] = ['A', 'B', 'C']
const [LIFT, REGISTERED, REFUSES, ACCEPTS, OPTED_OUT] = [1, 2, 3, 4, 5]
const KINDS: Readonly<Record<Standing['kind'], number>> = {
  lift: LIFT,
  registered: REGISTERED,
  refuses: REFUSES,
  accepts: ACCEPTS,
  'opted-out': OPTED_OUT,
}

const NO_FACTS: FactTable = makeTable(new Columns(), { nowMs: 0, seed: 0 })

/** Nobody is spared, registered or refused. */
export const NO_LIVING: Living = { base: NO_FACTS, recent: NO_FACTS, shapes: [], size: 0 }
