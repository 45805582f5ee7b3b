import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openReceiptKeys } from '#edge/store/receipt-keys.ts'
import type { Config } from '#main/config/config.ts'
import { loadConfig } from '#main/config/load.ts'
import { foundAuthority } from '../../../test/tls-certificates.ts'
import { lookAtKeys } from './key-look.ts'

const DAY_MS = 86_400_000
const NOW = Date.now()

test('each certificate is there with its end, its place, and how it is renewed; what ends first stands first', (t) => {
  const { config, look } = world(t)
  const { certificates } = look(config)
  assert.deepEqual(
    certificates.map(({ key, standing, daysLeft, disk }) => [key, standing, daysLeft, disk]),
    [
      ['gate.tls', '7 days', 4, 'same'],
      ['desk.card', '30 days', 19, 'same'],
      ['desk.tls', 'good', 89, 'same'],
      ['office.tls', 'good', 89, 'same'],
      // It ends a year after it was made, which is a while after this file was loaded.
      ['stir.roots', 'good', certificates.at(-1)!.daysLeft === 365 ? 365 : 364, 'same'],
    ],
  )
  const [gate, card, desk, office, roots] = certificates
  assert.match(gate?.subject ?? '', /^CN=.*img src=x onerror/)
  assert.deepEqual(gate?.names, ['gate.northwire.example'])
  assert.match(gate.renew, /within ten seconds/)
  assert.equal(card?.renew, desk?.renew)
  assert.match(card!.renew, /then: kill -HUP 17$/)
  assert.match(office!.renew, /start Recourse again: office\.tls is read at a start/)
  assert.match(roots!.renew, /^Put the authorities into the file/)
  assert.equal(roots?.keyFile, undefined)
  for (const { file = '', keyFile = file } of certificates)
    assert.ok(readFileSync(file, 'utf8').length + readFileSync(keyFile, 'utf8').length > 0)
})

test('near its end a certificate is told in the steps 30, 7 and 1 days, and once it is over', (t) => {
  const { config, look } = world(t)
  for (const [key, days, standing] of [
    ['desk.tls', 0, 'good'],
    ['desk.tls', 59.9, 'good'],
    ['desk.tls', 60.1, '30 days'],
    ['desk.tls', 82.9, '30 days'],
    ['desk.tls', 83.1, '7 days'],
    ['gate.tls', 0, '7 days'],
    ['gate.tls', 4.5, '1 day'],
    ['gate.tls', 6, 'expired'],
  ] as const) {
    const found = look(config, NOW + days * DAY_MS).certificates.find((one) => one.key === key)
    assert.equal(found?.standing, standing, `${key} after ${days} days`)
  }
  const early = look(config, NOW - 2 * DAY_MS).certificates.find(({ key }) => key === 'gate.tls')
  assert.equal(early?.standing, 'early')
})

test('a file that holds something else than is in force is told; the gate’s own is taken as it lies there', (t) => {
  const { config, look, write } = world(t)
  const next = foundAuthority('Next').mint({ name: 'next', until: NOW + 200 * DAY_MS })
  write('desk.pem', next.certificate)
  write('gate.pem', next.certificate)
  write('card.pem', 'nothing of use')
  const found = new Map(look(config).certificates.map((one) => [one.key, one]))
  assert.deepEqual([found.get('desk.tls')?.disk, found.get('desk.tls')?.daysLeft], ['other', 89])
  assert.deepEqual([found.get('gate.tls')?.disk, found.get('gate.tls')?.daysLeft], ['same', 199])
  assert.equal(found.get('desk.card')?.disk, 'none')
  assert.equal(found.get('office.tls')?.disk, 'same')
})

test('the ring of receipt keys says which seals, which only open, and when each goes', (t) => {
  const { config, look, directory } = world(t)
  const { keepMs, rotateMs } = config.receipts
  const ring = join(directory, 'receipt-keys')
  for (const nowMs of [NOW - 70 * DAY_MS, NOW - 35 * DAY_MS, NOW])
    openReceiptKeys(ring, { nowMs, keepMs: 400 * DAY_MS, rotateMs: 30 * DAY_MS })
  const { receipts } = look(config, NOW, 2)
  assert.equal(receipts.why, '')
  assert.deepEqual(
    receipts.keys.map(({ slot, isSealing, until }) => [slot, isSealing, until]),
    [
      [2, true, iso(NOW + rotateMs)],
      [1, false, iso(NOW + keepMs)],
      [0, false, iso(NOW - 35 * DAY_MS + keepMs)],
    ],
  )
  rmSync(ring, { recursive: true })
  assert.match(look(config, NOW, 2).receipts.why, /receipt keys cannot be read/)
})

