import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import test from 'node:test'
import { foundAuthority } from '../../test/tls-certificates.ts'
import { DoorCertificates } from './door-certificates.ts'

const DAY_MS = 86_400_000
const { certificate, key } = foundAuthority('Test authority').mint({ name: 'redress.northwire.example' })
const END_MS = new X509Certificate(certificate).validToDate.getTime()
const FILES = { kind: 'files', certificate, key } as const
const LISTEN = { address: '127.0.0.1', port: 0 }
const API = { listen: LISTEN, tokens: new Map<string, string>() }
const DESK = { listen: LISTEN, public: 'https://redress.northwire.example' }
const REST = {
  verification: undefined,
  evidence: './evidence',
  alerts: [],
  decideMs: DAY_MS,
  country: 'US',
  zone: 'UTC',
  holidays: [],
  portalSecret: undefined,
  queueMax: 1,
  fileBytesMax: 1,
  keepMs: DAY_MS,
  isTransparent: false,
} as const
const CARD = { certificate, key, x5u: 'https://redress.northwire.example/card.pem' }

test('each certificate of API, desk and cards is told of once at each step to its end', () => {
  const config = { api: { ...API, tls: FILES }, desk: { ...DESK, tls: FILES, card: CARD, ...REST } }
  const certificates = new DoorCertificates()
  const said = (daysLeft: number): string[] => certificates.look(config, END_MS - daysLeft * DAY_MS)
  assert.deepEqual(said(31), [])
  for (const [daysLeft, words] of [
    [29, 'ends within 30 days'],
    [6, 'ends within 7 days'],
    [0.5, 'ends within 1 day'],
    [0, 'has expired'],
  ] as const) {
    const told = said(daysLeft)
    assert.equal(told.length, 3)
    for (const [index, name] of ['api.tls', 'desk.tls', 'desk.card'].entries())
      assert.ok(told[index]!.startsWith(`the certificate of ${name} ${words}`), told[index]!)
    assert.deepEqual(said(daysLeft), [], 'once')
  }
})

test('a door without a certificate has nothing to tell', () => {
  const config = { api: { ...API, tls: { kind: 'none' } as const }, desk: undefined }
  assert.deepEqual(new DoorCertificates().look(config, END_MS), [])
})
