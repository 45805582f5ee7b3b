import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { loadConfig } from '#main/config/load.ts'
import { foundAuthority } from '../../test/tls-certificates.ts'
import { openStreams } from './serve-streams.ts'

const AUTHORITY = foundAuthority('Streams')
const LOOK_MS = 10_000
const DAY_MS = 86_400_000

test('a certificate path that cannot even be looked at is told, the certificate stays in force, and nothing ends', async (t) => {
  const { file, told, look } = await open(t, Date.now() + 90 * DAY_MS)
  rmSync(file('gate.pem'))
  symlinkSync(file('gate.pem'), file('gate.pem'))

  look()

  assert.equal(told.length, 1)
  assert.match(
    told[0]!,
    /^warn gate\.tls\.certificate has changed: .*the certificate that was read before stays in force/,
  )
})

test('an alarm is raised again and again from the end of the certificate on, and not before', async (t) => {
  const { told, alarms, look } = await open(t, Date.now() + LOOK_MS + LOOK_MS / 2)
  assert.match(told[0]!, /^warn the certificate of gate\.tls ends within 1 day/)

  look()
  assert.deepEqual(alarms, [])
  look()
  look()

  assert.deepEqual(alarms, ['certificate', 'certificate'])
  assert.match(told.at(-1)!, /^warn the certificate of gate\.tls has expired/)
})

/** Connections by TLS with a certificate that ends then; `look` lets the time until the next look at it pass. */
async function open(t: TestContext, until: number) {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-streams-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = (name: string): string => join(folder, name)
  const { certificate, key } = AUTHORITY.mint({ name: 'gate', until })
  writeFileSync(file('gate.pem'), certificate)
  writeFileSync(file('gate.key'), key)
  const gate = { listen: ['tls:127.0.0.1:0'], tls: { certificate: file('gate.pem'), key: `file:${file('gate.key')}` } }
  writeFileSync(file('recourse.yaml'), JSON.stringify({ gate }))
  const readFile = (path: string): string => readFileSync(path, 'utf8')
  const loaded = loadConfig({ path: file('recourse.yaml'), env: {}, readFile, serves: true })
  assert.ok(loaded.kind === 'loaded', JSON.stringify(loaded))
  const { config } = loaded
  t.mock.timers.enable({ apis: ['setInterval', 'Date'], now: Date.now() })
  const told: string[] = []
  const alarms: string[] = []
  const streams = await openStreams(config, {
    receiver: () => () => undefined,
    terms: () => ({ peers: config.gate.peers, contract: config.gate }),
    alarm: (kind) => void alarms.push(kind),
    tell: (level, message) => void told.push(`${level} ${message}`),
  })
  t.after(() => streams.close())
  return { file, told, alarms, look: () => t.mock.timers.tick(LOOK_MS) }
}
