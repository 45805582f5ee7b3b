import { isIP } from 'node:net'
import { type Libc, openLibc, systemError } from './libc.ts'
import { BATCH, ReceivedBatch, SendBatch } from './message-batch.ts'
import {
  FAMILY_NUMBERS,
  type Family,
  SOCKADDR_BYTES,
  formatSocketAddress,
  parseSocketAddress,
  portOf,
} from './socket-address.ts'
import { type Receive, type Transport, type UdpOptions, formatLocal } from './udp.ts'

/** Why {@link listenUdpBatch} cannot be used here; undefined where it can. */
export function detectBatch(): string | undefined {
  try {
    openLibc()
    return undefined
  } catch (cause) {
    return (cause as Error).message
  }
}

/**
 * Does what {@link listenUdp} does, with up to 64 datagrams in one call of the system: `recvmmsg` and `sendmmsg` of Linux
 * through `node:ffi`. It waits for datagrams outside the event loop, which has its turn after every batch and whenever it
 * has something to do, but whose timers come up to 10 ms late: it belongs in a thread that does nothing else.
 */
export async function listenUdpBatch(
  host: string,
  port: number,
  options: UdpOptions,
  receive: Receive,
): Promise<Transport> {
  const libc = openLibc()
  const family = isIP(host.split('%')[0]!) === 6 ? 6 : 4
  const descriptor = openSocket(libc, host, port, family, options)
  return new BatchTransport(libc, descriptor, family, receive)
}

/** Owns a socket, and takes turns with the event loop of its thread. */
class BatchTransport implements Transport {
  readonly local: string
  readonly failures: Transport['failures'] = { sends: 0, last: undefined }
  readonly #libc: Libc
  readonly #descriptor: number
  readonly #receive: Receive
  readonly #received: ReceivedBatch
  readonly #answers: SendBatch
  readonly #watched: Watched
  readonly #turn = (): void => this.#takeTurn()
  #isOpen = true
  /** The last batch was full, so there are more to take at once. */
  #isFlooded = false

  constructor(libc: Libc, descriptor: number, family: Family, receive: Receive) {
    this.#libc = libc
    this.#descriptor = descriptor
    this.#receive = receive
    this.#received = new ReceivedBatch(libc, family)
    this.#answers = new SendBatch(libc, family)
    this.#watched = watch(libc, descriptor)
    this.local = localOf(libc, descriptor, family)
    setImmediate(this.#turn)
  }

  get isFlooded(): boolean {
    return this.#isFlooded
  }

  send(bytes: Uint8Array, length: number, address: string, port: number): void {
    if (!this.#isOpen) return this.#note(systemError('sendmmsg', EBADF))
    if (!(port > 0 && port <= PORT_MAX)) return this.#note(systemError('sendmmsg', EINVAL))
    if (length > DATAGRAM_BYTES_MAX) return this.#note(systemError('sendmmsg', EMSGSIZE))
    if (!this.#answers.hasRoomFor(length)) this.#flush()
    try {
      this.#answers.add(bytes, length, address, port)
    } catch (error) {
      this.#note(error as Error)
    }
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return
    this.#flush()
    this.#isOpen = false
    this.#libc.close(this.#descriptor)
  }

  /** What was sent since the last turn leaves, then a batch is taken and answered, and the event loop goes on. */
  #takeTurn(): void {
    if (!this.#isOpen) return
    try {
      this.#flush()
      if (this.#isFlooded || this.#awaitDatagrams()) this.#takeBatch()
    } finally {
      if (this.#isOpen) setImmediate(this.#turn)
    }
  }

  /** Waits until a datagram is there, the event loop has something to do, or patience ends; says whether to look. */
  #awaitDatagrams(): boolean {
    const { pollAt, count, waitMs, events } = this.#watched
    const ready = this.#libc.poll(pollAt, count, waitMs)
    if (ready < 0) this.#fail('poll')
    return ready > 0 && events[SOCKET_EVENTS] !== 0
  }

  #takeBatch(): void {
    const batch = this.#received
    const count = this.#libc.recvmmsg(this.#descriptor, batch.headersAt, BATCH, MSG_DONTWAIT, NO_TIMEOUT)
    this.#isFlooded = count === BATCH
    if (count < 0) return this.#fail('recvmmsg')
    try {
      for (let slot = 0; slot < count && this.#isOpen; slot++) this.#take(slot)
    } finally {
      this.#flush()
    }
  }

  #take(slot: number): void {
    const source = this.#received.source(slot)
    this.#receive(this.#received.bytes(slot), source, this)
  }

  #flush(): void {
    const answers = this.#answers
    let at = 0
    while (at < answers.count && this.#isOpen) {
      const sent = this.#libc.sendmmsg(this.#descriptor, answers.headersFrom(at), answers.count - at, 0)
      if (sent > 0) {
        at += sent
        continue
      }
      const errno = this.#libc.errno()
      if (errno === EINTR) continue
      this.#note(systemError('sendmmsg', errno))
      at++
      // It has waited for room as long as it may; each of the others would wait as long again.
      if (errno === EAGAIN) for (; at < answers.count; at++) this.#note(systemError('sendmmsg', errno))
    }
    answers.clear()
  }

  #fail(call: string): void {
    const errno = this.#libc.errno()
    if (errno !== EINTR && errno !== EAGAIN) this.#note(systemError(call, errno))
  }

  #note(error: Error): void {
    this.failures.sends++
    this.failures.last = error
  }
}

