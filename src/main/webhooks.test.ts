import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { BlockEntry } from '#core/ledger/entry.ts'
import { Outbox } from '#edge/store/outbox.ts'
import { sampleBlock } from '#edge/store/contract-samples.ts'
import { type SharedLedger, openLedger } from '#edge/store/sqlite-ledger.ts'
import { retryAfterMs, signBody } from '#edge/webhook/deliver.ts'
import { startWebhooks, type Webhooks } from './webhooks.ts'

const SECRET = 'a secret of more than sixteen'
/** When the first block here was made: files are read long before their tests run. */
let startedMs: number | undefined

test('every block is told once it is recorded, signed, and so is one that is taken back', async (t) => {
  const { ledger, url } = await openStore(t)
  await ledger.record(blockOf(0))
  const receiver = await Receiver.open(t)
  const hooks = start(t, url, receiver)
  await receiver.idle(hooks)

  const recorded = await ledger.record(blockOf(1))
  await ledger.release(recorded, blockOf(1).at + 5, 'late')
  const [block, released] = await receiver.events(2)

  assert.equal(receiver.taken.length, 2, 'what was recorded before it was followed is not told')
  assert.deepEqual([block!.event['id'], block!.event['type']], ['gate-2', 'block'])
  assert.equal(block!.id, 'gate-2')
  const { personal } = blockOf(1)
  const { receipt, calling, called, rule, notice, grounds } = block!.event
  assert.deepEqual(
    { receipt, calling, called, rule, notice, grounds },
    {
      receipt: personal.receipt,
      calling: personal.calling,
      called: personal.called,
      rule: 'volume-block',
      notice: { kind: '603+', status: 603 },
      grounds: [{ kind: 'volume', count: 1 }],
    },
  )
  assert.deepEqual(
    [released!.event['id'], released!.event['type'], released!.event['transaction']],
    ['gate-3', 'released', blockOf(1).transaction],
  )
  const [, seconds, signature] = /^t=([0-9]+),v1=([0-9a-f]{64})$/.exec(block!.signature)!
  assert.equal(createHmac('sha256', SECRET).update(`${seconds}.${block!.body}`).digest('hex'), signature)
})

test('a receiver that fails is tried again, with the same id, and nothing is lost when the program ends meanwhile', async (t) => {
  const { ledger, url } = await openStore(t)
  const receiver = await Receiver.open(t)
  receiver.status = 503
  const first = start(t, url, receiver)
  await receiver.idle(first)
  for (let number = 0; number < 30; number++) await ledger.record(blockOf(number))
  await receiver.asked(30)
  await first.close()
  assert.equal(receiver.taken.length, 0)

  receiver.status = 204
  const second = start(t, url, receiver)
  const events = await receiver.events(30)

  const ids = Array.from({ length: 30 }, (_, index) => `gate-${index + 1}`)
  assert.deepEqual(new Set(events.map(({ id }) => id)), new Set(ids))
  await second.close()
})

test('a redirect is not followed: events go where the operator said and nowhere else', async (t) => {
  const { ledger, url } = await openStore(t)
  const elsewhere = await Receiver.open(t)
  const receiver = await Receiver.open(t)
  receiver.status = 307
  receiver.location = elsewhere.url
  const hooks = start(t, url, receiver)
  await receiver.idle(hooks)
  await ledger.record(blockOf(1))

  await receiver.asked(2)

  assert.equal(elsewhere.tries, 0)
  assert.ok(hooks.figures().retried >= 1)
})

test('what was erased before it could be told is told without the personal part', async (t) => {
  const { ledger, url } = await openStore(t)
  const receiver = await Receiver.open(t)
  const first = start(t, url, receiver)
  await receiver.idle(first)
  await first.close()
  await ledger.record(blockOf(1))
  await ledger.erase({ by: 'receipt', receipt: blockOf(1).personal.receipt }, Date.now())

  start(t, url, receiver)
  const [event] = await receiver.events(1)

  assert.equal(event!.event['rule'], 'volume-block')
  assert.ok(!event!.body.includes(blockOf(1).personal.calling.slice(1)))
})

test('an outbox takes no more than it has room for, and leaves the rest in the ledger', async (t) => {
  const { ledger, url } = await openStore(t)
  const outbox = new Outbox(url)
  outbox.follow('crm')
  for (let number = 0; number < 50; number++) await ledger.record(blockOf(number))

  const { at } = blockOf(0)
  assert.deepEqual(outbox.gather('crm', at + 10, 20), { taken: 10, passed: 10 })
  assert.deepEqual(outbox.gather('crm', at, 100), { taken: 30, passed: 0 })
  assert.deepEqual(outbox.gather('crm', at, 100), { taken: 0, passed: 0 })
  const due = outbox.due('crm', Date.now(), 100)
  assert.equal(due.length, 40)
  outbox.retry(due[0]!, Date.now() + 60_000)
  outbox.remove(due[1]!)
  assert.deepEqual([outbox.due('crm', Date.now(), 100).length, outbox.waiting], [38, 39])
  outbox.close()
})

