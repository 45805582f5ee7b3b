import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { parse, stringify } from 'yaml'
import { isListed } from '#core/rules/number-list.ts'
import { parseNumber } from '#core/call/number.ts'
import { isLoopback, overlap, parseEndpoint, parseRange } from './addresses.ts'
import { describeConfig } from './describe.ts'
import type { Config } from './config.ts'
import { variableOf } from './environment.ts'
import { formatFault } from './fault.ts'
import { foundAuthority } from '../../../test/tls-certificates.ts'
import type { ConfigFault } from './fault.ts'
import { loadConfig } from './load.ts'
import { nearest } from '#core/words/nearest.ts'
import { writeReference } from './reference.ts'
import { SAMPLE, createSample } from './sample.ts'
import { RULE_KEYS as KIND_KEYS } from './rules.ts'
import { ruleSchema } from './schema-policy.ts'
import { knownKeys } from './schema-walk.ts'
import { configSchema } from './schema.ts'
import { parseDuration, parseSize } from './units.ts'

const ROOT = join(import.meta.dirname, '../../..')

const GOOD = `operator:
  name: Northwire
  contact: { url: "https://redress.northwire.example", tel: "+18005550142", email: "unblock@northwire.example" }
  location: RLN
store: "sqlite:./recourse.db"
tally: memory
receipts: { keys: "file:receipt-keys", keep: 60d }
gate:
  listen: ["udp:127.0.0.1:5060"]
  peers:
    - { name: edge, from: "127.0.0.0/8", continue: 404 }
policy:
  notices: us
  exempt: [emergency, "file:psap.csv"]
  rules:
    - { id: called-list, called-list: true }
    - { id: dno, do-not-originate: "file:dno.csv" }
    - { id: allow, allow: "file:allow.csv" }
    - { id: volume-number, volume: { of: number, limit: 300, per: 10m }, program: opt-out }
    - { id: volume-block, volume: { of: block, limit: 2000, per: 10m }, program: opt-out, mode: shadow }
desk: { listen: "127.0.0.1:8080", public: "https://redress.northwire.example", tls: none }
`
const FILES: Readonly<Record<string, string>> = {
  'psap.csv': '911\n+12125550911\n',
  'dno.csv': 'number\n+18005550100\n',
  'allow.csv': '+12125550117\n',
  'bad.csv': '+12125550117\n911\nhello 1\n',
  'called.csv': 'called,calling\n+14155550163,bob\n',
}

test('the documented shape loads, with its lists, rules and terms', () => {
  const { config, reminders } = loaded(GOOD)

  assert.deepEqual(config.operator, {
    name: 'Northwire',
    contact: { url: 'https://redress.northwire.example', tel: '+18005550142', email: 'unblock@northwire.example' },
    location: 'RLN',
  })
  const [peer] = config.gate.peers
  assert.deepEqual(
    [config.gate.peers.length, peer?.name, peer?.from, peer?.continueStatus, peer?.tenant, peer?.announces],
    [1, 'edge', ['127.0.0.0/8'], 404, '', false],
  )
  assert.deepEqual(
    config.policy.rules.map(({ id, number, kind, mode }) => [number, id, kind, mode]),
    [
      [1, 'called-list', 'called-list', 'enforce'],
      [2, 'dno', 'do-not-originate', 'enforce'],
      [3, 'allow', 'allow', 'enforce'],
      [4, 'volume-number', 'volume', 'enforce'],
      [5, 'volume-block', 'volume', 'shadow'],
    ],
  )
  const counters = config.policy.rules.flatMap((rule) => (rule.kind === 'volume' ? [[rule.counter, rule.perMs]] : []))
  assert.deepEqual(counters, [
    [0, 600_000],
    [1, 600_000],
  ])
  const [exemption] = config.policy.exemptions
  assert.ok(exemption !== undefined && isListed(exemption.list, parseNumber('+12125550911')))
  assert.equal(config.terms.analytics?.kind, 'network-blocked')
  assert.equal(config.desk?.tls.kind, 'none')
  assert.equal(config.receipts.keepMs, 60 * 86_400_000)
  assert.equal(reminders.length, 3)
  assert.match(reminders[0] ?? '', /operator\.contact\.url is an example/)
})

test('without a file, the gate is for this machine and blocks nothing', () => {
  const result = loadConfig({ path: undefined, env: {}, readFile: () => assert.fail('nothing is read') })
  assert.equal(result.kind, 'loaded')
  const { gate, policy, terms, metrics } = result.config
  assert.deepEqual(gate.listen, [{ address: '127.0.0.1', port: 5060, transport: 'udp' }])
  assert.deepEqual(gate.peers, [{ name: 'local', from: ['127.0.0.0/8', '::1'], continueStatus: 404, tenant: '' }])
  assert.deepEqual([policy.rules, policy.exemptions, terms.analytics], [[], [], undefined])
  assert.deepEqual(metrics.listen, { address: '127.0.0.1', port: 9090 })
})

test('paths are those of the configuration file’s folder', () => {
  const files: Record<string, string> = { '/etc/recourse/recourse.yaml': GOOD }
  for (const [name, text] of Object.entries(FILES)) files[`/etc/recourse/${name}`] = text
  const result = loadConfig({ path: '/etc/recourse/recourse.yaml', env: {}, readFile: reader(files) })
  assert.equal(result.kind, 'loaded')
  const { store, receipts, ledger } = result.config
  assert.deepEqual(
    [store.path, receipts.keys.path, ledger.checkpoints],
    ['/etc/recourse/recourse.db', '/etc/recourse/receipt-keys', '/etc/recourse/checkpoints.jsonl'],
  )
})

const OPEN = 'found no peers and a gate that listens on 0.0.0.0:5060, where other machines reach it'
const KEYS = Object.keys(configSchema.shape).join(', ')
const RULE_KEYS = Object.keys(ruleSchema.shape).join(', ')
const KINDS = KIND_KEYS.join(', ')
const PEER = '192.0.2.7, a range such as 192.0.2.0/24 that is not everybody, or a list of them'

