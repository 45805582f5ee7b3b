// One thing: hostile octets and hostile networks against a gate. The 49 torture cases over UDP, a network that loses and
// reorders, and inputs that are made to be slow.
import assert from 'node:assert/strict'
import { type RemoteInfo, type Socket, createSocket } from 'node:dgram'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, after, test } from 'node:test'
import { createReceiptRing } from '#core/receipt/receipt.ts'
import { openTally } from '#core/rules/tally.ts'
import { Gate } from '#edge/gate/answer.ts'
import { Peers } from '#edge/gate/peers.ts'
import { loadConfig } from '#main/config/load.ts'
import { Caller, type Call, fieldOf, formatInvite, formatOptions, idOf, statusOf } from '../peers/caller.ts'
import { Peer, until } from '../peers/peer.ts'
import { freePort } from '../peers/port.ts'
import { type LedgerRow, figure, recourse } from '../peers/recourse.ts'
import { SEED, mulberry32 } from '../peers/random.ts'
import { type TortureCase, tortureCases } from '../torture.ts'

const COMMAND = new URL('../../bin/recourse.js', import.meta.url).pathname
const DENIED = '+12125550199'
const ALLOWED = '+12125550117'
const CASES = tortureCases()
const HOME = mkdtempSync(join(tmpdir(), 'recourse-torture-'))
after(() => rmSync(HOME, { recursive: true, force: true }))

test(`${CASES.length} torture messages to a gate: each is answered as listed, a probe is answered throughout, and no row is made where none may be`, async (t) => {
  const gate = await startGate(t)

  const { complaints, preferred, blocked } = await judge(t, gate.port)

  assert.equal(CASES.length, 49)
  assert.deepEqual(complaints, [])
  const rows = gate.ledger()
  const rowsMax = CASES.reduce((sum, { expect }) => sum + expect.ledgerRowsMax, 0)
  assert.deepEqual(rows.map(({ receipt }) => receipt).sort(), blocked.sort())
  assert.ok(rows.length >= 5 && rows.length <= rowsMax, `${rows.length} rows, at most ${rowsMax} may be`)
  const metrics = await gate.metrics()
  assert.equal(figure(metrics, 'errors'), 0, 'no message met a fault of ours')
  assert.equal(figure(metrics, 'blocked'), rows.length)
  assert.equal(figure(metrics, 'calls'), rows.length + CASES.length, 'each probe places a call that is allowed')
  t.diagnostic(`${preferred} answers are the preferred ones, ${rows.length} rows`)
})

test('a server that says 200 to everything is found out by the same check', async (t) => {
  const careless = await listenOn('127.0.0.1', 0)
  t.after(() => careless.close())
  careless.on('message', (bytes, { port, address }) => {
    const copied = ['Via', 'From', 'To', 'Call-ID', 'CSeq'].map((name) => `${name}: ${fieldOf(bytes, name)}\r\n`)
    careless.send(`SIP/2.0 200 OK\r\n${copied.join('')}Content-Length: 0\r\n\r\n`, port, address)
  })

  const { complaints } = await judge(t, careless.address().port)

  assert.ok(complaints.length > 30, `only ${complaints.length} complaints`)
  assert.ok(
    complaints.some((complaint) => complaint.includes('bcast')),
    'a response was answered',
  )
  assert.ok(
    complaints.some((complaint) => complaint.includes('wsinv')),
    'a blocked call was accepted',
  )
})

type Judgement = { complaints: string[]; preferred: number; blocked: string[] }

/** Sends every case from an address of its own and says what is wrong with what comes back. */
async function judge(t: TestContext, gatePort: number): Promise<Judgement> {
  const probe = await Caller.open(gatePort, '127.0.0.9')
  t.after(() => probe.close())
  const judgement: Judgement = { complaints: [], preferred: 0, blocked: [] }
  for (const [index, torture] of CASES.entries()) {
    const { name, expect } = torture
    const answers = await present(torture, `127.0.77.${index + 1}`, gatePort)
    const probed = await probe.ask(formatOptions(probe.port, `z9hG4bK-probe-${index}`))
    const call = callNumber(`probe-${index}`, ALLOWED, probe.port)
    const placed = await probe.ask(formatInvite(call))
    const statuses = answers.map(statusOf)
    const wrong = complaintOf(torture, statuses)
    if (wrong !== undefined) judgement.complaints.push(`${name}: ${wrong}`)
    if (probed === undefined || statusOf(probed) !== 200)
      judgement.complaints.push(`${name}: the probe went unanswered`)
    if (placed === undefined || statusOf(placed) !== 404)
      judgement.complaints.push(`${name}: no call could be placed after it`)
    judgement.blocked.push(...answers.flatMap((answer) => idOf(answer) ?? []))
    if (statuses[0] === (expect.preferred === 'policy' ? POLICY_STATUS : expect.preferred)) judgement.preferred++
  }
  return judgement
}

