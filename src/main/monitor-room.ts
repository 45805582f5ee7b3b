import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { type KnownOf, type MonitorReader, openMonitorReader } from '#edge/store/monitor-reader.ts'
import { type MonitorStore, openMonitorStore } from '#edge/store/monitor-store.ts'
import { parseStoreUrl } from '#edge/store/schema.ts'
import { nearest } from '#core/words/nearest.ts'
import { EXIT, Stop } from './exit.ts'
import { parseTime } from './ledger-time.ts'
import { loadOrStop, openOrStop } from './load-or-stop.ts'
import { visible } from './words.ts'

// What the commands that look at the calling side have in common: which store, which words, and what an empty one says.

/** The words that all of these commands have. */
export type MonitorWords = { readonly config?: string; readonly store?: string; readonly json?: boolean }

/** Filters as somebody typed them. */
export type FilterWords = {
  readonly since?: string
  readonly until?: string
  readonly carrier?: string
  readonly blocker?: string
  readonly number?: string
  readonly standing?: string
}

/** Adds the words that all of these commands have, and an example, to a new command of `parent`. */
export function addVerb(parent: Command, words: string, description: string, example: string): Command {
  return parent
    .command(words)
    .description(description)
    .option('--config <file>', 'the configuration that names the store')
    .option('--store <url>', 'another store, like sqlite:./recourse.db')
    .option('--json', 'the outcome as JSON on standard output, one object a line')
    .addHelpText('after', `\nExample:\n  $ npx recourse ${parent.name()} ${example}`)
}

/** Reads a store that is there. Throws `Stop`, with where calls come from when there is none yet. */
export async function withReader<T>(words: MonitorWords, work: (reader: MonitorReader) => T): Promise<T> {
  const path = pathOf(words)
  const reader = await openOrStop(() => openMonitorReader(`sqlite:${path}`))
  try {
    return work(reader)
  } finally {
    reader.close()
  }
}

/** Changes a store that is there: a mistyped name must not become a store. */
export async function withStore<T>(words: MonitorWords, work: (store: MonitorStore) => T | Promise<T>): Promise<T> {
  const path = pathOf(words)
  const store = await openOrStop(() => openMonitorStore(`sqlite:${path}`))
  try {
    return await work(store)
  } finally {
    store.close()
  }
}

/** What an empty list says where nothing was ever taken; undefined where something was. */
export function nothingYet(reader: MonitorReader): string | undefined {
  return reader.isEmpty() ? `${NO_DATA}\n` : undefined
}

/** Where a filter names what the store never saw, that is told, with the nearest name that it did see. Throws `Stop`. */
export function checkNames(reader: MonitorReader, words: FilterWords): void {
  if (reader.isEmpty()) return
  for (const what of ['carrier', 'blocker', 'number'] as const) {
    const given = words[what]
    if (given === undefined) continue
    const name = what === 'number' ? readOwnNumber(given) : what === 'blocker' ? given.toLowerCase() : given
    if (reader.isKnown(what, name)) continue
    const near = nearest(name, reader.known(what))
    const hint = near === undefined || near === '' ? hintOf(reader, what) : `did you mean ${visible(near)}?`
    throw new Stop(EXIT.unusable, `--${what} ${visible(given)}: no call of this ${what} was seen; ${hint}`)
  }
}

/** One of a few words, or the nearest of them as a hint. Throws `Stop`. */
export function readChoice<Choice extends string>(
  option: string,
  text: string | undefined,
  choices: readonly Choice[],
): Choice | undefined {
  if (text === undefined) return undefined
  const found = choices.find((choice) => choice === text.toLowerCase())
  if (found !== undefined) return found
  const near = nearest(text, choices)
  const hint = near === undefined ? '' : `; did you mean ${near}?`
  throw new Stop(EXIT.unusable, `${option} ${visible(text)}: write one of ${choices.join(', ')}${hint}`)
}

