// One thing: that no URL makes a connection it must not make. A recorder stands where connections are opened, and listeners
// on this machine's loopback addresses, which are all inner addresses here, count who comes.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, type Server, createServer as createTcpServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { after, before, suite, test } from 'node:test'
import { type ConnectionOptions, type TLSSocket, connect, createServer } from 'node:tls'
import { HOSTILE_URLS } from '../../../test/hostile-urls.ts'
import { type Minted, mint } from '../../../test/stir-authority.ts'
import {
  FAILURES_KEPT_MAX,
  FAILURE_KEPT_MS,
  FETCHES_MAX,
  FETCHES_PER_HOST_MAX,
  FETCHES_PER_MINUTE_MAX,
  Fetcher,
} from './fetcher.ts'
import { BODY_BYTES_MAX, type FetchOptions, type Fetched, fetchGuarded, postGuarded } from './guarded-fetch.ts'
import { isHostEntry, readGuardedUrl } from './guarded-url.ts'
import { isPublicAddress } from './public-address.ts'

const ADDRESSES: [address: string, isPublic: boolean][] = [
  ['93.184.216.34', true],
  ['8.8.8.8', true],
  ['172.15.255.255', true],
  ['172.32.0.0', true],
  ['100.63.255.255', true],
  ['100.128.0.0', true],
  ['11.0.0.0', true],
  ['198.17.255.255', true],
  ['198.20.0.0', true],
  ['223.255.255.255', true],
  ['0.0.0.0', false],
  ['10.1.2.3', false],
  ['100.64.0.1', false],
  ['100.100.100.200', false],
  ['127.0.0.1', false],
  ['127.255.255.255', false],
  ['168.63.129.16', false],
  ['169.254.169.254', false],
  ['172.16.0.1', false],
  ['172.31.255.255', false],
  ['192.0.0.1', false],
  ['192.0.2.1', false],
  ['192.88.99.1', false],
  ['192.168.1.1', false],
  ['198.18.0.1', false],
  ['198.19.255.255', false],
  ['198.51.100.1', false],
  ['203.0.113.1', false],
  ['224.0.0.1', false],
  ['240.0.0.1', false],
  ['255.255.255.255', false],
  ['2606:4700:4700::1111', true],
  ['2a00:1450:4001::1', true],
  ['64:ff9b::808:808', true],
  ['64:ff9b::8.8.8.8', true],
  ['64:ff9b::7f00:1', false],
  ['64:ff9b::127.0.0.1', false],
  ['64:ff9b::a9fe:a9fe', false],
  ['64:ff9b::', false],
  ['64:ff9b::1', false],
  ['64:ff9b:1::808:808', false],
  ['::', false],
  ['::1', false],
  ['::ffff:8.8.8.8', false],
  ['::ffff:127.0.0.1', false],
  ['::ffff:a9fe:a9fe', false],
  ['::8.8.8.8', false],
  ['fe80::1', false],
  ['fe80::1%lo', false],
  ['fec0::1', false],
  ['fc00::1', false],
  ['fd12:3456::1', false],
  ['ff02::1', false],
  ['100::1', false],
  ['2001::1', false],
  ['2001:10::1', false],
  ['2001:db8::1', false],
  ['2002:7f00:1::', false],
  ['2002:808:808::', false],
  ['3fff::1', false],
  ['5f00::1', false],
  ['4000::1', false],
  ['nonsense', false],
  ['', false],
]

test('each form of URL that leads elsewhere is refused before anything is asked of the network', async () => {
  const world = new Recorder(new Map([['cert.example', ['93.184.216.34']]]))
  for (const [url, why] of HOSTILE_URLS) {
    const fetched = await fetchGuarded(url, world.options(['cert.example', '*.below.example']))
    assert.deepEqual(fetched, { kind: 'refused', why }, url)
  }
  assert.deepEqual([world.asked, world.connected], [[], []])
  assert.ok(HOSTILE_URLS.length >= 60)
})