/** Each turns one piece of the good configuration into a wrong one, with every fault that it is to be told by. */
const WRONG: [title: string, from: string, to: string, faults: string[]][] = [
  [
    'a guard without its sign',
    'notices: us',
    'guard: "50"',
    ['13:10: found "50", expected a percentage such as 50%, or none'],
  ],
  [
    'an unknown key at the top',
    'tally: memory',
    'taly: memory',
    [`6:1: found the unknown key "taly", expected one of ${KEYS} (did you mean tally?)`],
  ],
  [
    'an unknown key that is near none',
    'tally: memory',
    'colour: red',
    [`6:1: found the unknown key "colour", expected one of ${KEYS}`],
  ],
  [
    'an unknown key in a mapping',
    'tel:',
    'telephone:',
    ['3:56: found the unknown key "telephone", expected one of url, tel, email'],
  ],
  [
    'an unknown key in a rule',
    'mode: shadow',
    'modus: shadow',
    [`20:91: found the unknown key "modus", expected one of ${RULE_KEYS} (did you mean mode?)`],
  ],
  [
    'a key that stands twice',
    'tally: memory',
    'tally: memory\ntally: memory',
    ['7:1: found the key "tally" again, expected each key once'],
  ],
  [
    'broken YAML',
    'name: Northwire',
    'name: "Northwire',
    ['2:19: found broken YAML (Missing closing "quote), expected keys and values'],
  ],
  [
    'a tab for indentation',
    '  name: Northwire',
    '\tname: Northwire',
    ['2:1: found broken YAML (Tabs are not allowed as indentation), expected keys and values'],
  ],
  [
    'a duration in words',
    'keep: 60d',
    'keep: two months',
    ['7:46: found "two months", expected a duration from 1d to 3650d, such as 90s, 10m, 24h or 60d'],
  ],
  [
    'a duration without a unit',
    'per: 10m }, program: opt-out }',
    'per: 600 }, program: opt-out }',
    ['19:67: found 600, expected a duration from 1s to 1d, such as 90s, 10m, 24h or 60d'],
  ],
  [
    'a duration that is too long',
    'per: 10m }, program: opt-out }',
    'per: 2d }, program: opt-out }',
    ['19:67: found "2d", expected a duration from 1s to 1d, such as 90s, 10m, 24h or 60d'],
  ],
  [
    'a url without TLS',
    'url: "https',
    'url: "http',
    [
      '3:19: found "http://redress.northwire.example", expected an https URL on a public host name, with ; , " and \\ percent-encoded',
    ],
  ],
  [
    'a number that YAML reads as one',
    'tel: "+18005550142"',
    'tel: 18005550142',
    ['3:61: found 18005550142, expected a number such as "+18005550142": a plus and up to 15 digits, in quotes'],
  ],
  [
    'a wrong mail address',
    '"unblock@northwire.example"',
    'unblock',
    ['3:84: found "unblock", expected an e-mail address in ASCII such as unblock@northwire.example'],
  ],
  [
    'a location outside RFC 8606',
    'location: RLN',
    'location: XLN',
    ['4:13: found "XLN", expected one of LN, TN, RLN, LPN, RPN'],
  ],
  [
    'a store that is not there yet',
    'store: "sqlite:./recourse.db"',
    'store: "postgres://db/recourse"',
    ['5:8: found "postgres://db/recourse", expected sqlite: and a path, such as sqlite:./recourse.db'],
  ],
  [
    'a transport that is none',
    'udp:127.0.0.1:5060',
    'sctp:127.0.0.1:5060',
    [
      '9:12: found "sctp:127.0.0.1:5060", expected udp:, tcp: or tls: and an address with a port, such as udp:127.0.0.1:5060 or tls:[::1]:5061',
    ],
  ],
  [
    'a port out of range',
    'udp:127.0.0.1:5060',
    'udp:127.0.0.1:70000',
    [
      '9:12: found "udp:127.0.0.1:70000", expected udp:, tcp: or tls: and an address with a port, such as udp:127.0.0.1:5060 or tls:[::1]:5061',
    ],
  ],
  [
    'an address for TLS without a certificate',
    'udp:127.0.0.1:5060',
    'tls:127.0.0.1:5061',
    ['9:12: found tls:127.0.0.1:5061 and no gate.tls, expected tls beside listen, with certificate and key'],
  ],
  [
    'a certificate without an address for it',
    '["udp:127.0.0.1:5060"]',
    '["tcp:127.0.0.1:5060"]\n  tls: { certificate: cert.pem, key: "file:key.pem" }',
    ['10:8: found tls and no address for it, expected one in gate.listen, such as tls:127.0.0.1:5061'],
  ],
  [
    'TCP and TLS on one port',
    '["udp:127.0.0.1:5060"]',
    '["tcp:127.0.0.1:5060", "tls:127.0.0.1:5060"]\n  tls: { certificate: cert.pem, key: "file:key.pem" }',
    ['9:34: found tls:127.0.0.1:5060 again, expected each address once'],
  ],
  [
    'a peer known by certificate where none are asked for',
    'from: "127.0.0.0/8"',
    'certificate: sbc1.carrier.example',
    [
      '11:34: found the certificate sbc1.carrier.example of peer "edge", expected gate.tls with clients, to verify it by',
    ],
  ],
  [
    'a certificate with a wildcard',
    'from: "127.0.0.0/8"',
    'certificate: "*.carrier.example"',
    [
      '11:34: found "*.carrier.example", expected a name such as sbc1.carrier.example, a URI such as sip:carrier.example, or a list of them; no wildcard',
    ],
  ],
  [
    'authorities of peers that none needs',
    '["udp:127.0.0.1:5060"]',
    '["tls:127.0.0.1:5061"]\n  tls: { certificate: cert.pem, key: "file:key.pem", clients: ca.pem }',
    ['10:63: found authorities of peers and no peer with a certificate, expected one in gate.peers'],
  ],
  [
    'two peers with one certificate',
    '["udp:127.0.0.1:5060"]\n  peers:\n    - { name: edge, from: "127.0.0.0/8", continue: 404 }',
    '["tls:127.0.0.1:5061"]\n  tls: { certificate: c.pem, key: "file:k.pem", clients: ca.pem }\n  peers:\n    - { name: a, certificate: sbc.example, continue: 404 }\n    - { name: b, certificate: [other.example, SBC.example], continue: 404 }',
    ['13:31: found the certificate sbc.example of peer "a" again, expected each with one peer'],
  ],
  [
    'a queue that is none',
    '["udp:127.0.0.1:5060"]',
    '["tcp:127.0.0.1:5060"]\n  streams: { queue: 1KiB, perAdress: 2 }',
    [
      '10:21: found "1KiB", expected a size from 64KiB to 16MiB, such as 64KiB or 4MiB',
      '10:27: found the unknown key "perAdress", expected one of connections, perAddress, perPeerAddress, handshakes, handshake, firstByte, header, body, idle, stall, queue (did you mean perAddress?)',
    ],
  ],
  [
    'text where a list belongs',
    '["udp:127.0.0.1:5060"]',
    '"udp:127.0.0.1:5060"',
    ['9:11: found "udp:127.0.0.1:5060", expected a list such as ["udp:127.0.0.1:5060"]'],
  ],
  [
    'the same address twice',
    '["udp:127.0.0.1:5060"]',
    '["udp:127.0.0.1:5060", "udp:127.0.0.1:5060"]',
    ['9:34: found udp:127.0.0.1:5060 again, expected each address once'],
  ],
  [
    'a peer without addresses',
    'from: "127.0.0.0/8", ',
    '',
    [
      '11:7: found none of from, certificate and token for peer "edge", expected the addresses it sends from, the name in its certificate, or the token it asks with over HTTP',
    ],
  ],
  [
    'a peer with an empty list of addresses',
    '"127.0.0.0/8"',
    '[]',
    [`11:27: found an empty list, expected an address such as ${PEER}`],
  ],
  [
    'a peer that is everybody',
    '"127.0.0.0/8"',
    '"0.0.0.0/0"',
    [`11:27: found "0.0.0.0/0", expected an address such as ${PEER}`],
  ],
  [
    'a peer that is no address',
    '"127.0.0.0/8"',
    '["127.0.0.1", "edge.example"]',
    [`11:41: found "edge.example", expected an address such as ${PEER}`],
  ],
  [
    'a continue status that ends no call',
    'continue: 404',
    'continue: 200',
    ['11:52: found 200, expected a status from 300 to 599, or a mapping with status: 302 and contact'],
  ],
  [
    'a continue status that is a block',
    'continue: 404',
    'continue: 603',
    ['11:52: found 603, expected a status from 300 to 599, or a mapping with status: 302 and contact'],
  ],
  [
    'a continue status that the policy refuses calls with',
    'continue: 404',
    'continue: 433',
    [
      '11:52: found 433, which this policy answers to callers who withhold their number, expected a status that never refuses a call',
    ],
  ],
  [
    '403 for both',
    'continue: 404 }\npolicy:\n  notices: us',
    'continue: 403 }\npolicy:\n  notices: { invalid: 403 }',
    ['11:52: found 403, which this policy answers to blocks by invalid, expected a status that never refuses a call'],
  ],
  [
    'peers that overlap with different statuses',
    'continue: 404 }',
    'continue: 404 }\n    - { name: lab, from: "127.0.0.2", continue: 503 }',
    [
      '12:26: found 127.0.0.2 of peer "lab", which meets 127.0.0.0/8 of peer "edge": one is told to continue by 503, the other by 404; expected addresses apart or one status',
    ],
  ],
  [
    'peers with the same addresses',
    'continue: 404 }',
    'continue: 404 }\n    - { name: lab, from: "127.0.0.0/8", continue: 404 }',
    [
      '12:26: found 127.0.0.0/8 of peer "lab", which meets 127.0.0.0/8 of peer "edge", expected each address with one peer',
    ],
  ],
  [
    'peers with the same name',
    'continue: 404 }',
    'continue: 404 }\n    - { name: edge, from: "::1", continue: 404 }',
    ['12:15: found the peer name "edge" again, expected each peer once'],
  ],
  [
    'an open gate without peers',
    '["udp:127.0.0.1:5060"]\n  peers:\n    - { name: edge, from: "127.0.0.0/8", continue: 404 }',
    '["udp:0.0.0.0:5060"]',
    [`9:11: ${OPEN}, expected the peers that may ask it`],
  ],
  [
    'an open gate with an empty list of peers',
    '["udp:127.0.0.1:5060"]\n  peers:\n    - { name: edge, from: "127.0.0.0/8", continue: 404 }',
    '["udp:0.0.0.0:5060"]\n  peers: []',
    [`10:10: ${OPEN}, expected the peers that may ask it`],
  ],
  [
    'examples as contacts when other machines ask',
    '"127.0.0.0/8"',
    '"192.0.2.7"',
    [
      '3:19: found the example "https://redress.northwire.example", expected your own operator.contact.url, because peer "edge" is another machine',
      '3:84: found the example "unblock@northwire.example", expected your own operator.contact.email, because peer "edge" is another machine',
      '21:43: found the example "https://redress.northwire.example", expected your own desk.public, because peer "edge" is another machine',
    ],
  ],
  [
    'a rule id that stands twice',
    'id: volume-block',
    'id: dno',
    ['20:13: found the rule id "dno", which another rule has in line 17, expected an id of its own'],
  ],
  [
    'a rule without a kind',
    ', do-not-originate: "file:dno.csv"',
    '',
    [`17:7: found none of them in rule "dno", expected exactly one of ${KINDS}`],
  ],
  [
    'a rule of two kinds',
    'allow: "file:allow.csv"',
    'allow: "file:allow.csv", deny: ["+12125550100"]',
    [`18:7: found deny and allow in rule "allow", expected exactly one of ${KINDS}`],
  ],
  [
    'a program for a rule that blocks nothing',
    'allow: "file:allow.csv"',
    'allow: "file:allow.csv", program: network',
    ['18:45: found a program in rule "allow", expected one only where calls are blocked'],
  ],
  [
    'a cause where it is fixed',
    'per: 10m }, program: opt-out }',
    'per: 10m }, cause: invalid }',
    ['19:74: found a cause in rule "volume-number", expected one only beside deny: that of volume is fixed'],
  ],
  [
    'a prefix for single numbers',
    'of: number,',
    'of: number, prefix: 7,',
    ['19:50: found a prefix in rule "volume-number", expected one only with of: block'],
  ],
  [
    'a limit the counter cannot hold',
    'limit: 300',
    'limit: 65535',
    ['19:57: found 65535, expected a number of calls from 1 to 65534, the most that can be counted'],
  ],
  [
    'a limit of nothing',
    'limit: 300',
    'limit: 0',
    ['19:57: found 0, expected a number of calls from 1 to 65534, the most that can be counted'],
  ],
  [
    'a missing limit',
    'limit: 300, ',
    '',
    ['19:36: found no limit, expected a number of calls from 1 to 65534, the most that can be counted'],
  ],
  [
    'a list file that is not there',
    'file:dno.csv',
    'file:gone.csv',
    ['17:36: found the file gone.csv, which cannot be read (there is no such file), expected a list of numbers'],
  ],
  [
    'a list file with wrong lines',
    'do-not-originate: "file:dno.csv"',
    'deny: "file:bad.csv"',
    [
      'bad.csv:2:1: found "911", expected no emergency number and no number that tests one on a list that blocks',
      'bad.csv:3:1: found "hello 1", expected a number such as +12125550117, or leading digits such as +1212555*',
    ],
  ],
  [
    'an emergency number among rules',
    'do-not-originate: "file:dno.csv"',
    'deny: ["+12125550100", "911"]',
    ['17:41: found "911", expected no emergency number and no number that tests one on a list that blocks'],
  ],
  [
    'a number without quotes in a list',
    'do-not-originate: "file:dno.csv"',
    'deny: [+12125550100]',
    ['17:25: found 12125550100, expected file: and a path, or a list of numbers in quotes'],
  ],
  [
    'a called list with wrong lines',
    'called-list: true',
    'called-list: "file:called.csv"',
    ['called.csv:2:14: found "bob", expected the number it refuses, or withheld'],
  ],
  [
    'a chain of entries with a name that only erasures have',
    'policy:\n',
    'ledger: { chain: clerk }\npolicy:\n',
    [
      '12:18: found "clerk", expected lower-case letters, digits and hyphens, at most 32 of them, and not clerk, which is the name of the chain of erasures',
    ],
  ],
  [
    'an exemption that is none',
    'exempt: [emergency,',
    'exempt: [police,',
    ['14:12: found "police", expected emergency, or file: and a path'],
  ],
  [
    'a notice that a cause may not have',
    'notices: us',
    'notices: { do-not-originate: "603+" }',
    [
      '13:32: found 603+ for do-not-originate, expected 603 or 403: a 603+ says that analytics blocked the call, which a do-not-originate list does not (47 CFR 64.1200(k)(9)(i), ATIS-1000099)',
    ],
  ],
  [
    'a notice that is no code',
    'notices: us',
    'notices: { do-not-originate: 604 }',
    ['13:32: found 604, expected one of 603+, 603, 607, 608, 403'],
  ],
  [
    'analytics told by a plain 603 in the United States',
    'notices: us',
    'notices: { profile: us, analytics: 603 }',
    [
      '13:38: found 603 for analytics, expected 603+: since 2026-03-25 a call that analytics block on an IP network is told by a 603+ and nothing else (47 CFR 64.1200(k)(9)(i)); outside the United States choose the profile rfc',
    ],
  ],
  ['analytics told by a plain 603 elsewhere', 'notices: us', 'notices: { profile: rfc, analytics: 603 }', []],
  [
    'a treatment that there is not',
    'notices: us',
    'notices: us\n  announce: robot',
    ['14:13: found the treatment "robot", expected a name in gate.treatments, where there is none yet'],
  ],
  [
    'a treatment of a rule that there is not',
    'continue: 404 }\npolicy:\n  notices: us',
    'continue: 404 }\n  treatments: { captcha: "sip:captcha@192.0.2.9" }\npolicy:\n  notices: us\n  announce: robot',
    ['15:13: found the treatment "robot", expected one of captcha'],
  ],
  [
    'a place to send calls to that is none',
    'continue: 404 }\npolicy:',
    'continue: 404 }\n  treatments: { captcha: "sip:{caller}@192.0.2.9" }\npolicy:',
    [
      '12:26: found "sip:{caller}@192.0.2.9", expected names, each with a SIP or tel URI, in which {user}, {calling}, {called}, {peer} are filled in, such as sip:{user}@192.0.2.9',
    ],
  ],
  [
    'a contact beside a status that has none',
    'continue: 404 }',
    'continue: { status: 404, contact: "sip:{user}@192.0.2.9" } }',
    ['11:62: found 404, expected 302'],
  ],
  ['a 302 with a contact', 'continue: 404 }', 'continue: { status: 302, contact: "sip:{user}@192.0.2.9" } }', []],
  [
    'a field for the verdict that is the standards’ own',
    'continue: 404 }',
    'continue: 404, tells: { verdict: Reason } }',
    ['11:75: found "Reason", expected the name of a P- or X- header field, such as X-Recourse-Verdict'],
  ],
  [
    'places of trunk and tenant',
    'continue: 404 }',
    'continue: 404, trunk: [{ header: X-Trunk }, { parameter: otg }], tenant: { header: X-Tenant } }',
    [],
  ],
  [
    'a cause that is none',
    'notices: us',
    'notices: { robots: 603 }',
    [
      '13:14: found the unknown key "robots", expected one of profile, analytics, do-not-originate, invalid, unallocated, called-party, ordered',
    ],
  ],
  [
    'a notice profile that is none',
    'notices: us',
    'notices: uk',
    ['13:12: found "uk", expected us, rfc, or a mapping of causes'],
  ],
  [
    'a slash at the desk’s end',
    'public: "https://redress.northwire.example"',
    'public: "https://redress.northwire.example/"',
    [
      '21:43: found "https://redress.northwire.example/", expected an https URL on a public host name without a slash at its end, such as https://redress.northwire.example',
    ],
  ],
  [
    'a certificate without a key',
    'tls: none',
    'tls: { certificate: cert.pem }',
    ['21:85: found no key, expected file: and a path, or env: and a variable'],
  ],
  [
    'a mapping where text belongs',
    'name: Northwire',
    'name: { first: Northwire }',
    ['2:9: found a mapping, expected a name of up to 100 characters'],
  ],
  ['a section with nothing in it', 'tally: memory', 'tally:', ['6:7: found nothing, expected memory']],
  [
    'a list where the file should be a mapping',
    GOOD,
    '- a\n',
    ['1:1: found a list, expected a mapping of keys such as operator, gate and policy'],
  ],
  [
    'several faults at once, in the order of the file',
    'location: RLN\nstore: "sqlite:./recourse.db"\ntally: memory',
    'location: here\nstoer: x\ntally: redis',
    [
      '4:13: found "here", expected one of LN, TN, RLN, LPN, RPN',
      `5:1: found the unknown key "stoer", expected one of ${KEYS} (did you mean store?)`,
      '6:8: found "redis", expected memory',
    ],
  ],
]

