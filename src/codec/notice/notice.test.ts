import assert from 'node:assert/strict'
import { test } from 'node:test'
import { httpHost, isE164, isMailbox, isPlainUrl, isPublicHost, isRedressId } from './contact.ts'
import { freeswitchDetects } from './freeswitch.ts'
import { LOCATIONS, locationOf, parseLocation } from './location.ts'
import {
  BLOCK_LOCATIONS,
  cardUri,
  isBlockLocation,
  redressContact,
  redressContactTemplate,
  redressId,
} from './notice.ts'
import { isNetworkBlocked } from './read.ts'
import { readReasonField } from './reason-value.ts'

const URLS: [url: string, faults: RegExp | undefined][] = [
  ['https://redress.northwire.example/c', undefined],
  ['https://redress.northwire.example', undefined],
  ['https://redress.northwire.example.:8443/c?a=b#d', undefined],
  ['http://redress.northwire.example/c', /not an absolute https URL/],
  ['HTTPS://redress.northwire.example/c', /percent-encoded/],
  ['/c', /not an absolute https URL/],
  ['https:///c', /not an absolute https URL/],
  ['https://redress.northwire.example:99999/', /not an absolute https URL/],
  ['https://localhost/c', /public DNS/],
  ['https://desk.local/c', /public DNS/],
  ['https://desk.INTERNAL/c', /public DNS/],
  ['https://192.0.2.7/c', /public DNS/],
  ['https://0x7f.1/c', /public DNS/],
  ['https://[2001:db8::1]/c', /public DNS/],
  ['https://-a.example/c', /public DNS/],
  ['https://a..example/c', /public DNS/],
  ['https://desk:pw@redress.northwire.example/', /user name/],
  ['https://redress.northwire.example/a;b', /percent-encoded/],
  ['https://redress.northwire.example/a,b', /percent-encoded/],
  ['https://redress.northwire.example/a%3Bb', undefined],
  ['https://redress.northwire.example/a%3', /not an absolute https URL/],
  ['https://redress.northwire.example/a"b', /percent-encoded/],
  ['https://redress.northwire.example/\r\nX: y', /percent-encoded/],
  ['https://redress.northwire.example/é', /percent-encoded/],
]

for (const [url, fault] of URLS) {
  test(`as a url, ${JSON.stringify(url)} ${fault === undefined ? 'will do' : 'is refused'}`, () => {
    const contact = redressContact({ url })
    if (fault === undefined) assert.deepEqual(contact, { kind: 'ok', value: { url, tel: undefined, email: undefined } })
    else assert.ok(contact.kind === 'refused' && fault.test(contact.faults.join('\n')), JSON.stringify(contact))
  })
}

const PLAIN = readReasonField('SIP;cause=603;text="v=analytics1;tel=+12125550117"')

const PREDICATES: [title: string, holds: (text: string) => boolean, yes: string[], no: string[]][] = [
  [
    'a number',
    isE164,
    ['+12', '+123456789012345'],
    ['+1', '+1234567890123456', '+0123', '18005550142', '+1-800', '911', '+1\n'],
  ],
  [
    'an address',
    isMailbox,
    ['a@b.example', "o'neil+x{y}@a.b.example", `${'a'.repeat(64)}@b.example`, `a@${'b'.repeat(63)}.example`],
    [
      'a@b',
      'a@b@c.example',
      '.a@b.example',
      'a..b@c.example',
      'é@b.example',
      '"a"@b.example',
      'a@b.example\n',
      'a@b_c.example',
      `a@${'b'.repeat(64)}.example`,
    ],
  ],
  ['an id', isRedressId, ['a', '-_9', 'k'.repeat(64)], ['', 'k'.repeat(65), 'a b', 'a.b', 'é', 'a\n']],
  [
    'a public host',
    isPublicHost,
    ['a.b', 'xn--a.example', 'a.b.', `${'a'.repeat(63)}.${'b'.repeat(63)}`],
    ['a', 'a.', '.a', 'a.b..', '1.2.3.4', 'a.invalid', 'a_b.c', `${'a'.repeat(64)}.b`, `a.${'b'.repeat(64)}`],
  ],
]

for (const [title, holds, yes, no] of PREDICATES) {
  test(`${title} is told from what is none`, () => {
    assert.deepEqual(
      yes.filter((text) => !holds(text)),
      [],
    )
    assert.deepEqual(no.filter(holds), [])
    assert.ok(yes.length > 0 && no.length > 0)
  })
}

test('the host of a URL is found behind user names and before ports, queries and fragments', () => {
  const hosts = [
    'https://h.example',
    'http://h.example?q/',
    'HTTP://h.example#f@g',
    'https://u:p@h.example:1/x',
    'https://h.example:/',
  ]
  assert.deepEqual(
    hosts.map((url) => httpHost(url)?.name),
    hosts.map(() => 'h.example'),
  )
  assert.deepEqual(
    hosts.map((url) => httpHost(url)?.userInfo),
    [false, false, false, true, false],
  )
  const none = [
    'ftp://h.example',
    'https:/h.example',
    'https://a@b@h.example',
    'https://h.example:a/',
    'https://[::1',
    'https://:80/',
  ]
  assert.deepEqual(
    none.filter((url) => httpHost(url) !== undefined),
    [],
  )
})