test('URLs of listed hosts pass, whatever their case and path', async () => {
  const good = [
    'https://cert.example/a.pem',
    'HTTPS://CERT.Example:443/a.pem?x=1#y',
    'https://cert.example',
    'https://deep.down.below.example/@x:22/%2e%2e',
  ]
  for (const url of good) assert.ok(readGuardedUrl(url, ['cert.example', '*.Below.example']) instanceof URL, url)
  assert.ok(readGuardedUrl('https://any.example/', ['*']) instanceof URL)
  assert.equal(readGuardedUrl('https://any.example/', []), 'not-listed')
  const entries = ['*', '*.a.example', 'a.example', 'a', '127.0.0.1', '*.', '', 'https://a.example', 'a.*.example']
  assert.deepEqual(entries.map(isHostEntry), [true, true, true, false, false, false, false, false, false])
})

for (const [address, isPublic] of ADDRESSES) {
  test(`${address === '' ? 'nothing' : address} is ${isPublic ? '' : 'not '}a public address`, () => {
    assert.equal(isPublicAddress(address), isPublic)
  })
}

test('no address of this machine is public', () => {
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  assert.ok(own.length > 0)
  for (const { address } of own) assert.equal(isPublicAddress(address), false, address)
})

test('a name with one address that is not public is not connected to, however many good ones it has', async () => {
  const bad = ADDRESSES.filter(([, isPublic]) => !isPublic).map(([address]) => address)
  const world = new Recorder(new Map(bad.map((address, index) => named(index, address))))
  for (const index of bad.keys()) {
    const fetched = await fetchGuarded(`https://n${index}.example/`, world.options(['*']))
    assert.deepEqual(fetched, { kind: 'refused', why: 'address' }, bad[index]!)
  }
  assert.deepEqual(world.connected, [])
  assert.equal(world.asked.length, bad.length)
})

test('a name that changes its mind is asked once, and the connection goes to what was checked', async () => {
  const answers = [['93.184.216.34'], ['127.0.0.1'], ['169.254.169.254']]
  let asked = 0
  const connected: ConnectionOptions[] = []
  const fetched = await fetchGuarded('https://rebinding.example/', {
    hosts: ['*'],
    resolve: () => Promise.resolve(answers[asked++]!),
    connect: record(connected),
  })
  assert.deepEqual(fetched, { kind: 'refused', why: 'connection' })
  assert.equal(asked, 1)
  assert.deepEqual(
    connected.map(({ host, port, servername }) => [host, port, servername]),
    [['93.184.216.34', 443, 'rebinding.example']],
  )
})

test('a name without an address, and one whose servers do not answer, are refusals', async () => {
  const none = await fetchGuarded('https://none.example/', new Recorder(new Map()).options(['*']))
  assert.deepEqual(none, { kind: 'refused', why: 'name' })
  const stuck = await fetchGuarded('https://stuck.example/', {
    hosts: ['*'],
    resolve: () => new Promise(() => undefined),
    timeoutMs: 20,
  })
  assert.deepEqual(stuck, { kind: 'refused', why: 'late' })
})

