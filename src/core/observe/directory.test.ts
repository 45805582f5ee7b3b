import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type ContactRecord,
  type DisputeTimes,
  MEASURED_MIN,
  knownBlocker,
  makeDirectory,
  seenContacts,
  signedContacts,
} from './directory.ts'
import { KNOWN_BLOCKERS } from './known-blockers.ts'
import type { Refusal } from './refusal.ts'

test('contacts of a notice are kept without what changes with each call, and none of them is signed', () => {
  for (const [contest, expected] of [
    [
      { url: 'https://Redress.Carrier.example/r/Kc9vN2x0RrmJ3p6t1wQ8Zg?id=4#x' },
      ['https://redress.carrier.example/r/…'],
    ],
    [{ url: 'https://carrier.example/unblock/12345' }, ['https://carrier.example/unblock/…']],
    [{ url: 'https://carrier.example/unblock' }, ['https://carrier.example/unblock']],
    [{ url: 'https://carrier.example' }, ['https://carrier.example']],
    [{ tel: '+18005550142', email: 'unblock@carrier.example' }, ['+18005550142', 'unblock@carrier.example']],
    [{ card: 'https://carrier.example/card/5f2a9c' }, ['https://carrier.example/card/…']],
    [{}, []],
  ] as const) {
    const contacts = seenContacts({ contest: { ...NOWHERE, ...contest } } as Refusal)
    assert.deepEqual(
      contacts.map(({ value }) => value),
      expected,
    )
    assert.ok(contacts.every(({ isSigned }) => !isSigned))
  }
  assert.equal(seenContacts({ contest: { ...NOWHERE, email: 'x'.repeat(9_000) } } as Refusal)[0]!.value.length, 512)
})

test('of a verified card those contacts are kept that can be used, and all of them are signed', () => {
  const kinds = (card: Parameters<typeof signedContacts>[0]) =>
    signedContacts(card).map(({ kind, value }) => `${kind} ${value}`)
  assert.deepEqual(
    kinds({ fn: 'Desk', url: 'https://desk.example/c', tel: 'tel:+1-800-555-0142', email: 'mailto:a@desk.example' }),
    ['url https://desk.example/c', 'tel +18005550142', 'email a@desk.example'],
  )
  assert.deepEqual(kinds({ url: 'http://desk.example', tel: '911', email: 'a@b@c' }), [])
  assert.deepEqual(kinds({ url: 'javascript:alert(1)' }), [])
  assert.ok(signedContacts({ tel: '+18005550142' }).every(({ isSigned }) => isSigned))
})

test('a blocker has its contacts, signed and unsigned apart, and the times that disputes took', () => {
  const disputes: DisputeTimes[] = [4, 6, 30].map((hours) => ({
    blocker: 'redress.carrier.example',
    contact: 'unblock@carrier.example',
    filedAt: AT,
    answeredAt: AT + hours * HOUR_MS,
    liftedAt: hours === 30 ? undefined : AT + 2 * hours * HOUR_MS,
  }))
  const [entry] = makeDirectory(
    [
      { ...CONTACT, kind: 'email', value: 'unblock@carrier.example', calls: 5 },
      { ...CONTACT, kind: 'tel', value: '+18005550142', calls: 9, isSigned: true, last: AT + HOUR_MS },
    ],
    disputes,
    [],
  )
  assert.deepEqual(
    [entry!.signed.map(({ value }) => value), entry!.unsigned.map(({ value }) => value)],
    [['+18005550142'], ['unblock@carrier.example']],
  )
  assert.deepEqual(entry!.unsigned[0]!.answer, { filed: 3, count: 3, medianMs: 6 * HOUR_MS, slowestMs: 30 * HOUR_MS })
  // Two lifts are no measurement, and a contact that nobody wrote to has none.
  assert.deepEqual(entry!.lift, { filed: 3, count: 2, medianMs: undefined, slowestMs: undefined })
  assert.equal(entry!.signed[0]!.answer.filed, 0)
  assert.deepEqual([entry!.signed[0]!.way, entry!.unsigned[0]!.way], ['phone', 'mail'])
  assert.deepEqual([entry!.calls, entry!.first, entry!.last], [9, AT, AT + HOUR_MS])
  assert.ok(MEASURED_MIN > 2)
})

test('the median of an even number of times lies between the middle two', () => {
  const disputes = [1, 2, 6, 9].map((hours) => ({
    blocker: 'b.example',
    contact: '',
    filedAt: AT,
    answeredAt: AT + hours * HOUR_MS,
    liftedAt: undefined,
  }))
  const [entry] = makeDirectory([], disputes, [])
  assert.deepEqual(entry!.answer, { filed: 4, count: 4, medianMs: 4 * HOUR_MS, slowestMs: 9 * HOUR_MS })
  assert.equal(makeDirectory([], disputes.slice(0, 2), [])[0]!.answer.medianMs, undefined)
})

test('what is known stands beside what was seen, and alone behind it', () => {
  const entries = makeDirectory([{ ...CONTACT, blocker: 'redress.hiya.com', calls: 1 }, CONTACT], [])
  assert.deepEqual(
    entries.slice(0, 2).map(({ blocker, known }) => [blocker, known?.name]),
    [
      ['redress.carrier.example', undefined],
      ['redress.hiya.com', 'Hiya'],
    ],
  )
  assert.equal(entries.length, 2 + KNOWN_BLOCKERS.length - 1)
  assert.ok(entries.slice(2).every(({ calls, known }) => calls === 0 && known !== undefined))
})

test('a domain is known with what stands below it, and no other that only looks like it', () => {
  for (const [blocker, name] of [
    ['hiya.com', 'Hiya'],
    ['Redress.HIYA.com', 'Hiya'],
    ['nothiya.com', undefined],
    ['hiya.com.example', undefined],
    ['tns', 'TNS'],
    ['', undefined],
  ] as const)
    assert.equal(knownBlocker(blocker)?.name, name, blocker)
})

test('each line of the seed says what it says by whom and when, and has a domain only where its source does', () => {
  assert.ok(KNOWN_BLOCKERS.length >= 8)
  assert.equal(new Set(KNOWN_BLOCKERS.map(({ name }) => name)).size, KNOWN_BLOCKERS.length)
  for (const { name, says, source, date, ways, domains } of KNOWN_BLOCKERS) {
    assert.ok(says.length > 20 && source.length > 3 && ways.length > 0, name)
    assert.match(date, /^20\d\d-(0[1-9]|1[0-2])$/, name)
    for (const domain of domains) assert.ok(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(domain), domain)
    assert.ok(domains.length === 0 || domains.some((domain) => source.includes(domain)), name)
    assert.doesNotMatch(says, /https?:|@|\+\d/, name)
  }
})

const HOUR_MS = 3_600_000
const AT = Date.UTC(2026, 10, 1)
const NOWHERE = { url: undefined, tel: undefined, email: undefined, card: undefined }
const CONTACT: ContactRecord = {
  blocker: 'redress.carrier.example',
  kind: 'url',
  value: 'https://redress.carrier.example/r/…',
  isSigned: false,
  first: AT,
  last: AT,
  calls: 7,
}
