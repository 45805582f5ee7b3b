import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Visitor } from '#core/redress/desk.ts'
import type { Rate } from '#core/redress/limit.ts'
import {
  IntakeLimits,
  KEYS_MAX,
  OPENED_PER_DOMAIN,
  OPENED_PER_MAILBOX,
  STEPS_PER_NETWORK,
  STEPS_PER_WIDE_NETWORK,
} from './intake-limits.ts'

test('the registry is limited by address, /64, /48, mailbox and mail domain, each by its rate, and a neighbour by none', () => {
  for (const { of, rate, expected, each, near } of [
    {
      of: 'address',
      rate: STEPS_PER_NETWORK,
      expected: { burst: 120, everyMs: 30_000 },
      each: () => ['192.0.2.7', undefined],
      near: [['192.0.2.8', undefined]],
    },
    {
      of: 'address',
      rate: STEPS_PER_NETWORK,
      expected: { burst: 120, everyMs: 30_000 },
      each: (count) => [`2001:db8:1:2::${count.toString(16)}`, undefined],
      near: [['2001:db8:1:3::1', undefined]],
    },
    {
      of: 'address',
      rate: STEPS_PER_WIDE_NETWORK,
      expected: { burst: 600, everyMs: 6_000 },
      each: (count) => [`2001:db8:1:${count.toString(16)}::1`, undefined],
      near: [['2001:db8:2:1::1', undefined]],
    },
    {
      of: 'mail-address',
      rate: OPENED_PER_MAILBOX,
      expected: { burst: 3, everyMs: 1_200_000 },
      each: (count) => [`192.0.2.${count}`, count % 2 === 0 ? 'Ann@Clinic.example' : 'ann@clinic.example'],
      near: [
        ['192.0.2.1', 'bob@clinic.example'],
        ['192.0.2.1', undefined],
      ],
    },
    {
      of: 'mail-domain',
      rate: OPENED_PER_DOMAIN,
      expected: { burst: 60, everyMs: 60_000 },
      each: (count) => [`192.0.2.${count}`, `ann${count}@clinic.example`],
      near: [
        ['192.0.2.1', 'ann@other.clinic.example'],
        ['192.0.3.1', 'ann@clinic.example'],
      ],
    },
  ] satisfies readonly Row[]) {
    assert.deepEqual(rate, expected, 'what the guide says')
    const limits = new IntakeLimits()
    const ask = ([address, email]: Who, now = NOW) => limits.objectTo({ ...VISITOR, address }, email, now)
    for (let count = 0; count < rate.burst; count++) assert.equal(ask(each(count)), undefined, `${of} ${count}`)
    assert.deepEqual(ask(each(rate.burst)), { kind: 'limited', of, retryAfterMs: rate.everyMs })
    assert.equal(limits.figures[of], 1)
    for (const who of near) assert.equal(ask(who), undefined, `${of}: ${who.join(' ')}`)
    assert.deepEqual(ask(each(rate.burst), NOW + rate.everyMs - 1), { kind: 'limited', of, retryAfterMs: 1 })
    assert.equal(ask(each(rate.burst), NOW + rate.everyMs), undefined)
    assert.deepEqual(
      Object.values(limits.figures).reduce((sum, figure) => sum + figure, 0),
      2,
      'nothing else was counted',
    )
  }
})

test('what is refused takes nothing from the limits before it', () => {
  const limits = new IntakeLimits()
  const ask = (email: string | undefined) => limits.objectTo(VISITOR, email, NOW)
  for (let count = 0; count < OPENED_PER_MAILBOX.burst; count++) assert.equal(ask('ann@clinic.example'), undefined)
  for (let count = 0; count < 200; count++) {
    const refused = ask('ann@clinic.example')
    assert.ok(refused?.kind === 'limited' && refused.of === 'mail-address')
  }
  for (let count = OPENED_PER_MAILBOX.burst; count < STEPS_PER_NETWORK.burst; count++)
    assert.equal(ask(undefined), undefined)
  assert.equal(ask(undefined)?.kind, 'limited')
})

test('more addresses than can be told apart turn nobody away: the oldest is forgotten, which is counted, and no mailbox with it', () => {
  assert.equal(KEYS_MAX, 50_000)
  const limits = new IntakeLimits()
  const ask = (address: string, email?: string) => limits.objectTo({ ...VISITOR, address }, email, NOW)
  for (let count = 0; count < OPENED_PER_MAILBOX.burst; count++) ask('192.0.2.7', 'ann@clinic.example')
  for (let count = OPENED_PER_MAILBOX.burst; count < STEPS_PER_NETWORK.burst; count++) ask('192.0.2.7')
  assert.equal(ask('192.0.2.7')?.kind, 'limited')
  for (let count = 1; count < KEYS_MAX; count++)
    assert.equal(ask(`10.${count >> 16}.${(count >> 8) & 255}.${count & 255}`), undefined)
  assert.equal(limits.forgotten, 0, 'there was room')
  assert.equal(ask('192.0.2.7')?.kind, 'limited')
  assert.equal(ask('198.51.100.1'), undefined)
  assert.equal(limits.forgotten, 1)
  assert.equal(ask('192.0.2.7'), undefined, 'it was the oldest')
  const mailbox = ask('198.51.100.2', 'ann@clinic.example')
  assert.ok(mailbox?.kind === 'limited' && mailbox.of === 'mail-address')
})

test('what is too long for a mail address is not kept', () => {
  const limits = new IntakeLimits()
  const long = `${'a'.repeat(240)}@clinic.example`
  for (const [email, kind] of [
    [long, undefined],
    [long.slice(1), 'limited'],
  ] as const) {
    let last
    for (let count = 0; count <= OPENED_PER_MAILBOX.burst; count++) last = limits.objectTo(VISITOR, email, NOW)
    assert.equal(last?.kind, kind, String(email.length))
  }
})

type Who = readonly [address: string, email: string | undefined]
type Row = {
  readonly of: 'address' | 'mail-address' | 'mail-domain'
  readonly rate: Rate
  readonly expected: Rate
  readonly each: (count: number) => Who
  readonly near: readonly Who[]
}

const NOW = Date.UTC(2026, 10, 22, 12)
const VISITOR: Visitor = { address: '192.0.2.7', work: undefined, waited: false, once: undefined }
