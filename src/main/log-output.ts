import { write } from 'node:fs'
import { promisify } from 'node:util'

/**
 * Where the log goes: a descriptor, written to by a thread, so that a reader that stalls, a pipe that breaks or a disk that
 * is full neither holds nor ends the gate. What cannot be written is lost, and counted.
 */
export class LogOutput {
  lost = 0
  readonly #descriptor: number
  #lines: string[] = []
  #characters = 0
  #writing: Promise<void> | undefined

  constructor(descriptor: number) {
    this.#descriptor = descriptor
  }

  write(line: string): void {
    if (this.#characters + line.length > CHARACTERS_MAX) {
      this.lost++
      return
    }
    this.#lines.push(line)
    this.#characters += line.length
    this.#writing ??= this.#writeAll()
  }

  /** Waits until all is written, at most `withinMs`. */
  async finish(withinMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, withinMs)))
    await Promise.race([this.#writing, patience])
    clearTimeout(timer)
  }

  async #writeAll(): Promise<void> {
    while (this.#lines.length > 0) {
      const lines = this.#lines
      this.#lines = []
      if (!(await this.#put(Buffer.from(lines.join(''))))) this.lost += lines.length
      this.#characters = this.#lines.reduce((sum, { length }) => sum + length, 0)
    }
    this.#writing = undefined
  }

  async #put(bytes: Buffer): Promise<boolean> {
    for (let at = 0; at < bytes.length;) {
      try {
        at += (await writeSome(this.#descriptor, bytes, at)).bytesWritten
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return false
        // A pipe that does not block and is full.
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
      }
    }
    return true
  }
}

const writeSome = promisify(write)
/** Log text that may wait to be written. */
const CHARACTERS_MAX = 1_048_576
const AGAIN_MS = 50