function complaintOf({ expect }: TortureCase, statuses: readonly number[]): string | undefined {
  if (expect.noResponse) return statuses.length === 0 ? undefined : `answered by ${statuses.join()} instead of silence`
  if (statuses.length !== 1) return `answered ${statuses.length} times`
  const acceptable = expect.acceptable.map((status) => (status === 'policy' ? POLICY_STATUS : status))
  return acceptable.includes(statuses[0]!)
    ? undefined
    : `answered by ${statuses[0]}, which is none of ${acceptable.join()}`
}

/** Sends the octets and hears what comes back; a Via without rport has its answer at its own port, 5060 if it names none. */
async function present({ bytes, expect }: TortureCase, address: string, gatePort: number): Promise<Buffer[]> {
  const text = Buffer.from(bytes).toString('latin1')
  const sentBy = /^(?:via|v)\s*:\s*SIP\s*\/\s*[\d.]+\s*\/\s*\w+\s+[\w.-]+(?:\s*:\s*(\d+))?/im.exec(text)
  const socket = await listenOn(address, Number(sentBy?.[1] ?? 5060))
  const answers: Buffer[] = []
  try {
    const answered = new Promise<void>((resolve) =>
      socket.on('message', (answer) => {
        answers.push(answer)
        resolve()
      }),
    )
    await new Promise((sent) => socket.send(bytes, gatePort, '127.0.0.1', sent))
    // The gate takes datagrams in order: once an OPTIONS behind the message is answered, silence was meant.
    const behind = await Caller.open(gatePort, '127.0.0.10')
    await behind.ask(formatOptions(behind.port, `z9hG4bK-behind-${address}`))
    behind.close()
    if (!expect.noResponse) await Promise.race([answered, new Promise((resolve) => setTimeout(resolve, ANSWER_MS))])
    return answers
  } finally {
    socket.close()
  }
}

test('500 calls over a network that loses a fifth and reorders, seven INVITEs each: one row, one id, the same octets', async (t) => {
  const gate = await startGate(t)
  const random = mulberry32(SEED)
  const relay = await startRelay(t, gate.port, random)
  const caller = await listenOn('127.0.0.1', 0)
  t.after(() => caller.close())
  const heard = new Map<string, Buffer[]>()
  caller.on('message', (answer) => {
    const callId = fieldOf(answer, 'Call-ID')
    heard.set(callId, [...(heard.get(callId) ?? []), answer])
  })

  const sends = Array.from({ length: LOSSY_CALLS }, async (_, number) => {
    const invite = formatInvite(callNumber(`lossy-${number}`, DENIED, caller.address().port))
    for (let copy = 0; copy < COPIES; copy++) {
      await new Promise((resolve) => setTimeout(resolve, random() * 300))
      caller.send(invite, relay.port, '127.0.0.1')
    }
  })
  await Promise.all(sends)
  await until('the network to come to rest', () => relay.atRest())

  const rows = gate.ledger()
  const faults = idempotenceFaults(heard, rows)
  assert.deepEqual(faults.slice(0, 5), [], `${faults.length} faults, seed ${SEED}`)
  // All seven copies or their answers may be lost, of one call in a thousand.
  assert.ok(heard.size >= LOSSY_CALLS * 0.98, `only ${heard.size} calls heard an answer`)
  assert.ok(rows.length >= heard.size && rows.length <= LOSSY_CALLS, `${rows.length} rows`)
  const answers = [...heard.values()].flat().length
  const { lost, reordered } = relay
  assert.ok(answers > LOSSY_CALLS * 2, `only ${answers} answers`)
  assert.ok(
    lost > LOSSY_CALLS && reordered > LOSSY_CALLS,
    `${lost} lost, ${reordered} reordered: the network was too kind`,
  )
  assert.equal(figure(await gate.metrics(), 'blocked'), rows.length)
  t.diagnostic(`seed ${SEED}: ${answers} answers heard, ${lost} datagrams lost, ${reordered} reordered`)

  // The check is not blind.
  const [callId, [first]] = heard.entries().next().value!
  const changed = Buffer.from(first!)
  changed[changed.length - 5]! ^= 1
  assert.equal(idempotenceFaults(new Map([...heard, [callId, [first!, changed]]]), rows).length, 1)
  assert.equal(idempotenceFaults(heard, [...rows, rows[0]!]).length, 2)
  assert.ok(idempotenceFaults(heard, rows.slice(1)).length >= 1)
})

