// One thing: the lists of the policy in force for those inside, and what somebody handed in until it is confirmed or dropped.
import { randomBytes } from 'node:crypto'
import type { PolicyText } from '#core/ledger/policy-text.ts'
import type { Worker } from '#core/redress/office.ts'
import { NUMBER_COLUMN } from '#core/rules/number-list.ts'
import { cellOf, openTable, rowsOf } from '#core/rules/rows.ts'
import type {
  ListPageAsked,
  PolicyChanging,
  PolicyListPage,
  PolicyLists,
  PolicyNotDone,
  PolicySettled,
  PolicyUpload,
} from '#edge/http/policy/policy-desk.ts'
import type { PolicyStore, PolicyVersion } from '#edge/store/policy-store.ts'
import { earlierList, listSince } from './list-history.ts'
import { diffPolicies, guardAgainst, usersOf } from './policy-difference.ts'
import type { WantedPolicy } from './policy-settlement.ts'
import { listDiffered, loadPolicyText, saidOf } from './policy-texts.ts'

export type ListTerms = {
  readonly store: PolicyStore
  readonly config: string | undefined
  readonly now: () => number
  readonly settle: (
    change: PolicyChanging,
    wanted: (inForce: PolicyVersion | undefined) => WantedPolicy | PolicyNotDone,
  ) => PolicySettled | PolicyNotDone
}

type Waiting = { readonly said: PolicyUpload; readonly text: string }

export class PolicyListRoom {
  readonly #terms: ListTerms
  /** Oldest first. */
  readonly #waiting = new Map<string, Waiting>()
  #texts: { readonly version: number; readonly text: PolicyText } | undefined

  constructor(terms: ListTerms) {
    this.#terms = terms
  }

  /** What was handed in under an id, while it waits. */
  readonly handedIn = (id: string): { readonly list: string; readonly text: string } | undefined => {
    this.#forget()
    const waiting = this.#waiting.get(id)
    return waiting && waiting.said.faults.length === 0 ? { list: waiting.said.list, text: waiting.text } : undefined
  }

  all(): PolicyLists {
    const { store } = this.#terms
    const inForce = store.inForce()
    const text = inForce && this.#textOf(inForce)
    if (inForce === undefined || text === undefined) return { policy: 0, lists: [] }
    const lists = Array.from(text.lists, ([name, list]) => ({
      name,
      ...usersOf(text.yaml, name),
      entries: countEntries(list),
      octets: Buffer.byteLength(list),
      since: listSince(store, inForce, name)
        .steps.filter(({ step }) => step === 'applied')
        .map(saidOf)[0],
      canGoBack: earlierList(store, inForce, name) !== undefined,
    }))
    return { policy: inForce.version, lists }
  }

  page(name: string, { search, after, limit }: ListPageAsked): PolicyListPage | undefined {
    const inForce = this.#terms.store.inForce()
    const text = inForce && this.#textOf(inForce)?.lists.get(name)
    if (inForce === undefined || text === undefined) return undefined
    const wanted = plain(search)
    const entries: { line: number; text: string }[] = []
    for (const row of rowsOf(text)) {
      if (row.line <= after || (wanted !== '' && !plain(row.text).includes(wanted))) continue
      if (entries.length === limit) return { name, policy: inForce.version, entries, after: entries.at(-1)!.line }
      entries.push({ line: row.line, text: row.text.slice(0, ROW_CHARACTERS) })
    }
    return { name, policy: inForce.version, entries, after: undefined }
  }

  text(name: string): string | undefined {
    const inForce = this.#terms.store.inForce()
    return inForce && this.#textOf(inForce)?.lists.get(name)
  }

