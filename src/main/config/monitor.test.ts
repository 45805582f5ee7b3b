import assert from 'node:assert/strict'
import test from 'node:test'
import { stringify } from 'yaml'
import { foundAuthority } from '../../../test/tls-certificates.ts'
import { formatFault } from './fault.ts'
import { loadConfig, type Loaded } from './load.ts'

const MINTED = foundAuthority('Clinic').mint({ name: 'monitor.clinic.example' })
const FILES: Readonly<Record<string, string>> = {
  key: ' a key\n',
  hook: 'a secret of a webhook',
  'monitor.pem': MINTED.certificate,
  'monitor.key': MINTED.key,
}

function load(monitor: object | undefined, { serves = true, env = {} } = {}): Loaded {
  const text = stringify({ ...(monitor && { monitor }) })
  const readFile = (path: string): string => {
    const found = path === 'recourse.yaml' ? text : FILES[path]
    if (found === undefined) throw Object.assign(new Error('missing'), { code: 'ENOENT' })
    return found
  }
  return loadConfig({ path: 'recourse.yaml', env, readFile, serves })
}

function loaded(...given: Parameters<typeof load>) {
  const result = load(...given)
  assert.equal(result.kind, 'loaded', result.kind === 'refused' ? result.faults.map(formatFault).join('\n') : '')
  return result.kind === 'loaded' ? result.config.monitor : assert.fail()
}

test('without the section nothing is watched; with an empty one nothing is listened on, and all else has its usual value', () => {
  assert.equal(loaded(undefined), undefined)
  assert.deepEqual(loaded({}), {
    listen: [],
    from: ['127.0.0.0/8', '::1'],
    password: undefined,
    tls: undefined,
    carriers: [],
    ours: undefined,
    webhooks: undefined,
    logs: [],
    alerts: [],
    notify: [],
    digestMinute: undefined,
    keepMs: 400 * 86_400_000,
  })
})

test('copies over all transports, carriers by their addresses, and when the digest goes', () => {
  const monitor = loaded({
    hep: ['udp:127.0.0.1:9060', 'tcp:127.0.0.1:9060', 'tls:0.0.0.0:9061'],
    from: ['192.0.2.0/24'],
    password: 'file:key',
    tls: { certificate: 'monitor.pem', key: 'file:monitor.key' },
    carriers: [{ name: 'northwire', from: '198.51.100.0/24' }],
    ours: { numbers: ['+1 (212) 555'], from: '192.0.2.0/24' },
    digest: '06:30',
    logs: ['/var/log/a', '/var/log/b', '/var/log/a'],
    notify: [{ name: 'chat', url: 'http://127.0.0.1:9000/calls', secret: 'file:hook' }],
  })
  assert.deepEqual(
    monitor?.listen.map(({ transport }) => transport),
    ['udp', 'tcp', 'tls'],
  )
  assert.deepEqual([monitor?.password, monitor?.digestMinute], ['a key', 390])
  assert.deepEqual(monitor?.carriers, [{ name: 'northwire', from: ['198.51.100.0/24'] }])
  assert.deepEqual(monitor?.logs, ['/var/log/a', '/var/log/b'])
  assert.deepEqual(monitor?.ours, { numbers: ['+1212555'], from: ['192.0.2.0/24'] })
  assert.equal(monitor?.tls?.key, MINTED.key)
})

test('the key of Telnyx becomes one that verifies; secrets are read by who serves', () => {
  const telnyx = Buffer.alloc(32, 9).toString('base64')
  const wishes = { webhooks: { public: 'https://monitor.clinic.example', telnyx, twilio: 'env:TOKEN' } }
  const env = { TOKEN: 'a token' }
  const webhooks = loaded(wishes, { env })?.webhooks
  assert.match(webhooks?.telnyxKey ?? '', /^-----BEGIN PUBLIC KEY-----\n/)
  assert.deepEqual([webhooks?.twilioToken, webhooks?.recordsPassword], ['a token', undefined])
  assert.equal(loaded(wishes, { env, serves: false })?.webhooks?.twilioToken, undefined)
})

test('the URL that carriers see may have a path, for a proxy that takes it off; its case stays as it is written', () => {
  for (const [given, read] of [
    ['https://Clinic.example:443/', 'https://clinic.example'],
    ['https://clinic.example/Calls/in', 'https://clinic.example/Calls/in'],
    ['https://clinic.example/calls/', 'https://clinic.example/calls'],
    ['http://clinic.example:8080/a%20b', 'http://clinic.example:8080/a%20b'],
  ] as const)
    assert.equal(
      loaded({ webhooks: { public: given, twilio: 'env:TOKEN' } }, { env: { TOKEN: 'a' } })?.webhooks?.public,
      read,
    )
})

