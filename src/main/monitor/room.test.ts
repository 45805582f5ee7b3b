import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Attempt } from '#core/observe/attempt.ts'
import type { Sighting } from '#core/observe/attempt-tracker.ts'
import { BATCH_MAX, CALLS_MAX, MonitorRoom, WAITING_MAX, mayMatter } from './room.ts'

test('attempts are written down in batches, with the places that sources have come to', () => {
  const store = new Store()
  const room = roomOf(store)
  room.reach({ source: 'capture a', place: '1' })
  for (let call = 0; call < BATCH_MAX - 1; call++) room.add(attempt(call))
  assert.deepEqual([store.batches.length, room.waiting], [0, BATCH_MAX - 1])

  room.add(attempt(BATCH_MAX))

  assert.deepEqual([store.batches.length, room.waiting], [1, 0])
  assert.deepEqual(store.places, [{ source: 'capture a', place: '1' }])
  room.flush()
  assert.equal(store.batches.length, 1, 'nothing waits, so nothing is written')
  room.add(attempt(0))
  room.flush()
  assert.deepEqual(
    store.batches.map(({ length }) => length),
    [BATCH_MAX, 1],
  )
  assert.deepEqual([room.figures.fresh, room.figures.known], [BATCH_MAX, 1])
})

test('what was promised is told after the store took it, and not before', async () => {
  const store = new Store()
  const room = roomOf(store)
  let settled = 0
  const first = room.take(attempt(1)).then(() => settled++)
  const second = room.take(attempt(2)).then(() => settled++)
  await new Promise(setImmediate)
  assert.equal(settled, 0)

  room.flush()

  await Promise.all([first, second])
  assert.deepEqual([settled, store.keys.size], [2, 2])
})

test('a store that takes nothing: what was promised is refused, the rest waits and goes in later, once', async () => {
  const store = new Store()
  const troubles: unknown[] = []
  const room = roomOf(store, (cause) => troubles.push(cause))
  store.fault = new Error('disk full')
  const promised = assert.rejects(room.take(attempt(1)), /disk full/)
  room.reach({ source: 's', place: '7' })
  room.flush()
  await promised
  assert.deepEqual([room.waiting, troubles], [1, [store.fault]])

  for (let call = 2; call < 2 * BATCH_MAX; call++) room.add(attempt(call))
  assert.equal(troubles.length, 1, 'it is not asked again for each message')
  store.fault = undefined
  room.flush()

  assert.deepEqual([room.waiting, store.keys.size, room.figures.lost], [0, 2 * BATCH_MAX - 1, 0])
  assert.deepEqual(store.places, [{ source: 's', place: '7' }])
  for (let call = 0; call < BATCH_MAX; call++) room.add(attempt(call + 10 * BATCH_MAX))
  assert.equal(room.waiting, 0, 'it goes on by itself')
})

test('a store that takes nothing for long costs the oldest, counted, and no more memory', () => {
  const store = new Store()
  const room = roomOf(store, () => undefined)
  store.fault = new Error('disk full')
  const told = WAITING_MAX + WAITING_MAX / 2
  room.add(attempt(0))
  room.flush()
  let most = 0
  for (let call = 1; call < told; call++) {
    room.add(attempt(call))
    most = Math.max(most, room.waiting)
  }
  assert.ok(most <= WAITING_MAX + 1, `${most} waited`)
  assert.ok(room.figures.lost > 0)
  assert.equal(room.figures.lost + room.waiting, told)

  store.fault = undefined
  room.flush()

  assert.equal(store.keys.size + room.figures.lost, told)
  assert.ok(store.keys.has(`call ${told - 1}`) && !store.keys.has('call 0'), 'the newest are those that were kept')
})

test('without anybody to tell of trouble it is thrown, and nothing is lost by it', () => {
  const store = new Store()
  const room = roomOf(store)
  store.fault = new Error('disk full')
  room.add(attempt(1))
  assert.throws(() => room.flush(), /disk full/)
  assert.equal(room.waiting, 1)
})