suite('a repository on this machine', () => {
  let root: Minted
  let server: Server
  let port: number
  let answer: (socket: TLSSocket, request: string) => void
  let handshakes = 0
  const seen: string[] = []
  const live = new Set<TLSSocket>()
  const refusedInside: Server[] = []
  let inside = 0

  before(async () => {
    root = await mint({ subject: 'CN=Test TLS', authority: {} })
    const host = await mint({ subject: 'CN=cert.example', issuer: root, hosts: ['cert.example'] })
    const key = host.key.export({ type: 'pkcs8', format: 'pem' })
    server = createServer({ key, cert: host.pem }, (socket) => {
      handshakes++
      live.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => live.delete(socket))
      socket.once('data', (request) => {
        seen.push(request.toString())
        answer(socket, request.toString())
      })
    })
    server.on('tlsClientError', () => undefined)
    port = await listening(server, '127.0.0.2')
    for (const address of ['127.0.0.1', '127.1.2.3', '::1']) {
      const listener = createTcpServer((socket) => {
        inside++
        socket.destroy()
      })
      try {
        await listening(listener, address, port)
        refusedInside.push(listener)
      } catch {
        // This machine has no such address.
      }
    }
    assert.ok(refusedInside.length >= 2)
  })
  after(() => {
    for (const socket of live) socket.destroy()
    for (const listener of [server, ...refusedInside]) listener.close()
  })

  const fetch = (more: Partial<FetchOptions> = {}, url = 'https://cert.example/a.pem?x=1'): Promise<Fetched> =>
    fetchGuarded(url, { ...reach(), ...more })
  const reach = (): FetchOptions => ({
    hosts: ['cert.example', 'inner.example'],
    allowAddresses: ['127.0.0.2'],
    resolve: () => Promise.resolve(['127.0.0.2']),
    trust: [root.pem],
    port,
  })
  const respond =
    (head: string, body = '') =>
    (socket: TLSSocket) =>
      void socket.end(`HTTP/1.1 ${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`)

  test('is fetched from by name, with no more in the request than is needed', async () => {
    answer = respond('200 OK', 'certificate')
    const fetched = await fetch()
    assert.ok(fetched.kind === 'fetched', JSON.stringify(fetched))
    assert.equal(Buffer.from(fetched.body).toString(), 'certificate')
    const [line, ...fields] = seen.at(-1)!.trim().split('\r\n')
    assert.equal(line, 'GET /a.pem?x=1 HTTP/1.1')
    assert.deepEqual(fields.map((field) => field.toLowerCase()).toSorted(), [
      'accept-encoding: identity',
      'accept: */*',
      'connection: close',
      'host: cert.example',
      'user-agent: recourse',
    ])
  })

  test('is posted to by the same rules, and takes what it answers by any status of success', async () => {
    const post = (more: Partial<FetchOptions> = {}) =>
      postGuarded(
        'https://cert.example/hook',
        { body: '{"a":1}', headers: { 'recourse-event': 'e1' } },
        { ...reach(), ...more },
      )
    answer = respond('204 No Content')
    assert.deepEqual(await post(), { kind: 'taken' })
    const request = seen.at(-1)!
    assert.match(request, /^POST \/hook HTTP\/1\.1\r\n/)
    assert.match(request, /\r\nrecourse-event: e1\r\n/i)
    assert.match(request, /\r\ncontent-type: application\/json\r\n/i)
    answer = respond('500 Oops')
    assert.deepEqual(await post(), { kind: 'refused', why: 'status' })
    answer = respond('302 Found\r\nLocation: https://127.0.0.1/')
    assert.deepEqual(await post(), { kind: 'refused', why: 'redirect' })
    assert.deepEqual(await post({ allowAddresses: [] }), { kind: 'refused', why: 'address' })
  })

  test('is not connected to where its address is not allowed by name of the operator', async () => {
    const before = handshakes
    assert.deepEqual(await fetch({ allowAddresses: [] }), { kind: 'refused', why: 'address' })
    assert.deepEqual(await fetch({ allowAddresses: ['127.0.0.3'] }), { kind: 'refused', why: 'address' })
    for (const address of ['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1'])
      assert.deepEqual(await fetch({ resolve: () => Promise.resolve([address]) }), { kind: 'refused', why: 'address' })
    assert.equal(handshakes, before)
    assert.equal(inside, 0, 'nobody came to an inner address')
  })

  test('that shows no good certificate for the name is not asked for anything', async () => {
    const asked = seen.length
    assert.deepEqual(await fetch({ trust: [] }), { kind: 'refused', why: 'connection' })
    assert.deepEqual(await fetch({}, 'https://inner.example/'), { kind: 'refused', why: 'connection' })
    assert.equal(seen.length, asked)
  })

  const ANSWERS: [title: string, answer: () => (socket: TLSSocket) => void, why: string][] = [
    ['redirects inside', () => respond('302 Found\r\nLocation: https://127.0.0.1/'), 'redirect'],
    ['redirects to the same host', () => respond('301 Moved\r\nLocation: /b.pem'), 'redirect'],
    ['has nothing', () => respond('404 Not Found'), 'status'],
    ['has part of it', () => respond('206 Partial Content', 'x'), 'status'],
    ['compresses', () => respond('200 OK\r\nContent-Encoding: gzip', 'x'), 'encoding'],
    ['sends more than the limit', () => respond('200 OK', 'x'.repeat(BODY_BYTES_MAX + 1)), 'too-long'],
    ['speaks no HTTP', () => (socket) => void socket.end('SSH-2.0-x\r\n'), 'connection'],
    ['has header fields without end', () => respond(`200 OK\r\nX: ${'x'.repeat(10_000)}`), 'connection'],
    ['hangs up', () => (socket) => void socket.end(), 'connection'],
    [
      'cuts the body short',
      () => (socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx'),
      'connection',
    ],
    ['changes protocol', () => respond('101 Switching\r\nUpgrade: x\r\nConnection: Upgrade'), 'status'],
  ]
  for (const [title, made, why] of ANSWERS) {
    test(`that ${title} is refused (${why}), and not asked again`, async () => {
      answer = made()
      const asked = seen.length
      assert.deepEqual(await fetch(), { kind: 'refused', why })
      assert.equal(seen.length, asked + 1)
      assert.equal(inside, 0)
    })
  }

  test('may send just as much as the limit', async () => {
    answer = respond('200 OK', 'x'.repeat(BODY_BYTES_MAX))
    const fetched = await fetch()
    assert.equal(fetched.kind === 'fetched' && fetched.body.length, BODY_BYTES_MAX)
  })

  test('that never ends, or trickles, is left when the time is up, and its connection closed', async () => {
    const closed: Promise<unknown>[] = []
    const trickle = (start: string, more: string) => (socket: TLSSocket) => {
      socket.write(start)
      const timer = setInterval(() => socket.writable && socket.write(more), 5)
      closed.push(new Promise((resolve) => socket.once('close', resolve)).finally(() => clearInterval(timer)))
    }
    const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
    for (const made of [
      trickle('', ''),
      trickle('HTTP/1.1 200', ' '),
      trickle(chunked, '1\r\nx\r\n'),
      trickle('HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n', 'x'),
    ]) {
      answer = made
      assert.deepEqual(await fetch({ timeoutMs: 150 }), { kind: 'refused', why: 'late' })
    }
    answer = trickle(chunked, `${(30_000).toString(16)}\r\n${'x'.repeat(30_000)}\r\n`)
    assert.deepEqual(await fetch(), { kind: 'refused', why: 'too-long' })
    await Promise.all(closed)
    assert.equal(closed.length, 5)
  })

  test('that accepts and says nothing is left when the time is up', async () => {
    const silent = createTcpServer((socket) => void socket.on('error', () => undefined).resume())
    const silentPort = await listening(silent, '127.0.0.2', 0)
    const closed = once(silent, 'connection').then(
      ([socket]) => new Promise((resolve) => socket.once('close', resolve)),
    )
    assert.deepEqual(await fetch({ port: silentPort, timeoutMs: 100 }), { kind: 'refused', why: 'late' })
    await closed
    silent.close()
  })
})

