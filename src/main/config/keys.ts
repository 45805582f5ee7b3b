import { z } from 'zod'
import { NOTICE_WORDS } from '#core/notify/notice-choices.ts'
import { parseEndpoint, parseRange } from './addresses.ts'
import { parseDuration, parseSize } from './units.ts'

/** What is known of a key: what it means, and what it takes in words that complete "expected …". */
export type KeyMeta = { readonly description: string; readonly expected: string }

/** What `file:` and a path names. */
export type FileSource = { readonly kind: 'file'; readonly path: string }

/** Where a list of numbers comes from: a file, or the entries themselves. */
export type ListSource = FileSource | { readonly kind: 'entries'; readonly entries: readonly string[] }

/** Where a secret is kept: never in the configuration itself. */
export type SecretSource = FileSource | { readonly kind: 'env'; readonly name: string }

/** A key of the configuration with its words. */
export function key<Schema extends z.ZodType>(schema: Schema, description: string, expected: string): Schema {
  return schema.meta({ description, expected })
}

/** The words of a key; `undefined` for a schema that is none. */
export function metaOf(schema: z.core.$ZodType): KeyMeta | undefined {
  const meta = z.globalRegistry.get(schema)
  return typeof meta?.['expected'] === 'string' ? (meta as KeyMeta) : undefined
}

/** A mapping whose keys are all known. */
export function section<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.strictObject(shape)
}

/** A string that `read` takes; its `undefined` is a refusal. */
export function checked<Value>(read: (text: string) => Value | undefined, taken = z.string()) {
  return taken.transform((text, context): Value => {
    const value = text.length > TEXT_MAX ? undefined : read(text)
    if (value !== undefined) return value
    context.issues.push({ code: 'custom', input: text })
    return z.NEVER
  })
}

/** A line of text, not empty unless it may be left out. */
export function text(max: number) {
  return checked((text) => (text.length <= max && !/[\u0000-\u001f\u007f]/.test(text) ? text : undefined))
}

export function name() {
  return checked((text) => (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text) ? text : undefined))
}

export function integer(min: number, max: number) {
  return z.int().min(min).max(max)
}

/** A duration, in milliseconds. */
export function duration(min: string, max: string) {
  return checked((text) => within(parseDuration(text), parseDuration(min), parseDuration(max)))
}

export function durationWords(min: string, max: string): string {
  return `a duration from ${min} to ${max}, such as 90s, 10m, 24h or 60d`
}

/** A size, in bytes. */
export function size(min: string, max: string) {
  return checked((text) => within(parseSize(text), parseSize(min), parseSize(max)))
}

export function sizeWords(min: string, max: string): string {
  return `a size from ${min} to ${max}, such as 64KiB or 4MiB`
}

/** A share in percent, above nothing and up to all, as a number up to 1. */
export function share() {
  return checked((text) => {
    const found = /^([0-9]{1,3}(?:\.[0-9]{1,2})?)%$/.exec(text)
    return found === null || Number(found[1]) === 0 ? undefined : within(Number(found[1]) / 100, 0, 1)
  })
}

export function endpoint() {
  return checked(parseEndpoint)
}

/** Addresses and ranges, one or a list: never everybody. */
export function ranges() {
  return z.union([z.string(), z.array(z.string()).max(RANGES_MAX)]).transform((value, context) => {
    const texts = typeof value === 'string' ? [value] : value
    const wrong = texts.findIndex((text) => (parseRange(text)?.prefix ?? 0) === 0)
    if (texts.length > 0 && wrong < 0) return texts
    const path = typeof value === 'string' || texts.length === 0 ? [] : [wrong]
    context.issues.push({ code: 'custom', input: value, path })
    return z.NEVER
  })
}

/** Where a secret is kept. What stands there instead may be the secret itself, which nothing may show. */
export function secret() {
  const taken = z.string()
  SECRETS.add(taken)
  return checked((text): SecretSource | undefined => {
    if (/^file:./.test(text)) return { kind: 'file', path: text.slice(5) }
    return /^env:[A-Za-z_][A-Za-z0-9_]*$/.test(text) ? { kind: 'env', name: text.slice(4) } : undefined
  }, taken)
}

/** Whether what a schema takes, with nothing wrapped around it, is that of a secret. */
export function isSecret(bare: z.core.$ZodType): boolean {
  return SECRETS.has(bare)
}

/** A file, or a folder, by its path. */
export function file() {
  return checked((text): FileSource | undefined =>
    /^file:./.test(text) ? { kind: 'file', path: text.slice(5) } : undefined,
  )
}

export function list() {
  const entries = z.array(z.string()).min(1).max(LISTED_INLINE_MAX)
  return z.union([file(), entries.transform((entries): ListSource => ({ kind: 'entries', entries }))])
}

/** How a cause of blocks is told. Whether it may be told so depends on the profile, and is looked at later. */
export function choice(what: string) {
  const chosen = z.union([z.string(), z.int()]).transform((value, context) => {
    const choice = NOTICE_WORDS.find((choice) => choice === String(value))
    if (choice !== undefined) return choice
    context.issues.push({ code: 'custom', input: value })
    return z.NEVER
  })
  return key(chosen.optional(), `How a block by ${what} is told.`, `one of ${NOTICE_WORDS.join(', ')}`)
}

function within(value: number | undefined, min = 0, max = Infinity): number | undefined {
  return value !== undefined && value >= min && value <= max ? value : undefined
}

export const SECRET = 'file: and a path, or env: and a variable'
export const NAME = 'up to 64 of letters, digits, dot, hyphen and underscore, a letter or digit first'
export const LIST = 'file: and a path, or a list of numbers in quotes'
export const RANGES =
  'an address such as 192.0.2.7, a range such as 192.0.2.0/24 that is not everybody, or a list of them'
export const ENDPOINT = 'an address and port such as 127.0.0.1:8080 or [::1]:8080'

const SECRETS = new WeakSet<z.core.$ZodType>()

/** Longer lists belong in a file, where a fault has a line. */
const LISTED_INLINE_MAX = 1000

/** Addresses and ranges in one list. */
const RANGES_MAX = 1000

/** No value of the configuration is longer. */
const TEXT_MAX = 4096