for (const [title, from, to, faults] of WRONG) {
  test(`configuration: ${title}${faults.length === 0 ? ' is fine with a desk' : ''}`, () => {
    assert.ok(GOOD.includes(from), 'the good configuration holds what is replaced')
    const expected = faults.map((fault) => (fault.includes('.csv:') ? fault : `recourse.yaml:${fault}`))
    const text = GOOD.replace(from, to)
    assert.deepEqual(faultsIn(text), expected)
    for (const fault of faults) assertPointsAt(text, fault)
  })
}

test('a wrong value hides no fault behind it, and moves no line', () => {
  const wrong = GOOD.replace('do-not-originate: "file:dno.csv"', 'deny: 7').replace('limit: 300', 'limit: 0')
  assert.deepEqual(faultsIn(wrong.replace('id: volume-block', 'id: allow')), [
    'recourse.yaml:17:24: found 7, expected file: and a path, or a list of numbers in quotes',
    'recourse.yaml:19:57: found 0, expected a number of calls from 1 to 65534, the most that can be counted',
    'recourse.yaml:20:13: found the rule id "allow", which another rule has in line 18, expected an id of its own',
  ])
})

test('there are enough wrong configurations above', () => {
  assert.ok(WRONG.filter(([, , , faults]) => faults.length > 0).length >= 50)
})