test('what is plain at one glance is also good on a closer look', () => {
  const pieces = ['a', 'b-c', '.', '-', 'local', '/', '?', '#', '@', ':', '1', '%41', 'A', '--', 'x'.repeat(62)]
  let urls = ['https://desk.']
  let seen = 0
  for (let length = 0; length < 4; length++) {
    urls = urls.flatMap((url) => pieces.map((piece) => url + piece))
    for (const url of urls) {
      if (!isPlainUrl(url)) continue
      seen++
      const host = httpHost(url)
      assert.ok(host?.scheme === 'https' && !host.userInfo && isPublicHost(host.name), url)
    }
  }
  assert.ok(seen > 1_500, `only ${seen} plain URLs`)
  const not = [
    'http://a.b/',
    'https://a.local',
    'https://a.local/c',
    'https://1.2.3.4/',
    'https://a/',
    'https://a@b.c/',
    'https://a.b/%zz',
    'https://a.b/ ',
    `https://${'a'.repeat(64)}.b/`,
    `https://a.${'b'.repeat(64)}/`,
  ]
  assert.deepEqual(not.filter(isPlainUrl), [])
  assert.ok(isPlainUrl(`https://${'a'.repeat(63)}.b/`))
})

test('a contact needs one of its parts, says everything that is wrong, and leaves room for an id', () => {
  assert.deepEqual(redressContact({}), {
    kind: 'refused',
    faults: ['a contact needs at least one of url, tel and email'],
  })
  const wrong = redressContact({ url: 'x', tel: 'y', email: 'z' })
  assert.ok(wrong.kind === 'refused' && wrong.faults.length === 3, JSON.stringify(wrong))
  const overhead = 'v=analytics1;url=;tel=;email=;id='.length + 64
  const url = `https://a.example/${'p'.repeat(512 - overhead - 'https://a.example/'.length)}`
  assert.equal(redressContact({ url }).kind, 'ok')
  assert.deepEqual(redressContact({ url: `${url}p` }), {
    kind: 'refused',
    faults: ['url, tel and email together are 1 characters too long'],
  })
})

test('a template must end where an id can follow, and fit with the longest one', () => {
  assert.equal(redressContactTemplate({ urlBeforeId: 'https://a.example/r/' }).kind, 'ok')
  assert.equal(redressContactTemplate({ urlBeforeId: 'https://a.example/?r=' }).kind, 'ok')
  for (const urlBeforeId of [
    'https://a.example',
    'https://a.exampl',
    'http://a.example/',
    `https://a.example/${'p'.repeat(400)}/`,
  ])
    assert.equal(redressContactTemplate({ urlBeforeId }).kind, 'refused', urlBeforeId)
})

test('a fault shows no control character and does not run on', () => {
  for (const refused of [redressId(`a\r\n${'b'.repeat(500)}`), cardUri(`https://\u001b[31m${'b'.repeat(500)}`)]) {
    assert.ok(refused.kind === 'refused' && refused.faults.length > 0)
    for (const fault of refused.faults) assert.ok(/^[ -~]{1,200}$/.test(fault), fault)
  }
})

test('a phrase is compared by ASCII case and nothing else', () => {
  for (const phrase of ['Network Blocked', 'NETWORK BLOCKED', 'network blocked', 'nEtWoRk BlOcKeD'])
    assert.ok(isNetworkBlocked(phrase) && freeswitchDetects(603, phrase, PLAIN), phrase)
  for (const phrase of [
    'Networ\u212a Blocked',
    'Network Bloc\u212aed',
    'Network\u0000Blocked',
    'Network @locked',
    'Network',
    '',
  ])
    assert.ok(!isNetworkBlocked(phrase) && freeswitchDetects(603, phrase, PLAIN) === false, phrase)
})

test('locations of RFC 8606 and their bits agree both ways', () => {
  assert.equal(Object.keys(LOCATIONS).length, 16)
  for (const [name, bits] of Object.entries(LOCATIONS)) {
    assert.equal(locationOf(bits), name)
    assert.equal(parseLocation(name.toLowerCase()), name)
  }
  for (const bits of [-1, 16, 1.5, Number.NaN]) assert.equal(locationOf(bits), undefined)
  for (const text of ['', 'LOC-7', 'HOME', 'constructor', 'RLN ', 'b\u0131'])
    assert.equal(parseLocation(text), undefined)
  assert.ok(BLOCK_LOCATIONS.every((name) => parseLocation(name) === name && isBlockLocation(name)))
})
