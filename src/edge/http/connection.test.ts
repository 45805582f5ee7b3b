import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { test } from 'node:test'
import { type Arrival, HOPS_MAX, clientOf } from './connection.ts'

const PROXY = '192.0.2.1'
const CLIENT = '203.0.113.9'
const FORGED = '198.51.100.77'

for (const forged of [0, 1, HOPS_MAX - 1, HOPS_MAX, HOPS_MAX + 1, 1_000])
  test(`behind a proxy the client is the last address before it, behind ${forged} that it made up`, () => {
    const said = [...Array.from({ length: forged }, () => FORGED), CLIENT].join(', ')

    assert.equal(clientOf(arrival(PROXY, said), isProxy), CLIENT)
  })

test('proxies in a row are seen through, as many as there may be', () => {
  const row = (count: number) => [CLIENT, ...Array.from({ length: count }, () => PROXY)].join(',')

  assert.equal(clientOf(arrival(PROXY, row(HOPS_MAX - 1)), isProxy), CLIENT)
  assert.equal(clientOf(arrival(PROXY, row(HOPS_MAX)), isProxy), PROXY)
})

test('who is no proxy is not believed, and a proxy that says nothing stands for itself', () => {
  assert.equal(clientOf(arrival(CLIENT, FORGED), isProxy), CLIENT)
  assert.equal(clientOf(arrival(PROXY, ''), isProxy), PROXY)
  assert.equal(clientOf(arrival(`::ffff:${PROXY}`, `::ffff:${CLIENT}`), isProxy), CLIENT)
})

function isProxy(address: string): boolean {
  return address === PROXY
}

function arrival(remoteAddress: string, said: string): Arrival {
  const incoming = { socket: { remoteAddress, remotePort: 1 } } as IncomingMessage
  const headers = said === '' ? {} : { 'x-forwarded-for': said }
  return { env: { incoming }, req: { raw: new Request('http://desk.example/', { headers }) } }
}