test('a policy that blocks by analytics needs a contact; one that does not needs none', () => {
  const bare = stringify({ policy: { rules: [{ id: 'v', volume: { of: 'number', limit: 1, per: '1m' } }] } })
  assert.deepEqual(faultsIn(bare), [
    'recourse.yaml:1:1: found a contact that no notice can be made of (a contact needs at least one of url, tel and email), expected a url, tel or email, because rule "v" blocks by analytics',
  ])
  assert.deepEqual(faultsIn(bare.replace('per: 1m', 'per: 1m\n      mode: shadow')), [])
  assert.deepEqual(faultsIn(stringify({ policy: { rules: [{ id: 'd', 'do-not-originate': ['+18005550100'] }] } })), [])
  assert.deepEqual(faultsIn(`${bare}operator: { contact: { tel: "+18005550142" } }\n`), [])
})

test('a gate writes the chain that it is given, gate if none', () => {
  assert.equal(loaded(GOOD).config.ledger.chain, 'gate')
  assert.equal(loaded(GOOD.replace('policy:\n', 'ledger: { chain: west-2 }\npolicy:\n')).config.ledger.chain, 'west-2')
})

test('608 needs a desk', () => {
  const text = GOOD.replace('notices: us', 'notices: rfc').replace(/^desk:.*\n/m, '')
  assert.match(faultsIn(text).join('\n'), /a 608 needs a desk that serves its card/)
})

