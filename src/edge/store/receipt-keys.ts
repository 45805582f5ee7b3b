import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { doubtClock } from './clock.ts'
import { writePrivateFile } from './private-file.ts'
import { StoreError } from './store-error.ts'

/** The keys receipts are sealed and opened with, as `createReceiptRing` takes them. */
export type ReceiptKeys = {
  readonly keys: ReadonlyMap<number, Uint8Array>
  readonly currentSlot: number
  /** Why no key was replaced or deleted although its time may be up, with what to do; undefined when all is well. */
  readonly held: string | undefined
}

export type ReceiptKeyTerms = {
  readonly nowMs: number
  /** How long a key still opens receipts after another took its place. */
  readonly keepMs: number
  /** The age at which the key in use is replaced; 30 days if not said. */
  readonly rotateMs?: number
}

type KeyFile = { readonly path: string; readonly slot: number; readonly createdMs: number; readonly key: Uint8Array }

/**
 * Reads the key ring in a directory (`file:receipt-keys` or a bare path), one file `slot-N.json` of mode 0600 for each key;
 * makes directory and first key where there are none, replaces a key that is too old and deletes what was kept long enough.
 *
 * A clock that cannot be right replaces and deletes nothing: `held` says why, and the keys go on as they are.
 * Call it at start and once a day. The ring belongs into the backup: without its key a receipt says nothing.
 */
export function openReceiptKeys(location: string, terms: ReceiptKeyTerms): ReceiptKeys {
  const { nowMs, keepMs, rotateMs = ROTATE_MS } = terms
  const directory = location.replace(/^file:/, '')
  const ring = readRing(directory, true)
  let current = ring.at(-1)
  const held = holdKeys(current, nowMs)
  if (current !== undefined && held !== undefined) {
    return { keys: new Map(ring.map(({ slot, key }) => [slot, key])), currentSlot: current.slot, held }
  }
  if (current === undefined || nowMs - current.createdMs > rotateMs) {
    current = createKey(directory, ring, nowMs)
    ring.push(current)
  }
  const keys = new Map<number, Uint8Array>()
  for (const [index, { slot, key, path }] of ring.entries()) {
    const replacedMs = ring[index + 1]?.createdMs
    if (replacedMs !== undefined && nowMs - replacedMs > keepMs) rmSync(path)
    else keys.set(slot, key)
  }
  return { keys, currentSlot: current.slot, held }
}

/** The keys as they are in the directory, and which was made last; undefined where there is none. Makes and deletes nothing. */
export function readReceiptKeys(location: string): Omit<ReceiptKeys, 'held'> | undefined {
  const ring = readRing(location.replace(/^file:/, ''))
  const newest = ring.at(-1)
  return newest && { keys: new Map(ring.map(({ slot, key }) => [slot, key])), currentSlot: newest.slot }
}

/** One key of the ring without the key: its slot, its file, and when it was made, in milliseconds since 1970. */
export type ListedReceiptKey = { readonly slot: number; readonly path: string; readonly madeMs: number }

/** What the ring in a directory consists of, the key made last at the end. Throws StoreError where it cannot be read. */
export function listReceiptKeys(location: string): ListedReceiptKey[] {
  return readRing(location.replace(/^file:/, '')).map(({ slot, path, createdMs }) => ({
    slot,
    path,
    madeMs: createdMs,
  }))
}

function holdKeys(newest: KeyFile | undefined, nowMs: number): string | undefined {
  const doubt = doubtClock(nowMs, newest?.createdMs, 'the newest receipt key')
  if (doubt === undefined || newest === undefined) return undefined
  const advice = `set the clock right, or if it is, set "createdAt" in ${newest.path} to today`
  return `receipt keys are neither replaced nor deleted: ${doubt}; ${advice}`
}

/** All keys, the one made last at the end. */
function readRing(directory: string, isMade = false): KeyFile[] {
  let names: string[]
  try {
    if (isMade) mkdirSync(directory, { recursive: true, mode: 0o700 })
    names = readdirSync(directory)
  } catch (cause) {
    throw new StoreError('key', `${directory}: the receipt keys cannot be read (${(cause as Error).message})`, cause)
  }
  return names
    .filter((name) => FILE_NAME.test(name))
    .map((name) => readKey(join(directory, name), Number(FILE_NAME.exec(name)![1])))
    .sort((a, b) => a.createdMs - b.createdMs)
}

function readKey(path: string, slot: number): KeyFile {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new StoreError('key', `${path}: this receipt key cannot be read; check its owner and mode`, cause)
  }
  const { version, createdAt, key } = parseObject(text)
  const createdMs = typeof createdAt === 'string' ? Date.parse(createdAt) : Number.NaN
  const octets = Buffer.from(typeof key === 'string' && KEY.test(key) ? key : '', 'hex')
  if (version !== 1 || slot >= SLOTS || Number.isNaN(createdMs) || octets.length !== KEY_OCTETS) {
    const advice = 'restore it from the backup, or move it away: then its receipts no longer open'
    throw new StoreError('key', `${path}: this is no receipt key; ${advice}`)
  }
  return { path, slot, createdMs, key: octets }
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

function createKey(directory: string, ring: readonly KeyFile[], nowMs: number): KeyFile {
  const last = ring.at(-1)?.slot ?? -1
  const taken = new Set(ring.map(({ slot }) => slot))
  const slot = Array.from({ length: SLOTS }, (_, step) => (last + 1 + step) % SLOTS).find((slot) => !taken.has(slot))
  if (slot === undefined) {
    throw new StoreError(
      'key',
      `${directory}: all ${SLOTS} slots hold a key that is still kept; keep receipts for a shorter time`,
    )
  }
  const path = join(directory, `slot-${slot}.json`)
  const key = randomBytes(KEY_OCTETS)
  const content = { version: 1, createdAt: new Date(nowMs).toISOString(), key: key.toString('hex') }
  writePrivateFile(path, `${JSON.stringify(content)}\n`)
  return { path, slot, createdMs: nowMs, key }
}

const ROTATE_MS = 30 * 86_400_000
const SLOTS = 32
const KEY_OCTETS = 32
const FILE_NAME = /^slot-(\d{1,2})\.json$/
const KEY = /^[0-9a-f]{64}$/
