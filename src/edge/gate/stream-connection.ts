import type { Socket } from 'node:net'
import { type Frame, Framer } from '#codec/sip/framing.ts'
import { MESSAGE_BYTES_MAX } from '#codec/sip/limits.ts'
import { Malformed } from '#codec/sip/malformed.ts'
import type { Source } from '#codec/sip/reply.ts'
import type { StreamFigureName, Streams } from './streams.ts'
import { answerUnframed } from './unframed.ts'
import type { Way } from './waiting-blocks.ts'

/** What a connection does with a message that is whole: `way` is the connection itself. */
export type Receive = (bytes: Uint8Array, source: Source, way: Way) => void

/** Whose connection it is: the address it truly comes from, the names its certificate proves, and whether that is a peer. */
export type Remote = {
  readonly source: Source
  readonly names: readonly string[] | undefined
  readonly isPeer: boolean
}

/**
 * One connection: octets to messages, and answers back on the same connection. RFC 3261 §18.2.2, §18.3.
 *
 * Holds no more of a message than has come, however long it claims to be; one timer watches over what is awaited. Once the
 * connection is gone, its answers are dropped: the gate connects to nobody.
 */
export class StreamConnection implements Way {
  /** A request over a stream is sent once (RFC 3261 §17.1.1.2). */
  readonly isReliable = true
  readonly names: readonly string[] | undefined
  readonly #socket: Socket
  /** The TCP connection itself, which TLS stands upon. */
  readonly #wire: Socket
  readonly #remote: Remote
  readonly #streams: Streams
  readonly #receive: Receive
  readonly #framer = new Framer()
  /** What has come of a message that is not whole; the octets handed over are never written to again. */
  #held: Buffer = NOTHING
  #heldEnd = 0
  /** CRLFs since the last message or the last ping. */
  #lineEnds = 0
  #awaited: Awaited = 'message'
  #timer: NodeJS.Timeout | undefined
  #stall: NodeJS.Timeout | undefined
  #written = 0
  /** Requests without an answer yet, at most. */
  #owed = 0
  #ended = false

