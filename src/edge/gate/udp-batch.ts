import { isIP } from 'node:net'
import { type Libc, openLibc, systemError } from './libc.ts'
import { BATCH, ReceivedBatch, SOL_UDP, SendBatch, UDP_SEGMENT } from './message-batch.ts'
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
 * through `node:ffi`. It waits for datagrams outside the event loop, which has its turn after a few batches and whenever it
 * has something to do, but whose timers come up to 10 ms late: it belongs in a thread that does nothing else.
 */
export async function listenUdpBatch(
  host: string,
  port: number,
  options: UdpOptions,
  receive: Receive,
): Promise<Transport & { readonly descriptor: number }> {
  const libc = openLibc()
  const family = isIP(host.split('%')[0]!) === 6 ? 6 : 4
  const descriptor = openSocket(libc, host, port, family, options)
  return new BatchTransport(libc, descriptor, family, receive)
}

/**
 * How often this thread had taken everything that had come to the sockets of {@link listenUdpBatch}. Its event loop never
 * rests, so how long that was idle says nothing.
 */
export function batchPauses(): number {
  return turns?.pauses ?? 0
}

/** Owns a socket. */
class BatchTransport implements Transport {
  readonly local: string
  readonly receiveBufferBytes: number
  readonly failures: Transport['failures'] = { sends: 0, last: undefined }
  readonly descriptor: number
  readonly #libc: Libc
  readonly #receive: Receive
  readonly #received: ReceivedBatch
  readonly #answers: SendBatch
  #isOpen = true

  constructor(libc: Libc, descriptor: number, family: Family, receive: Receive) {
    this.descriptor = descriptor
    this.#libc = libc
    this.#receive = receive
    this.#received = new ReceivedBatch(libc, family)
    this.#answers = new SendBatch(libc, family, canSegment(libc, descriptor))
    this.local = localOf(libc, descriptor, family)
    this.receiveBufferBytes = receiveBufferOf(libc, descriptor)
    turns ??= new Turns(libc)
    turns.add(this)
  }