/** A time as somebody typed it, or how long ago. Throws `Stop`. */
export function readSince(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const at = parseTime(text, Date.now())
  if (at !== undefined) return at
  throw new Stop(
    EXIT.unusable,
    `${option} ${visible(text)}: this is no time; write 2026-11-22, 2026-11-22T12:00:00Z, or 24h for a day ago`,
  )
}

/** A number of ours, as calls have it: with its country code, or a short one. Throws `Stop`. */
export function readOwnNumber(text: string): string {
  const number = text.replaceAll(/[ ().-]/g, '')
  if (/^\+?\d{1,15}$/.test(number)) return number
  throw new Stop(EXIT.unusable, `--number ${visible(text)}: write a number as calls carry it, like +12125550117`)
}

/** What is to be erased. Throws `Stop` where it is not said, or not said so that it would be found. */
export function readErasure(number: string | undefined, olderThan: string | undefined): Erasure {
  if ((number === undefined) === (olderThan === undefined))
    throw new Stop(EXIT.unusable, 'say what to erase: a number, or --older-than 90d')
  if (olderThan !== undefined) return { beforeMs: readSince('--older-than', olderThan)! }
  if (/^sips?:[\x21-\x7e]{1,255}$/i.test(number!)) return { number: number! }
  const read = readOwnNumber(number!)
  // Erasing nothing for want of a plus would pass for erasing all there was.
  if (/^\d{7,}$/.test(read))
    throw new Stop(
      EXIT.unusable,
      `${read} has no country code: write it with +, like +12125550117; its other spellings are found by that too`,
    )
  return { number: read }
}

/** A number, or the URI of a caller who has none; or whatever is older. */
export type Erasure = { readonly number: string } | { readonly beforeMs: number }

/** Asks for `--yes` where it was not said. Throws `Stop`. */
export function askToErase(isSure: boolean | undefined, of: string): void {
  if (isSure !== true)
    throw new Stop(EXIT.unusable, `this would take what is personal out of ${of} for good; add --yes to do it`)
}

/** Says that octets of what was erased are still in the files. Throws `Stop`. */
export function checkScrubbed(isScrubbed: boolean): void {
  if (!isScrubbed)
    throw new Stop(
      EXIT.outside,
      'it is erased, but somebody at work in the store keeps old octets in its files: run this again, or wait until they are written over',
    )
}

export function readLimit(text: string): number {
  const limit = Number(text)
  if (Number.isInteger(limit) && limit >= 1 && limit <= LIST_MAX) return limit
  throw new Stop(EXIT.unusable, `--limit ${visible(text)}: write a number from 1 to ${LIST_MAX}`)
}

/** The number of a row or group, with or without `#`. */
export function readId(what: string, text: string): number {
  const id = Number(/^#?(\d{1,15})$/.exec(text)?.[1] ?? Number.NaN)
  if (Number.isSafeInteger(id) && id > 0) return id
  throw new Stop(EXIT.unusable, `${visible(text)} is no ${what}: write its number, as the list shows it`)
}

/** A minute for people, UTC. */
export function showMinute(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')
}

/** The store that a command means; it has to be there. Throws `Stop`. */
export function pathOf({ store, config }: MonitorWords): string {
  const path = store === undefined ? loadOrStop(config).config.store.path : parseStore(store)
  if (existsSync(path)) return path
  throw new Stop(EXIT.unusable, `there is no store at ${visible(path)}; ${NO_DATA}`)
}

function parseStore(url: string): string {
  try {
    return parseStoreUrl(url)
  } catch (cause) {
    throw new Stop(EXIT.unusable, (cause as Error).message, { cause })
  }
}

function hintOf(reader: MonitorReader, what: KnownOf): string {
  const names = reader.known(what, 4).filter((name) => name !== '')
  if (names.length === 0) return `no ${what} was seen at all`
  const shown = names.slice(0, 3).map(visible).join(', ')
  return `there ${names.length === 1 ? 'is' : 'are'} ${shown}${names.length > 3 ? ' and others' : ''}`
}

const NO_DATA =
  'no data yet: point recourse monitor at a capture (recourse monitor trunk.pcap), at copies of calls (monitor.hep), or at records of calls'
const LIST_MAX = 1_000