test('nothing that is told holds a private part, nor anything of a file that is no key', (t) => {
  const { config, look, write, directory } = world(t)
  const ring = join(directory, 'receipt-keys')
  openReceiptKeys(ring, { nowMs: NOW, keepMs: DAY_MS })
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const checkpoint = privateKey.export({ type: 'pkcs8', format: 'pem' })
  write('recourse.db.checkpoint-key.pem', checkpoint)
  const named = look(config).signing.find(({ use }) => use.includes('checkpoints'))
  assert.match(named?.name ?? '', /^[0-9a-f]{16}$/)
  const secrets = [
    ...[checkpoint, ...KEYS.map((file) => readFileSync(join(directory, file), 'utf8'))].flatMap((pem) =>
      pem.split('\n').filter((line) => line.length > 20 && !line.startsWith('-----')),
    ),
    (JSON.parse(readFileSync(join(ring, 'slot-0.json'), 'utf8')) as { key: string }).key,
  ]
  assert.ok(secrets.length >= 8)
  const told = JSON.stringify(look(config))
  for (const secret of secrets) assert.ok(!told.includes(secret))
  assert.ok(!told.includes('PRIVATE'))
  assert.ok(told.includes('slot-0.json'), 'the ring was looked at')
  write('recourse.db.checkpoint-key.pem', 'my secret words')
  const unread = look(config).signing.find(({ use }) => use.includes('checkpoints'))
  assert.deepEqual([unread?.name, unread?.why], [undefined, 'the file holds no key that can be read'])
  rmSync(join(directory, 'recourse.db.checkpoint-key.pem'))
  assert.match(look(config).signing[0]!.why, /^not made yet/)
})

function world(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'recourse-keys-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const write = (name: string, text: string): void => writeFileSync(join(directory, name), text)
  const authority = foundAuthority('Northwire Authority')
  const mint = (name: string, days: number) =>
    authority.mint({ name, dns: ['gate.northwire.example'], until: NOW + days * DAY_MS })
  for (const [name, subject, days] of [
    ['gate', HOSTILE, 5],
    ['card', 'card', 20],
    ['desk', 'desk', 90],
    ['office', 'office', 90],
  ] as const) {
    const { certificate, key } = mint(subject, days)
    write(`${name}.pem`, certificate)
    write(`${name}.key`, key)
  }
  write('roots.pem', authority.certificate)
  write('recourse.yaml', CONFIGURATION)
  const loaded = loadConfig({
    path: join(directory, 'recourse.yaml'),
    env: {},
    readFile: (path) => readFileSync(path, 'utf8'),
    serves: true,
  })
  assert.ok(loaded.kind === 'loaded', JSON.stringify(loaded))
  const look = (config: Config, nowMs = NOW, currentSlot = 0) =>
    lookAtKeys({ config, currentSlot, nowMs, reload: 'kill -HUP 17' })
  return { directory, write, config: loaded.config, look }
}

function iso(at: number): string {
  return new Date(at).toISOString()
}

const HOSTILE = '<img src=x onerror=alert(1)>'
const KEYS = ['gate.key', 'card.key', 'desk.key', 'office.key']
const CONFIGURATION = `operator: { name: Northwire, contact: { email: "unblock@northwire.example" }, location: RLN }
gate:
  listen: ["tls:127.0.0.1:5061"]
  peers: [{ name: edge, from: 127.0.0.1, continue: 404 }]
  tls: { certificate: gate.pem, key: "file:gate.key" }
desk:
  public: "https://redress.northwire.example"
  tls: { certificate: desk.pem, key: "file:desk.key" }
  card: { certificate: card.pem, key: "file:card.key" }
office:
  listen: 127.0.0.1:8443
  public: "https://office.northwire.example"
  tls: { certificate: office.pem, key: "file:office.key" }
stir: { roots: roots.pem, hosts: ["*"] }
policy: { rules: [] }
`