test('messages become an attempt; what breaks the grammar is counted and passed over', () => {
  const store = new Store()
  const room = roomOf(store)
  const seen: Sighting = { atMs: 1e12, nowMs: 1e12, tap: 'tap', sender: '192.0.2.1', receiver: '192.0.2.2' }
  const hear = (text: string) => {
    const bytes = Buffer.from(text, 'latin1')
    room.hear(bytes, 0, bytes.length, seen)
  }
  hear(INVITE)
  hear('SIP/2.0 six-hundred Network\r\n\r\n')
  hear(INVITE.replace('INVITE sip:b@y SIP/2.0', 'SIP/2.0 603 Decline'))
  assert.equal(room.followed, 1)
  room.finish()
  room.flush()

  assert.deepEqual([room.figures.messages, room.figures.broken, room.figures.refused, room.followed], [3, 1, 1, 0])
  assert.equal(store.keys.size, 1)
})

test('the answer is kept as it was, though the Buffer that lent it goes on to the next packet', () => {
  const store = new Store()
  const room = roomOf(store)
  const lent = Buffer.alloc(2_000)
  const answer = INVITE.replace('INVITE sip:b@y SIP/2.0', 'SIP/2.0 603 Network Blocked')
  for (const text of [INVITE, answer, 'x'.repeat(1_500)]) {
    const length = lent.write(text, 'latin1')
    room.hear(lent, 0, length, { atMs: 1e12, nowMs: 1e12, tap: 't', sender: '', receiver: '' })
  }
  room.finish()
  room.flush()

  const { end } = store.batches[0]![0]!
  assert.ok(end.kind === 'refused')
  assert.equal(Buffer.from(end.refusal.answer!).toString('latin1'), answer)
  assert.equal(end.refusal.status, 603)
})

test('calls without end are bounded: the oldest make room, each counted', () => {
  const room = roomOf(new Store())
  const calls = CALLS_MAX + 500
  for (let call = 0; call < calls; call++) {
    const bytes = Buffer.from(INVITE.replace('Call-ID: c', `Call-ID: c${call}`), 'latin1')
    room.hear(bytes, 0, bytes.length, { atMs: 1e12, nowMs: 1e12, tap: 't', sender: '', receiver: '' })
  }
  const { forgotten, hurried, unknown } = room.figures
  assert.equal(room.followed, CALLS_MAX)
  assert.equal(forgotten + hurried, 500, `${forgotten} forgotten, ${hurried} hurried, ${unknown} unknown`)
})

const MATTERS: readonly (readonly [string, boolean])[] = [
  ['INVITE sip:+14155550100@x SIP/2.0', true],
  ['invite sip:+14155550100@x SIP/2.0', true],
  ['INFO sip:+14155550100@x SIP/2.0', false],
  ['CANCEL sip:+14155550100@x SIP/2.0', true],
  ['BYE sip:+14155550100@x SIP/2.0', true],
  ['BIE sip:+14155550100@x SIP/2.0', false],
  ['ACK sip:+14155550100@x SIP/2.0', false],
  ['OPTIONS sip:+14155550100@x SIP/2.0', false],
  ['REGISTER sip:x SIP/2.0', false],
  ['SUBSCRIBE sip:+14155550100@x SIP/2.0', false],
  ['PRACK sip:+14155550100@x SIP/2.0', false],
  ['SIP/2.0 100 Trying\r\n', false],
  ['SIP/2.0 180 Ringing\r\n', true],
  ['SIP/2.0 183 Session Progress\r\n', true],
  ['SIP/2.0 200 OK\r\n\r\n', true],
  ['SIP/2.0 400 Bad Request\r\n', true],
  ['SIP/2.0 603 Network Blocked\r\n', true],
  ['SIP/2.0 603', false],
  ['', false],
  ['\r\n\r\n', false],
]

test('what cannot tell of a call is not read any further', () => {
  for (const [text, wanted] of MATTERS) {
    const bytes = Buffer.from(`xx${text}`, 'latin1')
    assert.equal(mayMatter(bytes, 2, bytes.length), wanted, text)
  }
})