  send(bytes: Uint8Array, length: number, address: string, port: number): void {
    if (!this.#isOpen) return this.note(systemError('sendmmsg', EBADF))
    if (!(port > 0 && port <= PORT_MAX)) return this.note(systemError('sendmmsg', EINVAL))
    if (length > DATAGRAM_BYTES_MAX) return this.note(systemError('sendmmsg', EMSGSIZE))
    if (!this.#answers.hasRoomFor(length)) this.flush()
    try {
      this.#answers.add(bytes, length, address, port)
    } catch (error) {
      this.note(error as Error)
    }
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return
    this.flush()
    this.#isOpen = false
    turns?.remove(this)
    this.#libc.close(this.descriptor)
  }

  /** Takes what has come, at most a batch of it, and lets the answers go; says whether that was all. */
  takeBatch(): boolean {
    const batch = this.#received
    const count = this.#libc.recvmmsg(this.descriptor, batch.headersAt, BATCH, MSG_DONTWAIT, NO_TIMEOUT)
    if (count < 0) this.fail('recvmmsg')
    try {
      for (let slot = 0; slot < count && this.#isOpen; slot++)
        this.#receive(batch.bytes(slot), batch.source(slot), this)
    } finally {
      this.flush()
    }
    return count < BATCH
  }

  flush(): void {
    const answers = this.#answers
    let at = 0
    while (at < answers.count && this.#isOpen) {
      const sent = this.#libc.sendmmsg(this.descriptor, answers.headersFrom(at), answers.count - at, 0)
      if (sent > 0) {
        at += sent
        continue
      }
      const errno = this.#libc.errno()
      if (errno === EINTR) continue
      if (errno !== EAGAIN && answers.datagrams(at) > 1) {
        this.#sendApart(at++)
        continue
      }
      // Where it has waited for room as long as it may, each of the others would wait as long again.
      const end = errno === EAGAIN ? answers.count : at + 1
      for (; at < end; at++)
        for (let count = answers.datagrams(at); count > 0; count--) this.note(systemError('sendmmsg', errno))
    }
    answers.clear()
  }

  /** What the system refuses together and takes one by one is its refusal to cut messages: then it is not asked again. */
  #sendApart(slot: number): void {
    const answers = this.#answers
    answers.apart(slot, () => {
      let sent: number
      do sent = this.#libc.sendmmsg(this.descriptor, answers.headersFrom(slot), 1, 0)
      while (sent < 0 && this.#libc.errno() === EINTR)
      if (sent > 0) answers.groups = false
      else this.note(systemError('sendmmsg', this.#libc.errno()))
    })
  }

  /** Notes why a call of the system failed, unless it only has to be made again. */
  fail(call: string): void {
    const errno = this.#libc.errno()
    if (errno !== EINTR && errno !== EAGAIN) this.note(systemError(call, errno))
  }

  note(error: Error): void {
    this.failures.sends++
    this.failures.last = error
  }
}

/** Lets the sockets of this thread and its event loop take turns. */
class Turns {
  /** Turns that took everything that had come. */
  pauses = 0
  readonly #libc: Libc
  readonly #waitMs: number
  readonly #transports: BatchTransport[] = []
  readonly #memory = new ArrayBuffer(WATCHED_MAX * POLLFD_BYTES)
  readonly #descriptors = new Int32Array(this.#memory)
  readonly #events = new Int16Array(this.#memory)
  readonly #pollAt: bigint
  readonly #turn = (): void => this.#take()
  #watched = 0
  #isTurning = false

  constructor(libc: Libc) {
    this.#libc = libc
    this.#waitMs = libc.loopDescriptor === undefined ? BLIND_WAIT_MS : WAIT_MS
    this.#pollAt = libc.addressOf(this.#memory)
  }

  add(transport: BatchTransport): void {
    if (this.#transports.length + 1 === WATCHED_MAX) throw new Error(`a thread has ${WATCHED_MAX - 1} sockets at most`)
    this.#transports.push(transport)
    this.#watch()
    if (this.#isTurning) return
    this.#isTurning = true
    setImmediate(this.#turn)
  }

  remove(transport: BatchTransport): void {
    this.#transports.splice(this.#transports.indexOf(transport), 1)
    this.#watch()
  }

  /** What was sent since the last turn leaves, each socket that has something is served, and the event loop goes on. */
  #take(): void {
    const transports = this.#transports
    try {
      for (const transport of transports) transport.flush()
      if (this.#serve(this.#await())) this.pauses++
    } finally {
      this.#isTurning = transports.length > 0
      if (this.#isTurning) setImmediate(this.#turn)
    }
  }

  /** Takes some batches of each socket that has something; says whether that was all of it. */
  #serve(ready: number): boolean {
    if (ready <= 0) return true
    const transports = this.#transports
    let isAll = true
    // From behind: a transport may be closed by what it receives.
    for (let index = transports.length - 1; index >= 0; index--) {
      const transport = transports[index]
      const has = this.#events[index * POLLFD_HALVES + RETURNED] !== 0
      if (has && transport !== undefined) isAll = takeSome(transport) && isAll
    }
    return isAll
  }

  /** Waits until a datagram is there, the event loop has something to do, or patience ends. */
  #await(): number {
    if (this.#watched === 0) return 0
    return this.#libc.poll(this.#pollAt, this.#watched, this.#waitMs)
  }

  #watch(): void {
    const watched = this.#transports.map(({ descriptor }) => descriptor)
    if (watched.length > 0 && this.#libc.loopDescriptor !== undefined) watched.push(this.#libc.loopDescriptor)
    for (const [index, descriptor] of watched.entries()) {
      this.#descriptors[index * (POLLFD_BYTES / 4)] = descriptor
      this.#events[index * POLLFD_HALVES + ASKED] = POLLIN
      this.#events[index * POLLFD_HALVES + RETURNED] = 0
    }
    this.#watched = watched.length
  }
}

/** Takes batches as long as they are full, which saves the event loop's turns between them; says whether that was all. */
function takeSome(transport: BatchTransport): boolean {
  for (let batch = 0; batch < BATCHES_A_TURN; batch++) if (transport.takeBatch()) return true
  return false
}

/** Of this thread. */
let turns: Turns | undefined

function openSocket(libc: Libc, host: string, port: number, family: Family, options: UdpOptions): number {
  const descriptor = libc.socket(FAMILY_NUMBERS[family], SOCK_DGRAM | SOCK_CLOEXEC, 0)
  if (descriptor < 0) throw systemError('socket', libc.errno())
  try {
    if (options.reusePort) setOption(libc, descriptor, 'SO_REUSEPORT', Int32Array.of(1))
    setOption(libc, descriptor, 'SO_SNDTIMEO', BigInt64Array.of(0n, BigInt(SEND_WITHIN_US)))
    const buffer = Int32Array.of(options.receiveBufferBytes)
    // Who may manage the network gets it whole; for others the system may grant less (`net.core.rmem_max`), which is no error.
    if (libc.setsockopt(descriptor, SOL_SOCKET, OPTIONS.SO_RCVBUFFORCE, buffer, buffer.byteLength) < 0)
      setOption(libc, descriptor, 'SO_RCVBUF', buffer)
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

/** Whether the system knows of messages that it cuts into datagrams: Linux from 4.18 on. One before would send them whole. */
function canSegment(libc: Libc, descriptor: number): boolean {
  const bytes = new Int32Array(1)
  return libc.getsockopt(descriptor, SOL_UDP, UDP_SEGMENT, bytes, Uint32Array.of(bytes.byteLength)) === 0
}

function receiveBufferOf(libc: Libc, descriptor: number): number {
  const bytes = new Int32Array(1)
  if (libc.getsockopt(descriptor, SOL_SOCKET, OPTIONS.SO_RCVBUF, bytes, Uint32Array.of(bytes.byteLength)) < 0)
    throw systemError('getsockopt SO_RCVBUF', libc.errno())
  return bytes[0]!
}

function localOf(libc: Libc, descriptor: number, family: Family): string {
  const name = new Uint32Array(SOCKADDR_BYTES[6] / 4)
  if (libc.getsockname(descriptor, name, Uint32Array.of(name.byteLength)) < 0)
    throw systemError('getsockname', libc.errno())
  return formatLocal(formatSocketAddress(libc, name, 0, family), portOf(name, 0))
}

/** Full batches of one socket before the event loop has its turn: some milliseconds of calls. */
const BATCHES_A_TURN = 4
/** How long a datagram may wait for room in the send buffer: 10 ms. */
const SEND_WITHIN_US = 10_000
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
const OPTIONS = { SO_RCVBUF: 8, SO_REUSEPORT: 15, SO_SNDTIMEO: 21, SO_RCVBUFFORCE: 33 } as const
const MSG_DONTWAIT = 0x40
const NO_TIMEOUT = 0n
const POLLIN = 1
/** Sockets of one thread, and its event loop. */
const WATCHED_MAX = 65
// A `pollfd`: the descriptor, then in half words what is asked and what is returned.
const POLLFD_BYTES = 8
const POLLFD_HALVES = 4
const ASKED = 2
const RETURNED = 3
const EINTR = 4
const EBADF = 9
const EAGAIN = 11
const EINVAL = 22
const EMSGSIZE = 90