test(
  'when what tells webhooks ends, an alarm says why, and it is started again until it works',
  { timeout: 30_000 },
  async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'recourse-webhooks-'))
    t.after(() => rmSync(directory, { recursive: true, force: true }))
    const path = join(directory, 'later', 'recourse.db')
    const receiver = await Receiver.open(t)
    const causes: string[] = []
    let died = (): void => undefined
    const twice = new Promise<void>((resolve) => (died = resolve))
    const onDeath = (cause: unknown): void => {
      causes.push(String(cause))
      if (causes.length === 2) died()
    }
    const webhook = { name: 'crm', url: receiver.url, secret: SECRET }
    const hooks = startWebhooks(`sqlite:${path}`, [webhook], () => undefined, onDeath)
    t.after(() => hooks.close())
    await twice
    assert.match(causes[0]!, /later\/recourse\.db: cannot be opened/)

    mkdirSync(join(directory, 'later'))
    const ledger = await openLedger(`sqlite:${path}`)
    t.after(() => ledger.close())
    await receiver.idle(hooks)
    const dead = causes.length
    await ledger.record(blockOf(1))
    const [event] = await receiver.events(1)
    assert.equal(event!.event['type'], 'block')
    await hooks.close()
    assert.equal(causes.length, dead, 'an end that was asked for is no alarm')
  },
)

test('tries come at longer and longer intervals, up to ten minutes', () => {
  assert.deepEqual([0, 1, 2, 9, 10, 60].map(retryAfterMs), [1000, 2000, 4000, 512_000, 600_000, 600_000])
})

test('the signature covers the time and the body', () => {
  const signature = signBody('{}', SECRET, 1_000_500)
  assert.match(signature, /^t=1000,v1=/)
  assert.notEqual(signBody('{} ', SECRET, 1_000_500), signature)
  assert.notEqual(signBody('{}', SECRET, 1_001_500).slice(6), signature.slice(6))
})

/** A block of just now: what is older than a day is given up, and told to nobody. */
function blockOf(number: number): BlockEntry {
  startedMs ??= Date.now()
  return { ...sampleBlock(number), at: startedMs + number }
}

type Told = { id: string; signature: string; body: string; event: Record<string, unknown> }

/** A receiver of webhooks on this machine. */
class Receiver {
  status = 200
  location: string | undefined
  tries = 0
  readonly taken: Told[] = []
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  static async open(t: TestContext): Promise<Receiver> {
    const server = createServer()
    const receiver = new Receiver(server)
    server.on('request', (request, response) => {
      let body = ''
      request.setEncoding('utf8').on('data', (text: string) => (body += text))
      request.on('end', () => {
        receiver.tries++
        const { status, location } = receiver
        if (status < 300) {
          const header = (name: string): string => String(request.headers[name])
          const event = JSON.parse(body) as Record<string, unknown>
          receiver.taken.push({ id: header('recourse-event'), signature: header('recourse-signature'), body, event })
        }
        response.writeHead(status, location === undefined ? {} : { location }).end()
        server.emit('told')
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => new Promise((closed) => server.close(closed)))
    return receiver
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/blocks`
  }

  async events(count: number): Promise<Told[]> {
    while (this.taken.length < count) await once(this.#server, 'told')
    return this.taken
  }

  async asked(times: number): Promise<void> {
    while (this.tries < times) await once(this.#server, 'told')
  }

  /** Until the thread follows the ledger: it shows its figures then for the first time. */
  async idle(hooks: Webhooks): Promise<void> {
    const started = hooks.figures()
    while (hooks.figures() === started) await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function openStore(t: TestContext): Promise<{ ledger: SharedLedger; url: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-webhooks-'))
  const url = `sqlite:${join(folder, 'recourse.db')}`
  const ledger = await openLedger(url)
  t.after(async () => {
    await ledger.close()
    rmSync(folder, { recursive: true })
  })
  return { ledger, url }
}

function start(t: TestContext, store: string, receiver: Receiver): Webhooks {
  const hooks = startWebhooks(
    store,
    [{ name: 'crm', url: receiver.url, secret: SECRET }],
    () => undefined,
    (cause) => assert.fail(String(cause)),
  )
  t.after(() => hooks.close())
  return hooks
}
