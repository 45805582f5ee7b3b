/** So many at once, and one more every `everyMs`. */
export type Rate = { readonly burst: number; readonly everyMs: number }

/** Keys that one request counts under, by the limit that it counts in. */
export type Asked<Of extends string> = readonly (readonly [of: Of, keys: readonly string[]])[]

/**
 * The generic cell rate algorithm: of a client nothing is kept but the time at which its next one would be due if it came at
 * the steady rate. Taking one answers that time anew, or how long to wait where there were too many.
 */
export function takeOne(
  dueAt: number | undefined,
  now: number,
  { burst, everyMs }: Rate,
): { readonly dueAt: number } | { readonly retryAfterMs: number } {
  const due = Math.max(dueAt ?? now, now)
  const early = due - now - (burst - 1) * everyMs
  return early > 0 ? { retryAfterMs: Math.ceil(early) } : { dueAt: due + everyMs }
}

/**
 * Values by key, and no more than `keysMax` of them: for a key that is new, the one that was set longest ago is forgotten.
 * Each step costs the same however many there are, which the order of a `Map` does not give: its first key is found by
 * walking over all that were deleted before it.
 */
export class Recent<Value> {
  readonly #keysMax: number
  readonly #kept = new Map<string, Kept<Value>>()
  #oldest: Kept<Value> | undefined
  #newest: Kept<Value> | undefined

  constructor(keysMax: number) {
    this.#keysMax = keysMax
  }

  get(key: string): Value | undefined {
    return this.#kept.get(key)?.value
  }

  /** Makes it the newest, and answers the value that had to be forgotten for it. */
  set(key: string, value: Value): Value | undefined {
    const known = this.#kept.get(key)
    if (known !== undefined) this.#unlink(known)
    const kept = known ?? { key, value, older: undefined, newer: undefined }
    kept.value = value
    kept.older = this.#newest
    kept.newer = undefined
    if (this.#newest === undefined) this.#oldest = kept
    else this.#newest.newer = kept
    this.#newest = kept
    if (known !== undefined) return undefined
    this.#kept.set(key, kept)
    return this.#kept.size > this.#keysMax ? this.#forgetOldest() : undefined
  }

  get size(): number {
    return this.#kept.size
  }

  #forgetOldest(): Value | undefined {
    const oldest = this.#oldest
    if (oldest === undefined) return undefined
    this.#unlink(oldest)
    this.#kept.delete(oldest.key)
    return oldest.value
  }

  #unlink({ older, newer }: Kept<Value>): void {
    if (older === undefined) this.#oldest = newer
    else older.newer = newer
    if (newer === undefined) this.#newest = older
    else newer.older = older
  }
}

/** One kind of limit: its rate, and who of those it was last asked about took how much. Strangers are never turned away. */
export class Buckets {
  readonly #rate: Rate
  readonly #dueAt: Recent<number>
  /** Keys that had to be forgotten while they still counted. */
  forgotten = 0

  constructor(rate: Rate, keysMax: number) {
    this.#rate = rate
    this.#dueAt = new Recent(keysMax)
  }

  /** How long to wait, 0 for not at all; nothing is taken. */
  waitOf(key: string, now: number): number {
    const taken = takeOne(this.#dueAt.get(key), now, this.#rate)
    return 'retryAfterMs' in taken ? taken.retryAfterMs : 0
  }

  take(key: string, now: number): void {
    const taken = takeOne(this.#dueAt.get(key), now, this.#rate)
    if (!('dueAt' in taken)) return
    const forgotten = this.#dueAt.set(key, taken.dueAt)
    if (forgotten !== undefined && forgotten > now) this.forgotten++
  }

  get size(): number {
    return this.#dueAt.size
  }
}

/** Limits of several kinds, each with a table of its own: whatever fills one, the others remember. */
export class Limits<Of extends string> {
  readonly #tables: ReadonlyMap<Of, Buckets>

  constructor(rates: ReadonlyMap<Of, Rate>, keysMax: number) {
    this.#tables = new Map(Array.from(rates, ([of, rate]) => [of, new Buckets(rate, keysMax)]))
  }

  /** The first limit that is met, with the longest wait of its keys; undefined where none is. Nothing is taken. */
  over(asked: Asked<Of>, now: number): { readonly of: Of; readonly retryAfterMs: number } | undefined {
    for (const [of, keys] of asked) {
      const table = this.#tables.get(of)!
      const retryAfterMs = keys.reduce((longest, key) => Math.max(longest, table.waitOf(key, now)), 0)
      if (retryAfterMs > 0) return { of, retryAfterMs }
    }
    return undefined
  }

  take(asked: Asked<Of>, now: number): void {
    for (const [of, keys] of asked) for (const key of keys) this.#tables.get(of)!.take(key, now)
  }

  /** Keys of all kinds that had to be forgotten while they still counted. */
  get forgotten(): number {
    return Array.from(this.#tables.values()).reduce((sum, { forgotten }) => sum + forgotten, 0)
  }
}

/**
 * The networks that an address is limited as, the narrowest first: an IPv4 address itself, of IPv6 the /64 of a site and the
 * /48 of whom it belongs to.
 */
export function networksOf(address: string): string[] {
  const groups = groupsOf(address)
  if (groups === undefined) return [plainOf(address)]
  return [`${groups.slice(0, 4).join(':')}::/64`, `${groups.slice(0, 3).join(':')}::/48`]
}

/** Where an address is from, roughly: the /24 of an IPv4 address, the /48 of an IPv6 one. */
export function neighbourhoodOf(address: string): string {
  const groups = groupsOf(address)
  if (groups !== undefined) return `${groups.slice(0, 3).join(':')}::/48`
  return `${plainOf(address).split('.').slice(0, 3).join('.')}.0/24`
}

function plainOf(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address
}

/** The eight groups of an IPv6 address; undefined for any other. */
function groupsOf(address: string): string[] | undefined {
  const plain = plainOf(address)
  if (!plain.includes(':')) return undefined
  const [front = '', back] = plain.split('%', 1)[0]!.toLowerCase().split('::')
  const ahead = front === '' ? [] : front.split(':')
  const behind = back === undefined || back === '' ? [] : back.split(':')
  const zeros = Math.max(0, 8 - ahead.length - behind.length)
  return [...ahead, ...Array.from({ length: zeros }, () => '0'), ...behind].map((group) =>
    (Number.parseInt(group, 16) || 0).toString(16),
  )
}

type Kept<Value> = {
  readonly key: string
  value: Value
  older: Kept<Value> | undefined
  newer: Kept<Value> | undefined
}