test('whatever octets come, in whatever order, the room neither throws nor grows', () => {
  const store = new Store()
  const room = roomOf(store)
  const field = fc.constantFrom(
    'Via: SIP/2.0/UDP h;branch=z9hG4bK1',
    'From: <sip:a@x>;tag=1',
    'To: <sip:b@y>;tag=2',
    'Call-ID: c',
    'CSeq: 1 INVITE',
    'CSeq: 99999999999 BYE',
    'Content-Length: 9999999',
    'From: ',
    'Via: ;;;',
    ' folded',
    'Reason: SIP;cause=603;text="',
  )
  const start = fc.constantFrom(
    'INVITE sip:b@y SIP/2.0',
    'SIP/2.0 603 x',
    'SIP/2.0 180 x',
    'SIP/2.0 200 OK',
    'BYE sip:b@y SIP/2.0',
    'CANCEL sip:b@y SIP/2.0',
    'SIP/2.0 999 x',
  )
  const message = fc.oneof(
    fc.tuple(start, fc.array(field, { maxLength: 9 })).map(([line, fields]) => [line, ...fields, '', ''].join('\r\n')),
    fc.string({ unit: 'binary-ascii', maxLength: 80 }),
  )
  const time = fc.constantFrom(0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e12, 1e12 + 4_000_000, 8.64e15, -8.64e15)
  let heard = 0
  fc.assert(
    fc.property(fc.array(fc.tuple(message, time), { maxLength: 20 }), (messages) => {
      for (const [text, ms] of messages) {
        const bytes = Buffer.from(text, 'latin1')
        room.hear(bytes, 0, bytes.length, { atMs: ms, nowMs: ms, tap: 't', sender: '', receiver: '' })
        heard++
      }
      room.pass(1e12)
    }),
    { numRuns: 400 },
  )
  room.finish()
  room.flush()
  assert.ok(heard > 500)
  assert.deepEqual([room.figures.messages, room.followed, room.waiting], [heard, 0, 0])
  assert.ok(store.keys.size > 0)
})

test('calls that are not ours are counted and left out, from messages and from records, and whoever posted them is told that it is done', async () => {
  const store = new Store()
  const senders: string[] = []
  const room = new MonitorRoom({
    store,
    nameCarrier: () => undefined,
    seed: 1,
    isOurs: (from, sender) => {
      senders.push(sender)
      return sender === '192.0.2.10' || from === '+12125550117'
    },
  })
  const hear = (text: string, sender: string, receiver: string): void => {
    const bytes = Buffer.from(text, 'latin1')
    room.hear(bytes, 0, bytes.length, { atMs: 1e12, nowMs: 1e12, tap: 't', sender, receiver })
  }
  const busy = INVITE.replace(/^INVITE .*/, 'SIP/2.0 486 Busy Here')
  const deeper = (text: string): string => text.replace('Via:', 'Via: SIP/2.0/UDP p;branch=z9hG4bK2\r\nVia:')
  const other = (text: string): string => text.replace('Call-ID: c', 'Call-ID: d')
  // A call of ours that is seen first where a carrier passes it on, and one that comes in and is passed on by an address of ours.
  hear(deeper(INVITE), '203.0.113.5', '198.51.100.20')
  hear(INVITE, '192.0.2.10', '203.0.113.5')
  hear(busy, '203.0.113.5', '192.0.2.10')
  hear(other(INVITE), '203.0.113.5', '192.0.2.10')
  hear(other(deeper(INVITE)), '192.0.2.10', '192.0.2.11')
  hear(other(busy), '192.0.2.10', '203.0.113.5')
  room.finish()
  room.add(attempt(1))
  room.add({ ...attempt(2), from: '+14155550100' })
  await room.take({ ...attempt(3), from: '+14155550100' })
  room.flush()
  assert.deepEqual([room.figures.incoming, room.figures.refused, store.keys.size], [3, 1, 2])
  assert.deepEqual(senders, ['192.0.2.10', '203.0.113.5', '', '', ''])
})

/** A store that keeps keys, or fails. */
class Store {
  fault: Error | undefined
  readonly batches: (readonly Attempt[])[] = []
  readonly keys = new Set<string>()
  places: readonly { source: string; place: string }[] = []

  take(attempts: readonly Attempt[], places: typeof this.places) {
    if (this.fault !== undefined) throw this.fault
    const before = this.keys.size
    for (const { key } of attempts) this.keys.add(key)
    this.batches.push(attempts)
    if (places.length > 0) this.places = places
    const fresh = this.keys.size - before
    return { fresh, repeated: attempts.length - fresh, refused: 0 }
  }
}

function roomOf(store: Store, onTrouble?: (cause: unknown) => void): MonitorRoom {
  return new MonitorRoom({ store, nameCarrier: () => undefined, seed: 1, ...(onTrouble && { onTrouble }) })
}

function attempt(call: number): Attempt {
  return {
    key: `call ${call}`,
    at: 1e12,
    source: 'test',
    evidence: 'wire',
    from: '+12125550117',
    to: '+14155550100',
    carrier: '',
    ringMs: undefined,
    setupMs: undefined,
    end: { kind: 'cancelled' },
  }
}

const INVITE =
  'INVITE sip:b@y SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:b@y>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n'