  constructor(socket: Socket, wire: Socket, remote: Remote, streams: Streams, receive: Receive) {
    this.names = remote.names
    this.#socket = socket
    this.#wire = wire
    this.#remote = remote
    this.#streams = streams
    this.#receive = receive
    socket.on('data', (bytes: Buffer) => this.#read(bytes))
    socket.on('end', () => this.#halfClose())
    socket.on('error', () => void streams.figures.broken++)
    socket.on('close', () => this.#forget())
    this.#await('first')
  }

  /** Writes an answer, wherever its request said that it should go. */
  send(bytes: Uint8Array, length: number): void {
    const socket = this.#socket
    if (this.#owed > 0) this.#owed--
    if (!socket.writable) {
      this.#streams.figures.unsent++
      return
    }
    if (socket.writableLength + length > this.#streams.limits.queueBytes) {
      this.#streams.figures.unsent++
      return this.#cut('overQueue')
    }
    const copy = Buffer.allocUnsafe(length)
    copy.set(length === bytes.length ? bytes : bytes.subarray(0, length))
    this.#write(copy)
    if (this.#ended && this.#owed === 0) this.close()
  }

  /** Sends what is written and then ends the connection; a peer that does not end it too is cut off. */
  close(): void {
    if (!this.#socket.writable) return
    this.#socket.end()
    this.#await('goodbye')
  }

  #write(copy: Uint8Array): void {
    this.#socket.write(copy)
    this.#written += copy.length
    if (this.#socket.writableLength > 0 && this.#stall === undefined) this.#watchStall()
  }

  #read(bytes: Buffer): void {
    // What comes after the end of the framing, or of the connection, is read away, lest the answer be lost by a reset.
    if (this.#awaited === 'goodbye') return
    this.#socket.cork()
    this.#readMessages(bytes)
    this.#socket.uncork()
  }

  #readMessages(fresh: Buffer): void {
    const isWhole = this.#heldEnd === 0
    if (!isWhole) this.#hold(fresh, 0)
    const bytes = isWhole ? fresh : this.#held.subarray(0, this.#heldEnd)
    let start = 0
    while (start < bytes.length) {
      const found = this.#next(bytes, start)
      if (found.kind === 'need-more') break
      if (found.kind === 'keep-alive') this.#pong((found.end - start) / 2)
      else this.#handOver(bytes.subarray(found.start, found.end))
      start = found.end
      if (this.#awaited === 'goodbye' || this.#socket.destroyed) return
    }
    if (this.#awaited === 'goodbye') return
    if (isWhole || start > 0) {
      this.#release()
      if (start < bytes.length) this.#hold(bytes, start)
    }
    this.#await(start === bytes.length ? 'message' : this.#framer.wants, start > 0)
  }

  #next(bytes: Buffer, start: number): Frame {
    try {
      return this.#framer.next(bytes, start, bytes.length)
    } catch (fault) {
      if (!(fault instanceof Malformed)) throw fault
      this.#refuse(fault, bytes.subarray(start))
      return UNFRAMED
    }
  }

  #handOver(message: Buffer): void {
    this.#lineEnds = 0
    // ACKs and responses are answered by nothing.
    if (message[0] !== CAPITAL_A && message[0] !== CAPITAL_S) this.#owed++
    this.#receive(message, this.#remote.source, this)
  }

  /** A double CRLF is a ping, and a CRLF its pong. RFC 5626 §3.5.1, §4.4.1. */
  #pong(lineEnds: number): void {
    this.#lineEnds += lineEnds
    const pings = Math.floor(this.#lineEnds / 2)
    this.#lineEnds %= 2
    if (pings === 0 || !this.#socket.writable) return
    this.#streams.figures.keepAlives += pings
    if (this.#socket.writableLength + pings * 2 > this.#streams.limits.queueBytes) return this.#cut('overQueue')
    this.#write(Buffer.from(CRLF.repeat(pings), 'latin1'))
  }

  /** Nobody can tell where the next message starts: what can be answered is, and the connection ends. */
  #refuse(fault: Malformed, bytes: Buffer): void {
    this.#streams.figures.unframed++
    if (this.#remote.isPeer) {
      const answer = answerUnframed(bytes, fault, this.#remote.source)
      if (answer !== undefined) this.#write(answer)
    }
    this.#release()
    this.close()
  }

  /** The peer sends no more. It still hears what it is owed, such as a notice that waits for the disk. */
  #halfClose(): void {
    this.#ended = true
    if (this.#awaited === 'goodbye') return
    if (this.#owed === 0) this.close()
    else this.#await('answers')
  }

  /** Keeps octets from `start` on. Room grows with what has come, and never by what a message claims. */
  #hold(bytes: Buffer, start: number): void {
    const needed = this.#heldEnd + bytes.length - start
    if (needed > this.#held.length) {
      const twice = Math.min(needed * 2, Math.max(needed, MESSAGE_BYTES_MAX))
      const room = Buffer.allocUnsafeSlow(Math.max(HELD_BYTES_MIN, twice))
      this.#held.copy(room, 0, 0, this.#heldEnd)
      this.#held = room
    }
    bytes.copy(this.#held, this.#heldEnd, start)
    this.#heldEnd = needed
  }

  #release(): void {
    this.#held = NOTHING
    this.#heldEnd = 0
  }

  /** Sets the clock for what is awaited next; what was awaited already keeps its time, unless it is awaited `anew`. */
  #await(awaited: Awaited, anew = false): void {
    if (awaited === this.#awaited && !anew) return
    const ms = this.#patience(awaited)
    if (awaited === this.#awaited && this.#timer !== undefined) {
      this.#timer.refresh()
      return
    }
    this.#awaited = awaited
    clearTimeout(this.#timer)
    this.#timer = ms === undefined ? undefined : setTimeout(() => this.#late(awaited), ms)
  }

  #patience(awaited: Awaited): number | undefined {
    const { firstByteMs, headMs, bodyMs, idleMs } = this.#streams.limits
    if (awaited === 'first') return firstByteMs
    if (awaited === 'head') return headMs
    if (awaited === 'body') return bodyMs
    if (awaited === 'message') return this.#remote.isPeer ? undefined : idleMs
    return awaited === 'answers' ? ANSWERS_MS : GOODBYE_MS
  }

  #late(awaited: Awaited): void {
    const figure = LATE_FIGURES[awaited]
    if (figure !== undefined) return this.#cut(figure)
    if (awaited === 'answers') this.close()
    else this.#socket.destroy()
  }

  #cut(figure: StreamFigureName): void {
    this.#streams.figures[figure]++
    // A reset frees the system's buffers and its memory of the connection at once.
    this.#wire.resetAndDestroy()
    this.#socket.destroy()
  }

  /** Watches whether anything of the queue is taken, at whatever pace. */
  #watchStall(): void {
    const takenBefore = this.#taken
    this.#stall = setTimeout(() => {
      this.#stall = undefined
      if (this.#socket.writableLength === 0) return
      if (this.#taken === takenBefore) this.#cut('stalled')
      else this.#watchStall()
    }, this.#streams.limits.stallMs)
  }

  get #taken(): number {
    return this.#written - this.#socket.writableLength
  }

  #forget(): void {
    clearTimeout(this.#timer)
    clearTimeout(this.#stall)
    this.#timer = undefined
    this.#stall = undefined
    this.#release()
  }
}

type Awaited = 'first' | 'head' | 'body' | 'message' | 'answers' | 'goodbye'

const LATE_FIGURES: Readonly<Partial<Record<Awaited, StreamFigureName>>> = {
  first: 'firstByteLate',
  head: 'headLate',
  body: 'bodyLate',
  message: 'idle',
}
const NOTHING = Buffer.alloc(0)
const UNFRAMED: Frame = { kind: 'need-more' }
const CRLF = '\r\n'
const HELD_BYTES_MIN = 1024
/** The longest that an answer may wait for the disk. */
const ANSWERS_MS = 5_000
/** How long a peer has to end a connection that was ended to it. */
const GOODBYE_MS = 1_000
const CAPITAL_A = 65
const CAPITAL_S = 83
