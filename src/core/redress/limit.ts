/** So many at once, and one more every `everyMs`. */
export type Rate = { readonly burst: number; readonly everyMs: number }

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

/** Buckets by key: no more than `keysMax`, and where there are more, those that are full again go first. */
export class Buckets {
  readonly #rate: Rate
  readonly #keysMax: number
  readonly #dueAt = new Map<string, number>()

  constructor(rate: Rate, keysMax: number) {
    this.#rate = rate
    this.#keysMax = keysMax
  }

  /** How long to wait, 0 for not at all; nothing is taken. */
  waitOf(key: string, now: number): number {
    const taken = takeOne(this.#dueAt.get(key), now, this.#rate)
    if ('retryAfterMs' in taken) return taken.retryAfterMs
    // Nobody is forgotten who is over his limit: a stranger waits until there is room.
    return this.#dueAt.has(key) || this.#hasRoom(now) ? 0 : this.#rate.everyMs
  }

  take(key: string, now: number): void {
    const taken = takeOne(this.#dueAt.get(key), now, this.#rate)
    if ('dueAt' in taken) this.#dueAt.set(key, taken.dueAt)
  }

  get size(): number {
    return this.#dueAt.size
  }

  #hasRoom(now: number): boolean {
    if (this.#dueAt.size < this.#keysMax) return true
    for (const [key, due] of this.#dueAt) if (due <= now) this.#dueAt.delete(key)
    return this.#dueAt.size < this.#keysMax
  }
}

/**
 * The networks that an address is limited as, the narrowest first: an IPv4 address itself, of IPv6 the /64 of a site and the
 * /48 of whom it belongs to.
 */
export function networksOf(address: string): string[] {
  const plain = address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address
  if (!plain.includes(':')) return [plain]
  const [front = '', back] = plain.split('%', 1)[0]!.toLowerCase().split('::')
  const ahead = front === '' ? [] : front.split(':')
  const behind = back === undefined || back === '' ? [] : back.split(':')
  const zeros = Math.max(0, 8 - ahead.length - behind.length)
  const groups = [...ahead, ...Array.from({ length: zeros }, () => '0'), ...behind].map((group) =>
    (Number.parseInt(group, 16) || 0).toString(16),
  )
  return [`${groups.slice(0, 4).join(':')}::/64`, `${groups.slice(0, 3).join(':')}::/48`]
}
