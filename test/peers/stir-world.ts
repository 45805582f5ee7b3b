// A network of its own for a gate that verifies signed calls: a name server, a repository, and listeners on inner addresses
// that count who comes. Run in a namespace by test/journeys/stir.test.ts, it prints what happened as JSON.
import { type Socket as Datagrams, createSocket } from 'node:dgram'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect, createServer as createTcpServer } from 'node:net'
import { createServer } from 'node:tls'
import type { Claims } from '#codec/stir/sign.ts'
import { HOSTILE_URLS } from '../hostile-urls.ts'
import { identityOf, mint, providerList, signToken } from '../stir-authority.ts'
import { Caller, fieldOf, formatInvite, statusOf } from './caller.ts'
import { temporaryDirectory } from './peer.ts'
import { Recourse } from './recourse.ts'

/** What the journey looks at. */
export type StirReport = {
  /** What became of calls, by what they were. */
  readonly answers: Readonly<Record<string, string>>
  /** How often a call signed C had to be placed until its certificate was there. */
  readonly tries: number
  readonly ledger: readonly { rule: string; attestation: string }[]
  readonly hostile: { readonly placed: number; readonly answered: number }
  /** Connections that the journey itself made inside, to see that they are counted. */
  readonly control: number
  /** Connections to inner addresses, as address:port; and how many documents the repository was asked for. */
  readonly inner: readonly string[]
  readonly documents: number
  readonly slowestMs: number
  readonly usualMs: number
}

const REPOSITORY = '10.0.0.7'
const INNER = ['127.0.0.1', '127.0.0.53', '169.254.169.254', '192.168.1.1', '10.0.0.8', '::1']
const NAMES = new Map<string, readonly (readonly string[])[]>([
  ['cert.example', [[REPOSITORY]]],
  ['loopback.example', [['127.0.0.1']]],
  ['metadata.example', [['169.254.169.254']]],
  ['mixed.example', [[REPOSITORY, '192.168.1.1']]],
  // Another answer each time: the one that is checked must be the one that is used.
  ['rebinding.example', [[REPOSITORY], ['127.0.0.1'], ['169.254.169.254']]],
  ['elsewhere.example', [['10.0.0.8']]],
])

const cleanUps: (() => unknown)[] = []
const owner = { after: (cleanUp: () => unknown) => void cleanUps.push(cleanUp) }
const inner: string[] = []
let documents = 0

try {
  process.stdout.write(`${JSON.stringify(await run())}\n`)
} finally {
  for (const cleanUp of cleanUps.reverse()) await cleanUp()
  process.exit()
}

async function run(): Promise<StirReport> {
  const root = await mint({ subject: 'CN=STI Root', authority: {} })
  const leaf = await mint({ subject: 'CN=SHAKEN', issuer: root, tnAuthList: providerList('709J') })
  const stranger = await mint({ subject: 'CN=STI Root', authority: {} })
  const impostor = await mint({ subject: 'CN=Impostor', issuer: stranger, tnAuthList: providerList('709J') })
  const authority = await mint({ subject: 'CN=TLS', authority: {} })
  const host = await mint({ subject: 'CN=Host', issuer: authority, hosts: [...NAMES.keys()] })
  await serveNames()
  await serveDocuments(host.key.export({ type: 'pkcs8', format: 'pem' }), host.pem, {
    '/good.pem': leaf.pem,
    '/impostor.pem': impostor.pem,
  })
  await countVisitors()
  const visitor = connect(443, '169.254.169.254')
  await once(visitor, 'close')
  const control = inner.splice(0).length

  const trust = `${temporaryDirectory(owner)}/tls.pem`
  writeFileSync(trust, authority.pem)
  const gate = await Recourse.start(owner, {
    policy: {
      rules: [
        { id: 'forged', verification: 'failed' },
        { id: 'unattested', attestation: { below: 'B' } },
      ],
    },
    stir: { roots: 'roots.pem', hosts: ['*'], fetch: { private: [REPOSITORY] } },
    files: { 'roots.pem': root.pem },
    environment: { NODE_EXTRA_CA_CERTS: trust },
  })
  const caller = await Caller.open(gate.port)
  owner.after(() => caller.close())
  let number = 0
  const times: number[] = []
  const place = async (identity: string): Promise<string> => {
    const id = `stir-${++number}`
    const call = { calling: '+12124442117', called: '+14154440163', callId: id, branch: `z9hG4bK${id}`, fromTag: id }
    const started = performance.now()
    const answer = await caller.ask(
      formatInvite({ ...call, port: caller.port, more: identity === '' ? '' : `Identity: ${identity}\r\n` }),
    )
    times.push(performance.now() - started)
    if (answer === undefined) return 'nothing'
    return `${statusOf(answer)} ${fieldOf(answer, 'Reason') === '' ? '' : 'with a notice'}`.trim()
  }
  const signed = (claims: Claims, x5u = 'https://cert.example/good.pem', key = leaf.key): string => {
    const payload = {
      attest: 'A',
      dest: { tn: ['14154440163'] },
      iat: Math.floor(Date.now() / 1000),
      orig: { tn: '12124442117' },
      origid: '123e4567-e89b-12d3-a456-426655440000',
      ...claims,
    }
    return identityOf(signToken(key, { alg: 'ES256', ppt: 'shaken', typ: 'passport', x5u }, payload), x5u)
  }

  // Until the certificate is there a call is not verified, and goes on; then the rule sees the letter.
  let tries = 0
  while (tries++ < 200 && (await place(signed({ attest: 'C' }))) === '404');
  const answers = {
    A: await place(signed({ attest: 'A' })),
    B: await place(signed({ attest: 'B' })),
    C: await place(signed({ attest: 'C' })),
    impostor: await place(signed({}, undefined, impostor.key)),
    'under a root that is not listed': await place(signed({}, 'https://cert.example/impostor.pem', impostor.key)),
    'another caller': await place(signed({ orig: { tn: '12124442118' } })),
    stale: await place(signed({ iat: Math.floor(Date.now() / 1000) - 90 })),
    unsigned: await place(''),
    'certificate out of reach': await place(signed({}, 'https://elsewhere.example/good.pem')),
  }
  const usualMs = median(times.splice(0))

  const urls = [
    ...HOSTILE_URLS.map(([url]) => url),
    ...[...NAMES.keys()].filter((name) => name !== 'cert.example').map((name) => `https://${name}/good.pem`),
    ...['/redirect', '/endless', '/slow', '/large'].map((path) => `https://cert.example${path}`),
  ].filter((url) => /^[\u0021-\u007e]+$/.test(url))
  let answered = 0
  for (let round = 0; round < 2; round++)
    for (const url of urls) if ((await place(signed({}, url))) !== 'nothing') answered++
  const slowestMs = Math.max(...times)
  await gate.stop()
  const ledger = gate
    .ledger()
    .map((row) => ({ rule: row.rule, attestation: (row as { attestation?: string }).attestation ?? '' }))
  return {
    answers,
    tries,
    ledger,
    hostile: { placed: urls.length * 2, answered },
    control,
    inner,
    documents,
    slowestMs,
    usualMs,
  }
}