suite('a fetcher', () => {
  const make = (nowMs: () => number = () => 0) => {
    const waiting: ((addresses: string[]) => void)[] = []
    const fetcher = new Fetcher({ hosts: ['*'], resolve: () => new Promise((resolve) => waiting.push(resolve)) }, nowMs)
    const end = () => waiting.splice(0).forEach((resolve) => resolve([]))
    return { fetcher, end, waiting }
  }

  test('fetches a URL once for all who ask meanwhile, and leaves a failure alone for a minute', async () => {
    let nowMs = 0
    const { fetcher, end, waiting } = make(() => nowMs)
    const both = [fetcher.fetch('https://a.example/'), fetcher.fetch('https://a.example/')]
    assert.equal(waiting.length, 1)
    end()
    assert.deepEqual(await Promise.all(both), [NO_NAME, NO_NAME])
    nowMs = FAILURE_KEPT_MS - 1
    assert.deepEqual(await fetcher.fetch('https://a.example/'), NO_NAME)
    assert.equal(waiting.length, 0)
    nowMs++
    const again = fetcher.fetch('https://a.example/')
    assert.equal(waiting.length, 1)
    end()
    await again
    assert.deepEqual(fetcher.figures, { started: 2, failed: 2, joined: 1, spared: 1, busy: 0 })
  })

  test('runs only so many at a time, altogether and to one host; a refusal for that is not remembered', async () => {
    const { fetcher, end, waiting } = make()
    const toOne = Array.from({ length: FETCHES_PER_HOST_MAX }, (_, index) =>
      fetcher.fetch(`https://a.example/${index}`),
    )
    assert.deepEqual(await fetcher.fetch('https://a.example/more'), { kind: 'refused', why: 'busy' })
    const toOthers = Array.from({ length: FETCHES_MAX - FETCHES_PER_HOST_MAX }, (_, index) =>
      fetcher.fetch(`https://b${index}.example/`),
    )
    assert.equal(waiting.length, FETCHES_MAX)
    assert.deepEqual(await fetcher.fetch('https://c.example/'), { kind: 'refused', why: 'busy' })
    end()
    await Promise.all([...toOne, ...toOthers])
    const more = fetcher.fetch('https://a.example/more')
    assert.equal(waiting.length, 1)
    end()
    assert.deepEqual(await more, NO_NAME)
    assert.equal(fetcher.figures.busy, 2)
  })

  test('starts only so many in a minute', async () => {
    let nowMs = 0
    const { fetcher, end } = make(() => nowMs)
    const fetch = async (index: number) => {
      const fetching = fetcher.fetch(`https://n${index}.example/`)
      end()
      const fetched = await fetching
      return fetched.kind === 'refused' ? fetched.why : undefined
    }
    nowMs = 60_000
    for (let index = 0; index < FETCHES_PER_MINUTE_MAX; index++) assert.equal(await fetch(index), 'name')
    assert.equal(await fetch(9999), 'busy')
    nowMs += 60_000
    assert.equal(await fetch(9999), 'name')
  })

  test('remembers only so many failures, the last ones', async () => {
    let nowMs = 0
    const fetcher = new Fetcher({ hosts: [] }, () => nowMs)
    for (let index = 0; index <= FAILURES_KEPT_MAX; index++) {
      if (index % FETCHES_PER_MINUTE_MAX === 0) nowMs += 60_000
      await fetcher.fetch(`https://a.example/${index}`)
    }
    const { spared } = fetcher.figures
    await fetcher.fetch(`https://a.example/${FAILURES_KEPT_MAX}`)
    assert.equal(fetcher.figures.spared, spared + 1)
    assert.equal(fetcher.figures.started, FAILURES_KEPT_MAX + 1)
  })
})

const NO_NAME: Fetched = { kind: 'refused', why: 'name' }

/** Stands where names are resolved and connections opened, and lets none through. */
class Recorder {
  readonly asked: string[] = []
  readonly connected: ConnectionOptions[] = []
  readonly #names: ReadonlyMap<string, readonly string[]>

  constructor(names: ReadonlyMap<string, readonly string[]>) {
    this.#names = names
  }

  options(hosts: readonly string[]): FetchOptions {
    return {
      hosts,
      resolve: (name) => {
        this.asked.push(name)
        return Promise.resolve(this.#names.get(name) ?? [])
      },
      connect: record(this.connected),
    }
  }
}

/** A name that has a good address and another one. */
function named(index: number, address: string): [name: string, addresses: string[]] {
  return [`n${index}.example`, ['93.184.216.34', address]]
}

/** Notes who is to be connected to, and connects to a port of this machine where nobody listens. */
function record(connected: ConnectionOptions[]): (options: ConnectionOptions) => TLSSocket {
  return (options) => {
    connected.push(options)
    return connect({ host: '127.0.0.9', port: 1 })
  }
}

async function listening(server: Server, address: string, port = 0): Promise<number> {
  server.listen(port, address)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