/** What is wrong: answers that differ, an id without a row, a call or an id with two. */
function idempotenceFaults(heard: ReadonlyMap<string, readonly Buffer[]>, rows: readonly LedgerRow[]): string[] {
  const faults: string[] = []
  const count = (of: (row: LedgerRow) => string) => Map.groupBy(rows, of)
  for (const [receipt, same] of count(({ receipt }) => receipt))
    if (same.length > 1) faults.push(`${receipt} has ${same.length} rows`)
  for (const [name, same] of count(({ transaction }) => transaction))
    if (same.length > 1) faults.push(`${name} has ${same.length} rows`)
  const receipts = new Set(rows.filter(({ released }) => !released).map(({ receipt }) => receipt))
  const owner = new Map<string, string>()
  for (const [callId, answers] of heard) {
    const first = answers[0]!
    if (!answers.every((answer) => answer.equals(first))) faults.push(`${callId} got different answers`)
    const id = idOf(first)
    if (id === undefined || !receipts.has(id)) faults.push(`${callId}: ${id ?? 'no id'} is not in the ledger`)
    else if (owner.has(id)) faults.push(`${callId} and ${owner.get(id)} share an id`)
    else owner.set(id, callId)
  }
  return faults
}

/** A network that loses a fifth of what passes, each way, and holds the rest back for a while, so that it is reordered. */
async function startRelay(t: TestContext, gatePort: number, random: () => number) {
  const outside = await listenOn('127.0.0.1', 0)
  const inside = await listenOn('127.0.0.1', 0)
  t.after(() => {
    outside.close()
    inside.close()
  })
  const state = {
    lost: 0,
    reordered: 0,
    port: outside.address().port,
    atRest: () => passing === 0 && performance.now() - last > REST_MS,
  }
  let passing = 0
  let last = performance.now()
  let entered = 0
  let newest = 0
  let caller: RemoteInfo | undefined
  const pass = (bytes: Buffer, send: (bytes: Buffer) => void): void => {
    last = performance.now()
    if (random() < LOSS) {
      state.lost++
      return
    }
    passing++
    const place = ++entered
    setTimeout(() => {
      passing--
      last = performance.now()
      if (place < newest) state.reordered++
      newest = Math.max(newest, place)
      send(bytes)
    }, random() * DELAY_MAX_MS)
  }
  outside.on('message', (bytes, remote) => {
    caller = remote
    pass(bytes, (bytes) => inside.send(bytes, gatePort, '127.0.0.1'))
  })
  inside.on('message', (bytes) => pass(bytes, (bytes) => outside.send(bytes, caller!.port, caller!.address)))
  return state
}

/** Header fields that somebody may have written a slow parser for: each makes a line of about this many octets. */
const LINES: [name: string, line: (octets: number) => string][] = [
  ['spaces', (octets) => `Subject:${' '.repeat(octets)}x`],
  ['folds', (octets) => `Subject: ${'\r\n '.repeat(octets / 3)}x`],
  ['spaces before a fold', (octets) => `Subject: ${`${' '.repeat(20)}\r\n `.repeat(octets / 23)}x`],
  ['escapes in a quoted string', (octets) => `Contact: "${'\\"'.repeat(octets / 2)}" <sip:a@b>`],
  ['a quoted string that does not end', (octets) => `P-Asserted-Identity: "${'\\\\'.repeat(octets / 2)}`],
  ['open angle brackets', (octets) => `P-Asserted-Identity: ${'<'.repeat(octets)}`],
  ['a list of identities', (octets) => `P-Asserted-Identity: ${'<sip:+12125550117@a>,'.repeat(octets / 21)}<sip:a@b>`],
  ['commas', (octets) => `Require: ${','.repeat(octets)}`],
  ['a list of extensions', (octets) => `Require: ${'a,'.repeat(octets / 2)}b`],
  ['parameters', (octets) => `Contact: <sip:a@b>${';a=b'.repeat(octets / 4)}`],
  ['empty parameters', (octets) => `Reason: SIP${';'.repeat(octets)}`],
  ['percent escapes', (octets) => `P-Asserted-Identity: <sip:${'%31'.repeat(octets / 3)}@a>`],
  ['visual separators of a number', (octets) => `P-Asserted-Identity: <tel:+1${'-.()'.repeat(octets / 4)}2>`],
  ['digits', (octets) => `P-Asserted-Identity: <tel:+${'1'.repeat(octets)}>`],
  ['an Identity of dots', (octets) => `Identity: ${'.'.repeat(octets)}`],
  ['an Identity of letters', (octets) => `Identity: ${'eyJ'.repeat(octets / 3)}`],
  ['Via values', (octets) => `Via: ${'SIP/2.0/UDP a,'.repeat(octets / 14)}SIP/2.0/UDP b`],
  ['colons', (octets) => `X: ${':'.repeat(octets)}`],
  ['a name without an end', (octets) => 'x'.repeat(octets)],
]