test('a file that cannot be read is told with its name', () => {
  const result = loadConfig({ path: 'gone.yaml', env: {}, readFile: reader({}) })
  assert.equal(result.kind, 'refused')
  assert.deepEqual(result.faults.map(formatFault), [
    'gone.yaml: found no file that can be read (there is no such file), expected a configuration',
  ])
})

test('a policy may stand in a file of its own: faults have its name, lists its folder', () => {
  const policy = 'rules:\n  - { id: dno, do-not-originate: "file:lists/dno.csv" }\n  - { id: v, volum: x }\n'
  const files = {
    'recourse.yaml': 'policy: "file:policies/us.yaml"\n',
    'policies/us.yaml': policy,
    'policies/lists/dno.csv': '1\nx1\n',
  }
  const result = loadConfig({ path: 'recourse.yaml', env: {}, readFile: reader(files) })
  assert.equal(result.kind, 'refused')
  assert.deepEqual(result.faults.map(formatFault), [
    'policies/lists/dno.csv:2:1: found "x1", expected a number such as +12125550117, or leading digits such as +1212555*',
    `policies/us.yaml:3:5: found none of them in rule "v", expected exactly one of ${KINDS}`,
    `policies/us.yaml:3:14: found the unknown key "volum", expected one of ${RULE_KEYS} (did you mean volume?)`,
  ])
})

test('a policy file that is missing or broken is told at its place', () => {
  const files = {
    'recourse.yaml': 'tally: memory\npolicy: "file:gone.yaml"\n',
    'list.yaml': 'policy: "file:a.yaml"\n',
    'a.yaml': '[1]\n',
  }
  for (const [path, fault] of [
    [
      'recourse.yaml',
      'recourse.yaml:2:9: found the file gone.yaml, which cannot be read (there is no such file), expected a policy',
    ],
    ['list.yaml', 'a.yaml:1:1: found a list, expected a mapping of keys such as operator, gate and policy'],
  ] as const) {
    const result = loadConfig({ path, env: {}, readFile: reader(files) })
    assert.equal(result.kind, 'refused')
    assert.deepEqual(result.faults.map(formatFault), [fault])
  }
})

/** What stands in the store for a policy, and what it is made of. */
const TEXTS: [title: string, text: string, env: Record<string, string>, yaml: string][] = [
  [
    'a policy in the file, with its comments',
    'policy: # why\n  guard: 20% # few\n  rules: []\n',
    {},
    '# why\nguard: 20% # few\nrules: []\n',
  ],
  ['none at all', 'tally: memory\n', {}, '{}\n'],
  [
    'one that the environment has changed',
    'policy: { form: SIP }\n',
    { RECOURSE_POLICY_GUARD: 'none' },
    'form: SIP\nguard: none\n',
  ],
  ['one that names what stands elsewhere', 'operator: { name: &n Q.850 }\npolicy: { form: *n }\n', {}, 'form: Q.850\n'],
  ['a file of its own, as it stands there', 'policy: "file:p.yaml"\n', {}, '# mine\nrules: []\n'],
]

