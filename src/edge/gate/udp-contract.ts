import assert from 'node:assert/strict'
import { type Socket, createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import type { ThreadOptions, ThreadOrder, ThreadRefusal, ThreadState } from './udp-contract-thread.ts'

/** Registers what every transport of UDP must keep; `skip` says why this one cannot be tried here. */
export function udpContract(kind: ThreadOptions['kind'], skip: string | undefined): void {
  const promise = (sentence: string, keep: (t: TestContext) => Promise<void>): void => {
    test(`${kind}: ${sentence}`, { skip: skip ?? false, timeout: PATIENCE_MS }, keep)
  }

  promise(
    'what comes and what is sent back is the same to the octet, for every size a datagram can have',
    async (t) => {
      const { port } = await listen(t, { kind })
      const client = await open(t)
      for (const size of SIZES) {
        const octets = Buffer.from(Array.from({ length: size }, (_, index) => (index * 7 + size) & 0xff))
        client.send(octets, port, '127.0.0.1')
        const [answer] = (await once(client, 'message')) as [Buffer]
        assert.ok(octets.equals(answer), `${size} octets`)
      }
    },
  )

  promise('on IPv6 the answer finds its way back too, and the source is shown as it is', async (t) => {
    const thread = await listen(t, { kind, host: '::1' })
    const client = await open(t, '::1')

    assert.match(thread.local, /^\[::1\]:\d+$/)
    assert.deepEqual(await ask(client, thread.port, '::1'), OCTETS)
    assert.deepEqual(await sources(thread), [{ address: '::1', port: client.address().port }])
  })

  promise('a peer on IPv4 is known by its IPv4 address on a socket for both', async (t) => {
    const thread = await listen(t, { kind, host: '::' })
    const client = await open(t)

    assert.deepEqual(await ask(client, thread.port), OCTETS)
    assert.deepEqual(await sources(thread), [{ address: '127.0.0.1', port: client.address().port }])
    assert.deepEqual(await ask(await open(t, '::1'), thread.port, '::1'), OCTETS)
  })

  promise('sources that differ in their address or their port only are told apart', async (t) => {
    const thread = await listen(t, { kind, host: '0.0.0.0' })
    const clients: Socket[] = []
    for (let index = 0; index < SOURCES; index++) clients.push(await open(t, `127.0.0.${1 + (index % 8)}`))
    const again = clients.map((client) => client.address())

    for (let round = 0; round < 2; round++)
      for (const client of clients) assert.deepEqual(await ask(client, thread.port), OCTETS)

    const order = ({ address, port }: { address: string; port: number }): string => `${address} ${port}`
    assert.deepEqual((await sources(thread)).map(order).sort(), again.map(order).sort())
  })

  promise('of a burst nothing is lost and nothing is mixed up', async (t) => {
    const thread = await listen(t, { kind })
    const clients = await Promise.all(Array.from({ length: 3 }, () => open(t)))
    let answered = 0
    for (let wave = 0; wave < WAVES; wave++) {
      const due = new Set(
        clients.flatMap((_, client) => Array.from({ length: WAVE }, (_, of) => `${client} ${wave} ${of}`)),
      )
      const settled = Promise.all(
        clients.map(async (client, index) => {
          for (let count = 0; count < WAVE; count++) {
            const [answer] = (await once(client, 'message')) as [Buffer]
            const [text, filling] = answer.toString('latin1').split('|')
            assert.ok(text!.startsWith(`${index} `) && due.delete(text!), `an answer that nobody waits for: ${text}`)
            assert.equal(filling, 'x'.repeat(Number(text!.split(' ')[2]) * 3))
            answered++
          }
        }),
      )
      for (let of = 0; of < WAVE; of++)
        for (const [index, client] of clients.entries())
          client.send(`${index} ${wave} ${of}|${'x'.repeat(of * 3)}`, thread.port, '127.0.0.1')
      await settled
      assert.equal(due.size, 0)
    }

    assert.equal(answered, 3 * WAVE * WAVES)
    assert.equal((await thread.ask({ kind: 'tell' })).unsent, 0)
  })

  promise(
    'answers of many lengths to many places, on IPv4 and IPv6, come each as one datagram and in order',
    async (t) => {
      for (const address of ['127.0.0.1', '::1']) {
        const thread = await listen(t, { kind, host: address })
        const clients = await Promise.all([open(t, address), open(t, address)])
        const came: Buffer[][] = [[], []]
        const all = Promise.all(
          clients.map(async (client, index) => {
            while (came[index]!.length < LENGTHS.length) {
              const [answer] = (await once(client, 'message')) as [Buffer]
              came[index]!.push(answer)
            }
          }),
        )
        for (const [index, client] of clients.entries())
          for (const [at, length] of LENGTHS.entries())
            client.send(Buffer.alloc(length, 1 + ((at * 2 + index) % 255)), thread.port, address)
        await all

        for (const [index, answers] of came.entries())
          for (const [at, answer] of answers.entries())
            assert.ok(answer.equals(Buffer.alloc(LENGTHS[at]!, 1 + ((at * 2 + index) % 255))), `${address} ${at}`)
        assert.equal((await thread.ask({ kind: 'tell' })).unsent, 0)
      }
    },
  )

  promise('what is sent when nothing has come leaves at once, as it was when it was sent', async (t) => {
    const thread = await listen(t, { kind })
    const client = await open(t)
    const { port } = client.address()

    const came = once(client, 'message')
    await thread.ask({ kind: 'send', bytes: OCTETS, address: '127.0.0.1', port })

    assert.deepEqual(new Uint8Array(((await came) as [Buffer])[0]), OCTETS)
  })

  promise('two sockets of one thread are both served, also after one of them has closed', async (t) => {
    const thread = await listen(t, { kind })
    const client = await open(t)
    const second = portOf((await thread.ask({ kind: 'listen' })).local)

    for (const port of [second, thread.port, second]) assert.deepEqual(await ask(client, port), OCTETS)
    await thread.ask({ kind: 'close' })
    assert.deepEqual(await ask(client, thread.port), OCTETS)
  })

  promise('the thread hears messages while datagrams keep coming', async (t) => {
    const thread = await listen(t, { kind })
    const client = await open(t)
    let answers = 0
    client.on('message', (bytes) => {
      answers++
      client.send(bytes, thread.port, '127.0.0.1')
    })
    for (let index = 0; index < WAVE; index++) client.send(OCTETS, thread.port, '127.0.0.1')
    await once(client, 'message')

    for (let index = 0; index < 5; index++) await thread.ask({ kind: 'tell' })

    const before = answers
    await once(client, 'message')
    assert.ok(answers > before)
    client.removeAllListeners('message')
  })

  promise(
    'what cannot be sent is counted and harms nothing: no port, no route, too long, nobody there, closed',
    async (t) => {
      const thread = await listen(t, { kind })
      const client = await open(t)
      const gone = await open(t)
      const { port } = gone.address()
      gone.close()

      const send = (bytes: Uint8Array, address: string, port: number) =>
        thread.ask({ kind: 'send', bytes, address, port })
      await send(OCTETS, '127.0.0.1', 0)
      assert.equal((await send(OCTETS, '127.0.0.1', 70_000)).unsent, 2)
      await send(new Uint8Array(65_535), '127.0.0.1', port)
      await send(OCTETS, '127.0.0.1', port)
      await send(OCTETS, '255.255.255.255', port)
      assert.deepEqual(await ask(client, thread.port), OCTETS)
      const { unsent, lastCode } = await thread.ask({ kind: 'tell' })
      assert.equal(unsent, 4)
      assert.equal(lastCode, 'EACCES')
      await thread.ask({ kind: 'close' })

      assert.equal((await send(OCTETS, '127.0.0.1', port)).unsent, 5)
    },
  )

  promise('closing ends the wait for datagrams, twice as well as once, and frees the port', async (t) => {
    const thread = await listen(t, { kind })
    const ended = once(thread.worker, 'exit')

    await thread.ask({ kind: 'close' })
    await thread.ask({ kind: 'close' })
    const next = await listen(t, { kind, port: thread.port })

    assert.deepEqual(await ask(await open(t), next.port), OCTETS)
    thread.worker.postMessage({ kind: 'leave' } satisfies ThreadOrder, [])
    await ended
  })

  promise('a port that is taken and an address that is not ours are refused', async (t) => {
    const { port } = await listen(t, { kind })

    for (const [host, to, reusePort, code] of [
      ['127.0.0.1', port, false, 'EADDRINUSE'],
      ['127.0.0.1', port, true, 'EADDRINUSE'],
      ['192.0.2.1', 0, false, 'EADDRNOTAVAIL'],
    ] as const)
      await assert.rejects(listen(t, { kind, host, port: to, reusePort }), { message: code }, `${host} ${to}`)
  })

  promise('threads that share a port each get their sources, and all sources are answered', async (t) => {
    const first = await listen(t, { kind, reusePort: true })
    const second = await listen(t, { kind, reusePort: true, port: first.port })
    for (let index = 0; index < SOURCES; index++) assert.deepEqual(await ask(await open(t), first.port), OCTETS)

    const [ours, theirs] = [await sources(first), await sources(second)]
    assert.equal(ours.length + theirs.length, SOURCES)
    assert.ok(ours.length > 0 && theirs.length > 0)
  })
}

type Thread = {
  readonly worker: Worker
  readonly local: string
  readonly port: number
  ask(order: ThreadOrder): Promise<ThreadState>
}

async function listen(
  t: TestContext,
  options: Partial<ThreadOptions> & { kind: ThreadOptions['kind'] },
): Promise<Thread> {
  const workerData: ThreadOptions = {
    host: '127.0.0.1',
    port: 0,
    receiveBufferBytes: 4_194_304,
    reusePort: false,
    ...options,
  }
  const worker = new Worker(new URL('udp-contract-thread.ts', import.meta.url), { workerData })
  t.after(() => worker.terminate())
  const [state] = (await once(worker, 'message')) as [ThreadState | ThreadRefusal]
  if ('refused' in state) throw new Error(state.refused)
  return {
    worker,
    local: state.local,
    port: portOf(state.local),
    async ask(order) {
      worker.postMessage(order, [])
      const [state] = (await once(worker, 'message')) as [ThreadState]
      return state
    },
  }
}

function portOf(local: string): number {
  return Number(local.slice(local.lastIndexOf(':') + 1))
}

async function sources(thread: Thread): Promise<ThreadState['sources']> {
  return (await thread.ask({ kind: 'tell' })).sources
}

async function open(t: TestContext, address = '127.0.0.1'): Promise<Socket> {
  const socket = createSocket({ type: address.includes(':') ? 'udp6' : 'udp4', recvBufferSize: 4_194_304 })
  t.after(() => {
    try {
      socket.close()
    } catch {
      // Closed by the test.
    }
  })
  socket.bind(0, address)
  await once(socket, 'listening')
  return socket
}

async function ask(socket: Socket, port: number, address = '127.0.0.1'): Promise<Uint8Array> {
  socket.send(OCTETS, port, address)
  const [answer] = (await once(socket, 'message')) as [Buffer]
  return new Uint8Array(answer)
}

const OCTETS = new Uint8Array([1, 2, 3, 4])
const SIZES = [0, 1, 1_432, 1_432, 9_000, 65_507, 3]
const SOURCES = 40
/** Equal ones in a row, shorter and longer ones after them, empty ones, and some that no path takes whole. */
const LENGTHS = Array.from({ length: 200 }, (_, at): number => (at < 120 ? 300 : 1_200))
LENGTHS.splice(120, 0, 299, 300, 300, 301, 0, 0, 5, 5, 4, 5, 1_232, 1_232, 1_233, 1_233, 2_000, 2_000, 7)
/** Datagrams of each of three clients at a time: more than a batch, fewer than the smallest receive buffer loses. */
const WAVE = 60
const WAVES = 20
const PATIENCE_MS = 30_000
