import type { Meaning, Way } from './waiting-blocks.ts'

/**
 * Several ways for one answer: who asks again over another connection while the answer is still on its way gets it there
 * too, for the first connection may be gone. Everything but the answer is that of the first.
 */
export class Ways implements Way {
  readonly #first: Way
  readonly #more: { readonly way: Way; readonly address: string; readonly port: number }[] = []

  constructor(first: Way) {
    this.#first = first
    for (const name of ['origin', 'names', 'isReliable'] as const) {
      if (first[name] !== undefined) Object.defineProperty(this, name, { value: first[name], enumerable: true })
    }
  }

  /** Beyond `WAYS_MAX` the latest takes the place of the one before: whoever asks so often waits at the last one. */
  add(way: Way, address: string, port: number): void {
    if (this.#more.length >= WAYS_MAX) this.#more.pop()
    this.#more.push({ way, address, port })
  }

  tell(meaning: Meaning): void {
    this.#first.tell?.(meaning)
    for (const { way } of this.#more) way.tell?.(meaning)
  }

  send(bytes: Uint8Array, length: number, address: string, port: number): void {
    this.#first.send(bytes, length, address, port)
    for (const more of this.#more) more.way.send(bytes, length, more.address, more.port)
  }
}

/** Ways beside the first on which one answer is awaited. */
const WAYS_MAX = 4