  upload(name: string, text: string, by: Worker): PolicyUpload | PolicyNotDone {
    this.#forget()
    const octets = Buffer.byteLength(text)
    const held = [...this.#waiting.values()].reduce((sum, { said }) => sum + said.octets, 0)
    if (this.#waiting.size >= UPLOADS_MAX || held + octets > HELD_OCTETS_MAX)
      return refuse('too-many', 'too many lists wait to be confirmed: confirm or drop some of them')
    const { store, config, now } = this.#terms
    const inForce = store.inForce()
    const standing = inForce && this.#textOf(inForce)
    const isNew = standing?.lists.has(name) !== true
    const at = now()
    const common = {
      kind: 'upload',
      id: randomBytes(16).toString('base64url'),
      list: name,
      at,
      by: by.name,
      until: at + UPLOAD_MS,
      octets,
      entries: countEntries(text),
      isNew,
    } as const
    const said = ((): PolicyUpload => {
      // What a list has to be its key says, so that one that nothing names yet is looked at when the policy does.
      if (standing === undefined || isNew) return { ...common, faults: [], difference: undefined, guarded: [] }
      const wanted = withList(standing, name, text)
      const loaded = loadPolicyText(config, wanted)
      if (loaded.kind === 'faulty') return { ...common, faults: loaded.faults, difference: undefined, guarded: [] }
      const difference = diffPolicies(standing, wanted)
      const change = difference.lists.find((one) => one.name === name)
      const guarded = guardAgainst(standing, difference)
      return { ...common, faults: [], difference: change && listDiffered(change), guarded }
    })()
    this.#waiting.set(said.id, { said, text })
    return said
  }

  uploaded(id: string): PolicyUpload | undefined {
    this.#forget()
    return this.#waiting.get(id)?.said
  }

  confirm(id: string, change: PolicyChanging): PolicySettled | PolicyNotDone {
    this.#forget()
    const waiting = this.#waiting.get(id)
    if (waiting === undefined) return refuse('not-found', 'this list waits no longer: upload it again')
    const { said, text } = waiting
    const settled = this.#settleList(change, said.list, () => text, 'list-put', {})
    if (settled.kind === 'settled') this.#waiting.delete(id)
    return settled
  }

  drop(id: string): boolean {
    return this.#waiting.delete(id)
  }

  addNumber(name: string, number: string, why: string, change: PolicyChanging): PolicySettled | PolicyNotDone {
    return this.#settleList(change, name, (text) => withRow(text, number, why), 'list-put', {})
  }

  takeBack(name: string, change: PolicyChanging): PolicySettled | PolicyNotDone {
    const { store } = this.#terms
    const inForce = store.inForce()
    const earlier = inForce && earlierList(store, inForce, name)
    if (earlier === undefined)
      return refuse('conflict', `list ${name} has never been another one: there is nothing to take back`)
    const text = store.text(earlier.version)?.lists.get(name)
    if (text === undefined) return refuse('conflict', `the text that list ${name} had before is deleted: upload it`)
    return this.#settleList(change, name, () => text, 'list-taken-back', { of: earlier.version })
  }

  #settleList(
    change: PolicyChanging,
    name: string,
    make: (text: string) => string,
    action: 'list-put' | 'list-taken-back',
    detail: WantedPolicy['detail'],
  ): PolicySettled | PolicyNotDone {
    return this.#terms.settle(change, (inForce) => {
      const standing = inForce && this.#textOf(inForce)
      const text = standing?.lists.get(name)
      if (standing === undefined || text === undefined)
        return refuse('conflict', `the policy in force names no list ${name}: a new list comes with the policy`)
      const wanted = withList(standing, name, make(text))
      const loaded = loadPolicyText(this.#terms.config, wanted)
      if (loaded.kind === 'faulty') {
        const [{ where, line, found, expected } = NO_FAULT] = loaded.faults
        const place = line === undefined ? where : `${where}, line ${line}`
        return refuse('bad-field', `${place}: found ${found}, expected ${expected}`)
      }
      const isKnown = action === 'list-taken-back'
      return { of: wanted, action, detail: { list: name, ...detail }, origin: undefined, isKnown }
    })
  }

  #textOf({ version }: PolicyVersion): PolicyText | undefined {
    if (this.#texts?.version !== version) {
      const text = this.#terms.store.text(version)
      this.#texts = text && { version, text }
    }
    return this.#texts?.text
  }

  #forget(): void {
    const at = this.#terms.now()
    for (const [id, { said }] of this.#waiting) if (said.until <= at) this.#waiting.delete(id)
  }
}

/** The list with one more row, which has the number where the header says and the reason in the column behind it. */
function withRow(text: string, number: string, why: string): string {
  const { places, hasHeader } = openTable(text, { number: NUMBER_COLUMN })
  const place = hasHeader ? (places.number ?? 0) : 0
  const [header] = hasHeader ? rowsOf(text) : []
  const columns = header === undefined ? 2 : Math.max(place + 1, columnsOf(header))
  const cells = Array.from({ length: columns }, () => '')
  cells[place] = number
  const free = cells.findIndex((_, index) => index !== place)
  if (free >= 0 && why !== '') cells[free] = `"${why.replaceAll('"', "'")}"`
  const end = text === '' || text.endsWith('\n') ? '' : '\n'
  return `${text}${end}${cells.join(',')}\n`
}

function columnsOf(header: Parameters<typeof cellOf>[0]): number {
  let columns = 1
  while (columns < COLUMNS_MAX && cellOf(header, columns).text !== '') columns++
  return columns
}

function withList({ yaml, lists }: PolicyText, name: string, text: string): PolicyText {
  return { yaml, lists: new Map(lists).set(name, text) }
}

function countEntries(text: string): number {
  let entries = 0
  for (const row of openTable(text, { number: NUMBER_COLUMN }).rows) if (row.text !== '') entries++
  return entries
}

/** As people look for numbers: whatever stands between the digits, and capitals, make no difference. */
function plain(text: string): string {
  return text.toLowerCase().replaceAll(/[\s().-]/g, '')
}

function refuse(problem: PolicyNotDone['problem'], detail: string): PolicyNotDone {
  return { kind: 'refused', problem, detail }
}

const NO_FAULT = { where: '', line: undefined, found: '', expected: '' }
/** What waits to be confirmed lies in memory, so long at most; a restart forgets it. */
export const UPLOADS_MAX = 20
export const UPLOAD_MS = 3_600_000
export const HELD_OCTETS_MAX = 128 * 1024 * 1024
/** Of one row that is shown. */
const ROW_CHARACTERS = 500
const COLUMNS_MAX = 32