for (const [title, text, env, yaml] of TEXTS) {
  test(`a policy can be kept as a text of its own, and loaded from it: ${title}`, () => {
    const readFile = reader({ 'recourse.yaml': text, 'p.yaml': '# mine\nrules: []\n' })
    const first = loadConfig({ path: 'recourse.yaml', env, readFile })
    assert.ok(first.kind === 'loaded')
    assert.equal(first.config.policyText.yaml, yaml)

    const policy = { name: 'policy 1', text: first.config.policyText }
    const again = loadConfig({ path: 'recourse.yaml', env: {}, readFile, policy })

    assert.ok(again.kind === 'loaded')
    assert.deepEqual(again.config.policy, first.config.policy)
  })
}

test('a policy from the store is loaded with the lists kept beside it, and with no others', () => {
  const text = {
    yaml: 'rules: [{ id: dno, do-not-originate: "file:./dno.csv" }]\n',
    lists: new Map([['dno.csv', '+12125550199\n']]),
  }
  const load = (lists: ReadonlyMap<string, string>) =>
    loadConfig({
      path: '/etc/recourse.yaml',
      env: {},
      readFile: reader({ ...FILES, '/etc/recourse.yaml': GOOD }),
      policy: { name: 'policy 7', text: { ...text, lists } },
    })

  const found = load(text.lists)
  const missing = load(new Map())

  assert.ok(found.kind === 'loaded')
  assert.deepEqual([...found.config.policyText.lists], [...text.lists])
  assert.deepEqual(missing.kind === 'refused' && missing.faults.map(({ where, line }) => [where, line]), [
    ['policy 7', 1],
  ])
})

const ENVIRONMENT: [
  title: string,
  env: Record<string, string>,
  faults: string[],
  seen?: (config: Config) => unknown,
  value?: unknown,
][] = [
  ['text', { RECOURSE_OPERATOR_NAME: '007' }, [], ({ operator }) => operator.name, '007'],
  [
    'a number in quotes in a file needs none',
    { RECOURSE_OPERATOR_CONTACT_TEL: '+18005550199' },
    [],
    ({ operator }) => operator.contact.tel,
    '+18005550199',
  ],
  ['a list as YAML', { RECOURSE_GATE_LISTEN: '["udp:127.0.0.1:5070"]' }, [], ({ gate }) => gate.listen[0]?.port, 5070],
  ['a number', { RECOURSE_GATE_LIMITS_PENDING: '77' }, [], ({ gate }) => gate.limits.pending, 77],
  [
    'a key with a hyphen',
    { RECOURSE_POLICY_NOTICES: '{}', RECOURSE_POLICY_NOTICES_DO_NOT_ORIGINATE: '403' },
    [],
    ({ terms }) => terms.others['do-not-originate'].kind,
    'forbidden',
  ],
  [
    'a variable of something else',
    { HOME: '/root', RECOURSE_CONFIG: 'x', RECOURSE_TEST_CONTROLS: 'x' },
    [],
    ({ operator }) => operator.name,
    'Northwire',
  ],
  [
    'an unknown name',
    { RECOURSE_OPERATOR_NAM: 'x' },
    [
      'RECOURSE_OPERATOR_NAM: found a variable that no key has, expected RECOURSE_ and a key (did you mean RECOURSE_OPERATOR_NAME?)',
    ],
  ],
  [
    'an unknown name that is near none',
    { RECOURSE_XYZ: 'x' },
    ['RECOURSE_XYZ: found a variable that no key has, expected RECOURSE_ and a key'],
  ],
  [
    'a wrong value',
    { RECOURSE_LOG_LEVEL: 'loud' },
    ['RECOURSE_LOG_LEVEL: found "loud", expected one of debug, info, warn, error'],
  ],
  [
    'broken YAML',
    { RECOURSE_GATE_LISTEN: '["udp' },
    ['RECOURSE_GATE_LISTEN: found "[\\"udp", expected a list such as ["udp:127.0.0.1:5060"]'],
  ],
  [
    'a key below text',
    { RECOURSE_POLICY_NOTICES_INVALID: '403' },
    [
      'RECOURSE_POLICY_NOTICES_INVALID: found policy.notices: "us" in the file, expected a mapping that this can be put in',
    ],
  ],
]

for (const [title, env, faults, seen, value] of ENVIRONMENT) {
  test(`environment: ${title}`, () => {
    const result = loadConfig({ path: 'recourse.yaml', env, readFile: reader({ ...FILES, 'recourse.yaml': GOOD }) })
    if (result.kind === 'refused') assert.deepEqual(result.faults.map(formatFault), faults)
    else {
      assert.deepEqual(faults, [])
      assert.deepEqual(seen?.(result.config), value)
    }
  })
}

test('a variable that a secret is kept in is no override', () => {
  const tls = 'tls: { certificate: cert.pem, key: "env:RECOURSE_TLS_KEY" }'
  const files = { ...FILES, 'recourse.yaml': GOOD.replace('tls: none', tls) }
  const result = loadConfig({ path: 'recourse.yaml', env: { RECOURSE_TLS_KEY: 'x' }, readFile: reader(files) })
  assert.equal(result.kind, 'loaded')
})

test('every key has a variable of its own', () => {
  const variables = knownKeys(configSchema, false).map(({ path }) => variableOf(path))
  assert.ok(variables.length > 40)
  assert.equal(new Set(variables).size, variables.length)
})

test('the version of a policy changes with its rules and with its lists, and with nothing else', () => {
  const version = (text: string, files = FILES) => loaded(text, files).config.policy.version
  assert.match(version(GOOD), /^[0-9a-f]{16}$/)
  assert.equal(version(GOOD), version(GOOD.replace('Northwire', 'Southwire')))
  assert.notEqual(version(GOOD), version(GOOD.replace('limit: 300', 'limit: 301')))
  assert.notEqual(version(GOOD), version(GOOD, { ...FILES, 'dno.csv': '+18005550101\n' }))
})