/** The same for whole messages. */
const MESSAGES: [name: string, message: (octets: number) => string][] = [
  ['line feeds', (octets) => '\r\n'.repeat(octets / 2)],
  ['short header lines', (octets) => `${invite()}${'a:b\r\n'.repeat(octets / 5)}\r\n`],
  ['one long line', (octets) => `${invite()}X: ${'x'.repeat(octets)}\r\n\r\n`],
  ['a long Request-URI', (octets) => invite().replace('sip:', `sip:${'1'.repeat(octets)}`) + '\r\n'],
  ['a body', (octets) => `${invite()}Content-Length: ${octets}\r\n\r\n${'\r\n--'.repeat(octets / 4)}`],
  ['no start line', (octets) => 'INVITE '.repeat(octets / 7)],
  ['a long Call-ID', (octets) => `${invite().replace('Call-ID: ', `Call-ID: ${'('.repeat(octets)}`)}\r\n`],
]

test('time grows with the size of the input and not faster, for every field that was made to be slow', async () => {
  const gate = gateInProcess()
  const cases = [
    ...LINES.map(([name, line]): [string, (octets: number) => string] => [
      name,
      (octets) => `${invite()}${`${line(LINE_OCTETS)}\r\n`.repeat(Math.round(octets / LINE_OCTETS))}\r\n`,
    ]),
    ...MESSAGES,
  ]
  const slow: string[] = []
  let answered = 0
  for (const [name, message] of cases) {
    const [half, whole] = [HALF_OCTETS, HALF_OCTETS * 2].map((octets) => Buffer.from(message(octets), 'latin1'))
    let ratio = Infinity
    // The machine may be busy with something else: the best of a few rounds counts.
    for (let round = 0; round < 5 && ratio > RATIO_MAX; round++)
      ratio = Math.min(ratio, bestTime(gate, whole!) / bestTime(gate, half!))
    if (ratio > RATIO_MAX) slow.push(`${name}: ${ratio.toFixed(2)} times as long for twice the octets`)
    answered += gate.answers()
  }
  assert.deepEqual(slow, [])
  assert.ok(answered > cases.length, 'the messages were read, not dropped at the door')

  const quadratic = { receive: (bytes: Buffer) => void burn(bytes.length ** 2 / 40_000) }
  const ratio = bestTime(quadratic, Buffer.alloc(HALF_OCTETS * 2)) / bestTime(quadratic, Buffer.alloc(HALF_OCTETS))
  assert.ok(ratio > RATIO_MAX, `a quadratic reader passes with ${ratio.toFixed(2)}`)
})

/** The best time of some runs, in ms, no less than what a clock can tell apart. */
function bestTime(gate: { receive: (bytes: Buffer) => void }, bytes: Buffer): number {
  let best = Infinity
  for (let run = 0; run < 9; run++) {
    const began = performance.now()
    gate.receive(bytes)
    best = Math.min(best, performance.now() - began)
  }
  return Math.max(best, TIME_FLOOR_MS)
}

function burn(steps: number): number {
  let value = 0
  for (let step = 0; step < steps; step++) value = (value + step) | 0
  return value
}

