import type { Problems } from './problems.ts'

/** Puts IP fragments together again (RFC 791 3.2, RFC 8200 4.5); what arrived first wins where fragments overlap. */
export class Fragments {
  #datagrams = new Map<string, Datagram>()
  #heldBytes = 0
  readonly #problems: Problems

  constructor(problems: Problems) {
    this.#problems = problems
  }

  /**
   * Takes the fragment `bytes[start, end)` that stands at `position` of its datagram, and returns the whole datagram's
   * payload once nothing is missing. `seconds` is the time of its packet, `offset` the place in the file for reports.
   */
  add(
    key: string,
    bytes: Uint8Array,
    start: number,
    end: number,
    position: number,
    more: boolean,
    seconds: number,
    offset: number,
  ): Uint8Array | undefined {
    let datagram = this.#datagrams.get(key)
    if (datagram !== undefined && Math.abs(seconds - datagram.seconds) > FRAGMENT_LIFETIME_SECONDS) {
      this.#drop(key, datagram)
      datagram = undefined
    }
    if (datagram === undefined) {
      datagram = { pieces: [], bytes: 0, length: undefined, seconds, offset }
      this.#datagrams.set(key, datagram)
    }
    const tooLong = position + (end - start) > MAX_DATAGRAM_BYTES
    if (tooLong || datagram.pieces.length >= MAX_PIECES || datagram.bytes + (end - start) > 2 * MAX_DATAGRAM_BYTES) {
      this.#drop(key, datagram)
      return undefined
    }

    datagram.pieces.push({ position, data: new Uint8Array(bytes.subarray(start, end)) })
    datagram.bytes += end - start
    this.#heldBytes += end - start
    if (!more) datagram.length ??= position + (end - start)
    const whole = assemble(datagram)
    if (whole !== undefined) this.#forget(key, datagram)
    else this.#makeRoom()
    return whole
  }

  /** Gives up what is still incomplete. */
  finish(): void {
    for (const [key, datagram] of this.#datagrams) this.#drop(key, datagram)
  }

  /** Datagrams held, for the memory bound to be seen. */
  get held(): { datagrams: number; bytes: number } {
    return { datagrams: this.#datagrams.size, bytes: this.#heldBytes }
  }

  #makeRoom(): void {
    while (this.#datagrams.size > MAX_DATAGRAMS_HELD || this.#heldBytes > MAX_FRAGMENT_BYTES_HELD) {
      const [oldest] = this.#datagrams
      if (oldest === undefined) return
      this.#drop(...oldest)
    }
  }

  #drop(key: string, datagram: Datagram): void {
    this.#problems.add('fragments-dropped', datagram.offset)
    this.#forget(key, datagram)
  }

  #forget(key: string, datagram: Datagram): void {
    this.#datagrams.delete(key)
    this.#heldBytes -= datagram.bytes
  }
}

type Piece = { position: number; data: Uint8Array }
type Datagram = { pieces: Piece[]; bytes: number; length: number | undefined; seconds: number; offset: number }

function assemble({ pieces, bytes, length }: Datagram): Uint8Array | undefined {
  if (length === undefined || bytes < length) return undefined
  const inOrder = pieces.toSorted((a, b) => a.position - b.position)
  let reached = 0
  for (const { position, data } of inOrder) {
    if (position > reached) return undefined
    reached = Math.max(reached, position + data.length)
  }
  if (reached < length) return undefined

  const whole = new Uint8Array(reached)
  for (const { position, data } of pieces.toReversed()) whole.set(data, position)
  return whole.subarray(0, length)
}

/** Datagrams that wait for fragments at one time; the oldest goes first. */
export const MAX_DATAGRAMS_HELD = 1_024
/** Bytes of all waiting fragments together. */
export const MAX_FRAGMENT_BYTES_HELD = 16 * 1024 * 1024
/** Fragments of one datagram. */
export const MAX_PIECES = 128
/** The longest payload that IP can carry. */
export const MAX_DATAGRAM_BYTES = 65_535
/** A fragment this much later, by the clock of the capture, belongs to another datagram of the same number. */
export const FRAGMENT_LIFETIME_SECONDS = 30