const words = [
  'operator',
  'gate',
  'peers',
  'policy',
  'rules',
  'id',
  'volume',
  'deny',
  'from',
  'true',
  '404',
  '10m',
  '"+12125550117"',
  'us',
  '__proto__',
  'constructor',
  '~',
  '.nan',
  '&a',
  '*a',
  '<<',
  '!!set',
  '? ',
  '| ',
  'file:x',
]
const yamlish = fc.oneof(
  fc
    .array(fc.constantFrom(...words, ': ', '\n', '  ', '- ', '[', ']', '{', '}', ', ', '# ', '\t'), { maxLength: 60 })
    .map((parts) => parts.join('')),
  fc.string({ unit: 'binary' }),
  fc
    .tuple(fc.nat(GOOD.length), fc.nat(12), fc.string({ maxLength: 6 }))
    .map(([at, cut, put]) => GOOD.slice(0, at) + put + GOOD.slice(at + cut)),
  fc.object({ key: fc.constantFrom(...words), maxDepth: 4 }).map((value) => stringify(value)),
)

test('any text is a configuration or a list of faults with their places, never an exception', () => {
  const outcomes = { loaded: 0, refused: 0 }
  fc.assert(
    fc.property(yamlish, (text) => {
      const result = loadConfig({
        path: 'recourse.yaml',
        env: {},
        readFile: reader({ ...FILES, 'recourse.yaml': text }),
      })
      outcomes[result.kind]++
      if (result.kind === 'loaded') return
      assert.ok(result.faults.length > 0)
      for (const fault of result.faults)
        assert.match(formatFault(fault), /^[a-z.]+(:\d+:\d+)?: found [^\n\r]+, expected [^\n\r]+$/)
    }),
    { numRuns: 1500 },
  )
  assert.ok(outcomes.loaded > 10 && outcomes.refused > 100, JSON.stringify(outcomes))
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
})

for (const [title, text] of [
  [
    'a bomb of aliases',
    `a: &a [1]\n${Array.from({ length: 30 }, (_, i) => `b${i}: &b${i} [${i === 0 ? '*a' : `*b${i - 1}, *b${i - 1}`}]`).join('\n')}`,
  ],
  ['deep nesting', '['.repeat(20_000)],
  ['a text that is too long', '#'.repeat(1_000_001)],
  ['an alias of itself', 'a: &a [*a]'],
] as const) {
  test(`${title} is refused in words`, () => {
    const faults = faultsIn(text)
    assert.ok(faults.length > 0)
  })
}

test('the sample loads without a fault, is never written over, and has only documented keys', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'recourse-sample-'))
  t.after(() => rmSync(directory, { recursive: true }))

  assert.deepEqual(createSample(directory), [...SAMPLE.keys()])
  const path = join(directory, 'recourse.yaml')
  const result = loadConfig({ path, env: {}, readFile: (path) => readFileSync(path, 'utf8') })
  assert.equal(result.kind, 'loaded', result.kind === 'refused' ? result.faults.map(formatFault).join('\n') : '')
  assert.ok(result.config.policy.rules.length >= 5)
  assert.equal(result.reminders.length, 3)

  writeFileSync(path, 'tally: memory\n')
  assert.deepEqual(createSample(directory), [])
  assert.equal(readFileSync(path, 'utf8'), 'tally: memory\n')

  const reference = readFileSync(join(ROOT, 'docs/configuration.md'), 'utf8')
  const keys = Object.keys(parse(SAMPLE.get('recourse.yaml') ?? '') as object)
  assert.ok(keys.length >= 7)
  for (const key of keys) assert.ok(reference.includes(`\n## ${key}\n`), `${key} is not documented`)
})

test('the reference page is the one that the schema writes, and says something of every key', () => {
  assert.equal(readFileSync(join(ROOT, 'docs/configuration.md'), 'utf8'), writeReference())
  const keys = knownKeys(configSchema, true)
  assert.ok(keys.length > 60)
  for (const { path, meta } of keys) assert.ok(meta.description.length > 5 && meta.expected !== '', path.join('.'))
})

test('the example policies load', () => {
  const directory = join(ROOT, 'examples/policies')
  const names = readdirSync(directory).filter((name) => name.endsWith('.yaml'))
  assert.ok(names.length >= 4)
  for (const name of names) {
    const text = `operator: { contact: { tel: "+18005550142" } }\npolicy: "file:${join(directory, name)}"\n`
    const readFile = (path: string) => (path === 'recourse.yaml' ? text : readFileSync(path, 'utf8'))
    const result = loadConfig({ path: 'recourse.yaml', env: {}, readFile })
    assert.equal(result.kind, 'loaded', result.kind === 'refused' ? result.faults.map(formatFault).join('\n') : name)
    assert.ok(result.config.policy.rules.length > 0)
  }
})