/** A gate without sockets and disks: what it is asked to record is recorded at once. */
function gateInProcess() {
  const yaml = JSON.stringify({ ...CONFIGURATION, gate: { ...CONFIGURATION.gate, listen: ['udp:127.0.0.1:0'] } })
  const loaded = loadConfig({ path: 'torture.yaml', env: {}, readFile: () => yaml })
  assert.ok(loaded.kind === 'loaded', JSON.stringify(loaded))
  const { config } = loaded
  let clock = 0
  const gate = new Gate({
    peers: new Peers(config.gate.peers),
    policy: config.policy,
    policyVersion: 1,
    tally: openTally(config.policy, 1),
    terms: config.terms,
    receipts: createReceiptRing(new Map([[0, new Uint8Array(32).fill(7)]]), 0),
    ledger: {
      record: ({ transaction, personal }) =>
        Promise.resolve({ chain: 'a', seq: 1, transaction, receipt: personal.receipt, earlier: undefined }),
      release: () => Promise.resolve(),
      note: () => undefined,
    },
    recent: [],
    hashKey: new Uint8Array(16).fill(3),
    dialPlan: undefined,
    limits: config.gate.limits,
    inquiry: undefined,
    now: () => 1_795_348_800_000 + clock,
    // Every message is a new one: what was said before is forgotten.
    clock: () => (clock += 100_000),
    alarm: (_, cause) => assert.fail(String(cause)),
  })
  let answers = 0
  const way = { send: () => void answers++ }
  return {
    receive: (bytes: Buffer) => gate.receive(bytes, { address: '127.0.0.1', port: 5062 }, way),
    answers: () => answers,
  }
}

/** The front of an INVITE, up to where more header lines may stand. */
function invite(): string {
  return (
    `INVITE sip:+14155550163@gate.example SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5062;branch=z9hG4bK-t\r\nMax-Forwards: 70\r\n` +
    `From: <sip:${ALLOWED}@a.example>;tag=1\r\nTo: <sip:+14155550163@b.example>\r\nCall-ID: torture@a.example\r\nCSeq: 1 INVITE\r\n`
  )
}

async function startGate(t: TestContext) {
  const folder = mkdtempSync(join(HOME, 'gate-'))
  const port = await freePort()
  const metrics = `127.0.0.1:${await freePort()}`
  const file = join(folder, 'recourse.yaml')
  const gate = { ...CONFIGURATION.gate, listen: [`udp:127.0.0.1:${port}`] }
  writeFileSync(file, JSON.stringify({ ...CONFIGURATION, gate, metrics: { listen: metrics } }, undefined, 1))
  const peer = new Peer(process.execPath, [COMMAND, 'up', '--config', file], { cwd: folder })
  t.after(() => peer.stop())
  await peer.says(/"msg":"started"/)
  return {
    port,
    ledger: () =>
      recourse(['ledger', 'export', '--json', '--config', file], folder)
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as LedgerRow)
        .filter(({ entry }) => entry === 'block'),
    async metrics(): Promise<Map<string, number>> {
      const page = await (await fetch(`http://${metrics}/metrics`)).text()
      const samples = page.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
      return new Map(samples.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]))
    },
  }
}

async function listenOn(address: string, port: number): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4_194_304 })
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject)
    socket.bind(port, address, resolve)
  })
  return socket
}

function callNumber(name: string, calling: string, port: number): Call {
  return {
    calling,
    called: '+14155550163',
    callId: `${name}@127.0.0.1`,
    branch: `z9hG4bK-${name}`,
    fromTag: name,
    port,
  }
}

const CONFIGURATION = {
  operator: { name: 'Northwire', contact: { tel: '+18005550142' }, location: 'RLN' },
  store: 'sqlite:./ledger.db',
  receipts: { keys: 'file:keys' },
  gate: { peers: [{ name: 'edge', from: ['127.0.0.0/8'], continue: 404 }], limits: { record: '5s' } },
  policy: { rules: [{ id: 'deny', deny: [DENIED] }] },
}
const POLICY_STATUS = 603
const ANSWER_MS = 3_000
const LOSSY_CALLS = 500
/** A UDP client sends an INVITE that nobody answers seven times. RFC 3261 §17.1.1.2. */
const COPIES = 7
const LOSS = 0.2
const DELAY_MAX_MS = 120
const REST_MS = 300
const HALF_OCTETS = 32_000
const LINE_OCTETS = 4_000
/** Twice the octets may take twice the time; the rest is for a busy machine. */
const RATIO_MAX = 3
const TIME_FLOOR_MS = 0.02