/** What to wait on: the socket, and the event loop where Node tells how. */
type Watched = {
  readonly pollAt: bigint
  readonly count: number
  readonly waitMs: number
  /** The `revents` of the socket stand at `SOCKET_EVENTS`. */
  readonly events: Int16Array
}

function watch(libc: Libc, descriptor: number): Watched {
  const memory = new ArrayBuffer(2 * POLLFD_BYTES)
  const descriptors = new Int32Array(memory)
  const events = new Int16Array(memory)
  descriptors[0] = descriptor
  events[2] = POLLIN
  const loop = libc.loopDescriptor
  const pollAt = libc.addressOf(memory)
  if (loop === undefined) return { pollAt, count: 1, waitMs: BLIND_WAIT_MS, events }
  descriptors[2] = loop
  events[6] = POLLIN
  return { pollAt, count: 2, waitMs: WAIT_MS, events }
}

function openSocket(libc: Libc, host: string, port: number, family: Family, options: UdpOptions): number {
  const descriptor = libc.socket(FAMILY_NUMBERS[family], SOCK_DGRAM | SOCK_CLOEXEC, 0)
  if (descriptor < 0) throw systemError('socket', libc.errno())
  try {
    if (options.reusePort) setOption(libc, descriptor, 'SO_REUSEPORT', Int32Array.of(1))
    setOption(libc, descriptor, 'SO_SNDTIMEO', BigInt64Array.of(0n, SEND_WITHIN_US))
    // The system may grant less (`net.core.rmem_max`), which is no error.
    setOption(libc, descriptor, 'SO_RCVBUF', Int32Array.of(options.receiveBufferBytes))
    const name = parseSocketAddress(libc, host, port, family)
    if (libc.bind(descriptor, name, name.byteLength) < 0) throw systemError('bind', libc.errno())
    return descriptor
  } catch (error) {
    libc.close(descriptor)
    throw error
  }
}

function setOption(libc: Libc, descriptor: number, name: keyof typeof OPTIONS, value: NodeJS.ArrayBufferView): void {
  if (libc.setsockopt(descriptor, SOL_SOCKET, OPTIONS[name], value, value.byteLength) < 0)
    throw systemError(`setsockopt ${name}`, libc.errno())
}

function localOf(libc: Libc, descriptor: number, family: Family): string {
  const name = new Uint32Array(SOCKADDR_BYTES[6] / 4)
  if (libc.getsockname(descriptor, name, Uint32Array.of(name.byteLength)) < 0)
    throw systemError('getsockname', libc.errno())
  return formatLocal(formatSocketAddress(libc, name, 0, family), portOf(name, 0))
}

/** How long a datagram may wait for room in the send buffer: 10 ms. */
const SEND_WITHIN_US = 10_000n
/** How late a timer of the thread may come, because nothing wakes the wait for datagrams for it. */
const WAIT_MS = 10
/** The same where nothing at all wakes it: Node before 26.6. */
const BLIND_WAIT_MS = 1
const PORT_MAX = 65_535
/** What a packet leaves to a datagram; IPv6 takes 20 octets more, and the system says so. */
const DATAGRAM_BYTES_MAX = 65_507

// The numbers of Linux's generic headers.
const SOCK_DGRAM = 2
const SOCK_CLOEXEC = 0o2000000
const SOL_SOCKET = 1
const OPTIONS = { SO_RCVBUF: 8, SO_REUSEPORT: 15, SO_SNDTIMEO: 21 } as const
const MSG_DONTWAIT = 0x40
const NO_TIMEOUT = 0n
const POLLIN = 1
const POLLFD_BYTES = 8
/** Among the 16-bit words of the first `pollfd`. */
const SOCKET_EVENTS = 3
const EINTR = 4
const EBADF = 9
const EAGAIN = 11
const EINVAL = 22
const EMSGSIZE = 90