test('TCP, TLS and peers by certificate load; files are read when the gate is to serve, and each fault has its line', () => {
  const authority = foundAuthority('Authority')
  const gate = authority.mint({ name: 'gate' })
  const expired = authority.mint({ name: 'old', from: 0, until: 86_400_000 })
  const text = GOOD.replace(
    '["udp:127.0.0.1:5060"]',
    '["udp:127.0.0.1:5060", "tcp:127.0.0.1:5060", "tls:[::1]:5061"]\n  tls: { certificate: cert.pem, key: "file:key.pem", clients: ca.pem }\n  streams: { perAddress: 64, idle: 60s }',
  ).replace('from: "127.0.0.0/8"', 'certificate: ["SBC1.Carrier.example", "sip:Carrier.example"]')
  const files = { 'cert.pem': gate.certificate, 'key.pem': gate.key, 'ca.pem': authority.certificate }
  const load = (more: Readonly<Record<string, string>>, serves = true) =>
    loadConfig({
      path: 'recourse.yaml',
      env: {},
      serves,
      readFile: reader({ ...FILES, ...files, ...more, 'recourse.yaml': text }),
    })

  const result = load({})
  assert.ok(result.kind === 'loaded', JSON.stringify(result))
  const { listen, tls, streams, peers } = result.config.gate
  assert.deepEqual(
    listen.map(({ transport, port }) => `${transport} ${port}`),
    ['udp 5060', 'tcp 5060', 'tls 5061'],
  )
  assert.deepEqual(tls?.paths, {
    certificate: 'cert.pem',
    key: { kind: 'file', path: 'key.pem' },
    clients: 'ca.pem',
  })
  assert.equal(tls?.identity?.asksPeers, true)
  assert.deepEqual(
    [streams.connections, streams.connectionsPerAddress, streams.idleMs, streams.queueBytes],
    [4096, 64, 60_000, 262_144],
  )
  assert.deepEqual(peers[0]?.certificates, ['sbc1.carrier.example', 'sip:Carrier.example'])
  assert.equal(load({ 'cert.pem': '' }, false).kind, 'loaded', 'nothing is read where nothing is served')

  const faults: [more: Readonly<Record<string, string>>, fault: RegExp][] = [
    [{ 'cert.pem': 'nonsense' }, /^10:23: found no certificate, expected a certificate in PEM/],
    [{ 'key.pem': expired.key }, /^10:38: found the key of another certificate, expected the private key of .*CN=gate/],
    [
      { 'cert.pem': expired.certificate, 'key.pem': expired.key },
      /^10:23: found .*CN=old, which expired on 1970-01-02/,
    ],
    [{ 'ca.pem': '' }, /^10:63: found no certificate, expected the authorities/],
  ]
  for (const [more, fault] of faults) {
    const refused = load(more)
    assert.ok(refused.kind === 'refused')
    assert.deepEqual(refused.faults.length, 1)
    const [{ line, column, message }] = refused.faults as [ConfigFault]
    assert.match(`${line}:${column}: ${message}`, fault)
  }
})

test('a configuration is described by what it makes the gate do', () => {
  const loaded = loadConfig({ path: 'recourse.yaml', env: {}, readFile: reader({ ...FILES, 'recourse.yaml': GOOD }) })
  assert.equal(loaded.kind, 'loaded')
  const lines = describeConfig(loaded.config)
  assert.deepEqual(lines.slice(0, 2), ['listens on udp:127.0.0.1:5060', 'peer edge (127.0.0.0/8) continues by 404'])
  assert.deepEqual(lines.slice(4, 9), [
    'rule called-list: blocks whom the called party refuses',
    'rule dno: blocks dno.csv, 1 entry, by do-not-originate',
    'rule allow: lets allow.csv go on, 1 entry',
    'rule volume-number: blocks a number with more than 300 calls in 10 min',
    'rule volume-block (shadow): blocks a block of a thousand with more than 2000 calls in 10 min',
  ])
})

test('durations, sizes, addresses and the nearest word', () => {
  assert.deepEqual(['500ms', '90s', '10m', '24h', '60d', '10 m', '1.5h', 'm', '-1s', '10M'].map(parseDuration), [
    500,
    90_000,
    600_000,
    86_400_000,
    5_184_000_000,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ])
  assert.deepEqual(['512B', '64KiB', '4MiB', '1GiB', '64KB', '64'].map(parseSize), [
    512,
    65_536,
    4_194_304,
    1_073_741_824,
    undefined,
    undefined,
  ])
  assert.deepEqual(
    ['127.0.0.1:1', '[::1]:5060', '::1:5060', '127.0.0.1', 'localhost:1', '127.0.0.1:99999'].map(parseEndpoint),
    [{ address: '127.0.0.1', port: 1 }, { address: '::1', port: 5060 }, undefined, undefined, undefined, undefined],
  )
  const ranges: [one: string, other: string, meet: boolean][] = [
    ['10.0.0.0/8', '10.1.2.3', true],
    ['10.1.2.3', '10.0.0.0/8', true],
    ['10.0.0.0/8', '11.0.0.0/8', false],
    ['10.255.0.0/16', '10.0.0.0/8', true],
    ['2001:db8::/32', '2001:db8:1::1', true],
    ['::/1', '10.0.0.0/8', false],
  ]
  for (const [one, other, meet] of ranges)
    assert.equal(overlap(parseRange(one)!, parseRange(other)!), meet, `${one} ${other}`)
  assert.deepEqual(
    ['127.0.0.1', '127.0.0.0/8', '126.0.0.0/7', '::1', '::/64', '10.0.0.1'].map((text) =>
      isLoopback(parseRange(text)!),
    ),
    [true, true, false, true, false, false],
  )
  assert.deepEqual(
    ['contatc', 'nmae', 'xyz', 'polciy'].map((word) => nearest(word, ['contact', 'name', 'policy'])),
    ['contact', 'name', undefined, 'policy'],
  )
})

/** What a fault says it has found does stand at the line and column that it names. */
function assertPointsAt(text: string, fault: string): void {
  const found =
    /^(\d+):(\d+): found (?:the unknown key |the key |the peer name |the rule id |the example )?"([^"…]+)"/.exec(fault)
  if (found === null) return
  const rest = text.split('\n')[Number(found[1]) - 1]?.slice(Number(found[2]) - 1) ?? ''
  assert.ok(rest.replace(/^["']/, '').startsWith(found[3] ?? ''), `${fault} points at ${rest}`)
}

function loaded(text: string, files: Readonly<Record<string, string>> = FILES) {
  const result = loadConfig({ path: 'recourse.yaml', env: {}, readFile: reader({ ...files, 'recourse.yaml': text }) })
  assert.equal(result.kind, 'loaded', result.kind === 'refused' ? result.faults.map(formatFault).join('\n') : '')
  return result
}

function faultsIn(text: string): string[] {
  const result = loadConfig({ path: 'recourse.yaml', env: {}, readFile: reader({ ...FILES, 'recourse.yaml': text }) })
  return result.kind === 'loaded' ? [] : result.faults.map(formatFault)
}

function reader(files: Readonly<Record<string, string>>): (path: string) => string {
  return (path) => {
    const text = Object.hasOwn(files, path) ? files[path] : undefined
    if (text === undefined) throw Object.assign(new Error('missing'), { code: 'ENOENT' })
    return text
  }
}