const PUBLIC = { public: 'https://monitor.clinic.example' }
const REFUSED: readonly (readonly [monitor: object, fault: RegExp])[] = [
  [{ hep: ['127.0.0.1:9060'] }, /expected udp:, tcp: or tls: and an address/],
  [{ hep: ['udp:0.0.0.0:9060'] }, /where other machines reach it, and no monitor.from/],
  [{ hep: ['udp:127.0.0.1:9060', 'udp:127.0.0.1:9060'] }, /where something listens already/],
  [{ hep: ['udp:127.0.0.1:5060'] }, /where something listens already/],
  [{ hep: ['tls:127.0.0.1:9060'] }, /and no monitor.tls, expected its certificate and key/],
  [{ tls: { certificate: 'monitor.pem', key: 'file:key' } }, /no private key that can be read/],
  [{ tls: { certificate: 'key', key: 'file:monitor.key' } }, /found no certificate/],
  [{ password: 'file:gone' }, /file gone, which cannot be read/],
  [{ password: 'env:BLANK' }, /found an empty key/],
  [
    {
      carriers: [
        { name: 'a', from: '192.0.2.1' },
        { name: 'a', from: '192.0.2.2' },
      ],
    },
    /found a again/,
  ],
  [{ carriers: [{ name: 'a', from: '0.0.0.0/0' }] }, /expected an address such as/],
  [{ webhooks: PUBLIC }, /found nothing that anybody could post with, expected telnyx, twilio or records/],
  [{ webhooks: { twilio: 'env:TOKEN' } }, /public/],
  [{ webhooks: { public: 'https://a.example/path?x=1', twilio: 'file:key' } }, /expected a URL without \? and #/],
  [{ webhooks: { public: 'https://ann@a.example', twilio: 'file:key' } }, /expected a URL without \? and #/],
  [{ webhooks: { public: 'https://a.example//x', twilio: 'file:key' } }, /expected a URL without \? and #/],
  [{ webhooks: { ...PUBLIC, telnyx: 'AAAA' } }, /found 3 octets in base64, expected the 32/],
  [{ digest: '24:00' }, /expected a time of day/],
  [{ alerts: ['nobody'] }, /expected a list of e-mail addresses/],
  [{ keep: '1d' }, /expected a duration from 31d/],
  [{ caries: [] }, /carriers/],
  [{ logs: [''] }, /found "", expected a path/],
  [{ ours: {} }, /neither numbers nor addresses/],
  [{ ours: { numbers: ['clinic'], from: '192.0.2.1' } }, /a list of numbers/],
]

for (const [monitor, fault] of REFUSED) {
  test(`refused: ${JSON.stringify(monitor)}`, () => {
    const result = load(monitor, { env: { BLANK: ' ' } })
    assert.equal(result.kind, 'refused')
    const words = result.kind === 'refused' ? result.faults.map(formatFault) : []
    assert.equal(words.length, 1, words.join('\n'))
    assert.match(words[0]!, fault)
    assert.match(words[0]!, /^recourse\.yaml:\d+:\d+/)
  })
}

test('alerts need the server that mail leaves by, a digest needs somebody to tell, and each webhook is named once', () => {
  const hook = { name: 'chat', url: 'http://127.0.0.1:9000/calls', secret: 'file:hook' }
  const cases: [object, RegExp][] = [
    [{ alerts: ['dialler@clinic.example'] }, /found addresses and no section mail/],
    [{ digest: '06:30' }, /found a time and nobody to tell, expected alerts or notify/],
    [{ notify: [hook, hook] }, /found the name "chat" again/],
    [{ notify: [{ ...hook, secret: 'file:key' }] }, /found a secret of 5 characters, expected 16 or more/],
    [{ notify: [{ ...hook, url: 'http://192.0.2.7/calls' }] }, /https URL, or an http URL of this machine/],
    [
      {
        hep: ['tcp:127.0.0.1:8083'],
        webhooks: { listen: '127.0.0.1:8083', public: 'https://monitor.clinic.example', records: 'file:key' },
      },
      /found 127\.0\.0\.1:8083, where something listens already/,
    ],
  ]
  for (const [monitor, words] of cases) {
    const result = load(monitor)
    assert.equal(result.kind, 'refused', JSON.stringify(monitor))
    assert.match(result.kind === 'refused' ? result.faults.map(formatFault).join('\n') : '', words)
  }
  assert.deepEqual(loaded({ notify: [hook] })?.notify, [{ ...hook, secret: 'a secret of a webhook' }])
  // The same port over UDP is another one.
  const webhooks = { listen: '127.0.0.1:8083', public: 'https://monitor.clinic.example', records: 'file:key' }
  assert.equal(loaded({ hep: ['udp:127.0.0.1:8083'], webhooks })?.webhooks?.listen.port, 8083)
})