/** Answers questions for addresses as the name server that resolv.conf names. */
async function serveNames(): Promise<void> {
  const socket: Datagrams = createSocket('udp4')
  const asked = new Map<string, number>()
  socket.on('message', (question, { port, address }) => {
    const labels: string[] = []
    let at = 12
    for (let length = question[at]!; length > 0; length = question[at]!) {
      labels.push(question.toString('latin1', at + 1, at + 1 + length))
      at += 1 + length
    }
    const type = question.readUInt16BE(at + 1)
    const name = labels.join('.')
    const sets = NAMES.get(name) ?? [[]]
    const round = asked.get(name) ?? 0
    if (type === 1) asked.set(name, round + 1)
    const addresses = type === 1 ? sets[Math.min(round, sets.length - 1)]! : []
    const records = addresses.map((ip) =>
      Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...ip.split('.').map(Number)]),
    )
    const head = Buffer.from(question.subarray(0, 12))
    head.writeUInt16BE(0x8180, 2)
    head.writeUInt16BE(1, 4)
    head.writeUInt16BE(records.length, 6)
    head.writeUInt32BE(0, 8)
    socket.send(Buffer.concat([head, question.subarray(12, at + 5), ...records]), port, address)
  })
  socket.bind(53, '127.0.0.1')
  await once(socket, 'listening')
  owner.after(() => socket.close())
}

async function serveDocuments(key: string, cert: string, pages: Readonly<Record<string, string>>): Promise<void> {
  const server = createServer({ key, cert }, (socket) => {
    socket.on('error', () => undefined)
    socket.once('data', (request) => {
      documents++
      const path = /^GET (\S+)/.exec(request.toString())?.[1] ?? ''
      const page = pages[path]
      if (page !== undefined) socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${page.length}\r\n\r\n${page}`)
      else if (path === '/redirect')
        socket.end('HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1/\r\nContent-Length: 0\r\n\r\n')
      else if (path === '/large') socket.end(`HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n${'x'.repeat(99_999)}`)
      else if (path === '/slow') socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n')
      else if (path === '/endless') {
        const timer = setInterval(() => socket.writable && socket.write('X: x\r\n'), 5)
        socket.write('HTTP/1.1 200 OK\r\n')
        socket.once('close', () => clearInterval(timer))
      } else socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n')
    })
  })
  server.on('tlsClientError', () => undefined)
  server.listen(443, REPOSITORY)
  await once(server, 'listening')
}

/** Listens where nobody may come. */
async function countVisitors(): Promise<void> {
  const places = [
    ...INNER.flatMap((address) => [22, 80, 443, 8443].map((port) => ({ address, port }))),
    { address: REPOSITORY, port: 8443 },
  ]
  for (const { address, port } of places) {
    const server = createTcpServer((socket) => {
      inner.push(`${address}:${port}`)
      socket.destroy()
    })
    server.listen(port, address)
    await once(server, 'listening')
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
}
