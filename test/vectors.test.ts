import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MALFORMED } from '#codec/sip/malformed.ts'
import { NOTICE_FOLDERS, type NoticeVector, hepVectors, noticeVectors, sipVectors, tortureCases } from './torture.ts'

const NOTICES = noticeVectors()
const SIP = sipVectors()
const HEP = hepVectors()
const TORTURE = tortureCases()

test('no vector is lost: there are at least as many as ever', () => {
  assert.ok(NOTICES.length >= 261, `${NOTICES.length} notices`)
  assert.ok(SIP.length >= 60, `${SIP.length} SIP messages`)
  assert.ok(HEP.length >= 14, `${HEP.length} HEP packets`)
  assert.deepEqual([...new Set(NOTICES.map((vector) => vector.folder))], [...NOTICE_FOLDERS])
})

test('ids stand once', () => {
  for (const ids of [NOTICES, SIP, HEP].map((vectors) => vectors.map((vector) => vector.id))) {
    assert.equal(new Set(ids).size, ids.length)
    assert.ok(ids.every((id) => /^[A-Z]\d\d$/.test(id)))
  }
})

test('every notice says what a linter must answer, in one shape', () => {
  for (const { name, title, expect, cite } of NOTICES) {
    assert.deepEqual(Object.keys(expect), EXPECT_KEYS, name)
    assert.ok(title.length > 5 && cite.length > 0, name)
    assert.deepEqual([...expect.rules], [...new Set(expect.rules)].sort(), `${name}: rules are sorted and stand once`)
    assert.ok(
      expect.rules.every((rule) => RULES.includes(rule)),
      `${name}: ${expect.rules.join(' ')}`,
    )
    const wanted = FIELD_KEYS[expect.class]
    for (const key of wanted) assert.ok(key in expect.fields, `${name}: ${key}`)
    for (const key of Object.keys(expect.fields))
      assert.ok([...wanted, ...FIELD_KEYS_ANY].includes(key), `${name}: ${key}`)
  }
})

test('a notice lies in the folder its expectation belongs to', () => {
  for (const vector of NOTICES) assert.equal(vector.folder, folderOf(vector), vector.name)
})

test('what a notice is said to be there for agrees with its expectation', () => {
  for (const { name, expect, fires, nearMiss } of NOTICES) {
    for (const rule of fires) assert.ok(expect.rules.includes(rule), `${name} fires ${rule}`)
    for (const rule of nearMiss)
      assert.ok(!expect.rules.includes(rule) && RULES.includes(rule), `${name} nearly ${rule}`)
  }
})

test('every rule on messages has a vector that fires it and one that nearly does', () => {
  assert.equal(RULES.length, 69)
  assert.deepEqual(uncovered(NOTICES), [])
})

test('the cover check sees a rule that lost its only vectors', () => {
  const without = NOTICES.filter(({ fires }) => !fires.includes('R608-25'))
  assert.ok(without.length < NOTICES.length)
  assert.deepEqual(uncovered(without), ['R608-25 is fired by none'])
  const far = NOTICES.map((vector) => ({ ...vector, nearMiss: vector.nearMiss.filter((rule) => rule !== 'RSIP-09') }))
  assert.deepEqual(uncovered(far), ['RSIP-09 has no near miss'])
})

test('a card comes with its clock and a public key, and its URI stands in the message', () => {
  const cards = NOTICES.filter((vector) => vector.resources !== undefined)
  assert.ok(cards.length >= 37, `${cards.length} cards`)
  for (const { name, bytes, resources, now, x5uJwk } of cards) {
    assert.equal(typeof now, 'number', name)
    assert.deepEqual(Object.keys(x5uJwk ?? {}).sort(), ['crv', 'kty', 'x', 'y'], `${name}: and no private part`)
    for (const uri of resources!.keys()) assert.ok(text(bytes).includes(`<${uri}>`), name)
  }
})

test('header lines end in CRLF, except where that is the fault', () => {
  const excused = new Set([
    ...NOTICES.filter(({ expect }) => expect.rules.includes('RSIP-02')).map(({ name }) => name),
    ...SIP.filter((vector) => vector.folder === 'invalid' && vector.fault.code === 'line-end').map(({ name }) => name),
  ])
  const sound = [...NOTICES, ...SIP, ...TORTURE].filter(({ name }) => !excused.has(name))
  assert.ok(sound.length > 340, `${sound.length} messages`)
  for (const { name, bytes } of sound) assert.ok(hasGoodLineEnds(bytes), name)

  const broken = [...NOTICES, ...SIP].filter(({ name, bytes }) => excused.has(name) && !hasGoodLineEnds(bytes))
  assert.ok(broken.length >= 5, `only ${broken.length} broken ones: is git changing line ends?`)
})

test('Content-Length fits the body, except where that is the fault', () => {
  const all = [...NOTICES, ...SIP, ...TORTURE].filter(({ bytes }) => hasGoodLineEnds(bytes))
  const odd = all.filter(({ bytes }) => !hasGoodLength(bytes)).map(({ name }) => name)
  assert.deepEqual(odd.sort(), LENGTH_ODD)
})

test('a sound SIP message lists its facts and a broken one names a fault the codec knows', () => {
  let sound = 0
  for (const vector of SIP) {
    if (vector.folder === 'invalid') {
      assert.ok(vector.fault.code in MALFORMED, `${vector.name}: ${vector.fault.code}`)
      assert.match(vector.fault.in, /^(message|request|Request-URI|[A-Z][A-Za-z-]+)$/, vector.name)
      continue
    }
    sound++
    const { kind, method, requestUri, status, phrase, callId, cseq, fields, bodyLength } = vector.expected
    if (kind === 'request') assert.ok(method !== undefined && requestUri !== undefined, vector.name)
    else assert.ok(status !== undefined && phrase !== undefined, vector.name)
    assert.ok(callId !== '' && cseq.method !== '' && fields.length >= 6 && bodyLength >= 0, vector.name)
  }
  assert.ok(sound >= 30)
})

test('every fault a message or packet can have is shown by a broken one', () => {
  const shown = new Set([
    ...SIP.flatMap((vector) => (vector.folder === 'invalid' ? [vector.fault.code] : [])),
    ...HEP.flatMap(({ fault }) => (fault === undefined ? [] : [fault.code])),
  ])
  const elsewhere = ['card', 'capture', 'certificate']
  assert.deepEqual(
    Object.keys(MALFORMED).filter((code) => !shown.has(code) && !elsewhere.includes(code)),
    [],
  )
})

test('the torture set is RFC 4475, section by section', () => {
  const sections = [...numbered('3.1.1', 13), ...numbered('3.1.2', 19), '3.2.1', ...numbered('3.3', 15), '3.4.1']
  assert.equal(sections.length, 49)
  assert.deepEqual(
    TORTURE.map(({ expect }) => expect.section),
    sections,
  )
})

test('every torture case says what a server owes', () => {
  for (const { name, expect, bytes } of TORTURE) {
    assert.equal(name, `${expect.section}-${expect.name}`)
    for (const key of TORTURE_KEYS) assert.ok(key in expect, `${name}: ${key}`)
    const start = text(bytes).split('\r\n', 1)[0]!
    if (expect.kind === 'request') assert.ok(start.startsWith(`${expect.method} `), name)
    else assert.ok(start.startsWith(`SIP/2.0 ${expect.status} `), name)
    assert.equal(expect.noResponse, expect.outcome === 'discard', name)
    assert.equal(expect.acceptable.length === 0, expect.noResponse, name)
    if (expect.preferred !== null) assert.ok(expect.acceptable.includes(expect.preferred), name)
    if (expect.ledgerRowsMax === 1) assert.ok(expect.acceptable.includes('policy'), name)
  }
})

test('a policy can block the INVITEs it may judge, by the number they name', () => {
  const judged = TORTURE.filter(({ expect }) => expect.method === 'INVITE' && expect.acceptable.includes('policy'))
  assert.ok(judged.length >= 10, `${judged.length} INVITEs`)
  for (const { name, expect, bytes } of judged) {
    assert.equal(expect.calling, '+12125550199', name)
    assert.ok(decodeURIComponent(text(bytes).replace(/%(?![0-9A-F]{2})/g, '%25')).includes('+12125550199'), name)
  }
})

for (const [section, what, holds] of FEATURES()) {
  test(`torture case ${section} keeps its point: ${what}`, () => {
    const found = TORTURE.find(({ expect }) => expect.section === section)!
    assert.ok(holds(text(found.bytes), found.bytes))
    const other = TORTURE.find(({ expect }) => expect.section === '3.3.11')!
    assert.ok(!holds(text(other.bytes), other.bytes), 'the check can fail')
  })
}

/** What makes a case the case it is, where an editor or a tool could wash it out. */
function FEATURES(): [section: string, what: string, holds: (message: string, bytes: Uint8Array) => boolean][] {
  return [
    ['3.1.1.1', 'three Via values over folded lines', (m) => /\r\nVia {2}: SIP {2}\/ {3}2\.0\r\n \/UDP\r\n/.test(m)],
    ['3.1.1.2', 'an escaped NUL in a quoted string', (m) => m.includes('\\\0')],
    ['3.1.1.3', 'a double escape', (m) => m.includes('%25%34%31')],
    ['3.1.1.4', 'escaped NULs', (m) => m.includes('<sip:%00%00@')],
    ['3.1.1.7', '34 Via values in 3,515 octets', (m, b) => count(m, /\r\n(via|v):/gi) === 34 && b.length === 3515],
    ['3.1.1.8', 'a second request behind the first', (m) => count(m, / SIP\/2\.0\r\n/g) === 2],
    ['3.1.1.11', 'two NULs in 553 body octets', (m) => bodyOf(m).length === 553 && count(bodyOf(m), /\0/g) === 2],
    ['3.1.1.12', 'UTF-8 in the phrase', (_, b) => b.subarray(0, 60).some((octet) => octet > 127)],
    ['3.1.1.13', 'an empty phrase', (m) => m.startsWith('SIP/2.0 100 \r\n')],
    ['3.1.2.4', 'a CSeq number beyond 2^64', (m) => m.includes('CSeq: 36893488147419103232 ')],
    ['3.1.2.6', 'one quote in To', (m) => count(/\r\nTo: [^\r]*/.exec(m)![0], /"/g) === 1],
    ['3.1.2.9', 'two spaces in the start line', (m) => m.startsWith('INVITE  sip:')],
    ['3.1.2.10', 'spaces at the end of the start line', (m) => / SIP\/2\.0 {2}\r\n/.test(m)],
    ['3.1.2.19', 'a status of 5 modulo 2^32', (m) => Number(m.split(' ')[1]) % 2 ** 32 === 5],
    ['3.2.1', 'a bare magic cookie', (m) => m.includes(';branch=z9hG4bK\r\n')],
    ['3.4.1', 'no branch and no tag', (m) => !/branch=|;tag=|max-forwards|content-length/i.test(m)],
  ]
}

function uncovered(vectors: readonly Pick<NoticeVector, 'fires' | 'nearMiss'>[]): string[] {
  const fired = new Set(vectors.flatMap((vector) => vector.fires))
  const near = new Set(vectors.flatMap((vector) => vector.nearMiss))
  return RULES.flatMap((rule) => [
    ...(fired.has(rule) ? [] : [`${rule} is fired by none`]),
    ...(near.has(rule) ? [] : [`${rule} has no near miss`]),
  ])
}

function folderOf({ expect }: NoticeVector): string {
  if (expect.class === 'other' || expect.class === 'malformed') return expect.class
  if (expect.rules.includes('R603-06')) return 'residue'
  return expect.verdict === 'deviant' ? 'deviant' : 'valid'
}

/** Every line up to a blank one ends in CRLF, and the blank one is there. */
function hasGoodLineEnds(bytes: Uint8Array): boolean {
  const message = text(bytes).replace(/^(\r\n)+/, '')
  const end = message.indexOf('\r\n\r\n')
  return end > 0 && !/(?<!\r)\n|\r(?!\n)/.test(message.slice(0, end))
}

function hasGoodLength(bytes: Uint8Array): boolean {
  const message = text(bytes).replace(/^(\r\n)+/, '')
  const head = message.slice(0, message.indexOf('\r\n\r\n') + 2)
  const lengths = [...head.matchAll(/\r\n(?:content-length|l)[ \t]*:[ \t]*([^\r]*)(?=\r\n)/gi)].map((match) => match[1])
  return lengths.length === 1 && lengths[0] === String(bodyOf(message).length)
}

function bodyOf(message: string): string {
  return message.slice(message.indexOf('\r\n\r\n') + 4)
}

/** Octets as characters 0-255. */
function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}

function count(message: string, pattern: RegExp): number {
  return [...message.matchAll(pattern)].length
}

function numbered(prefix: string, last: number, first = 1): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => `${prefix}.${index + first}`)
}

function ruleIds(family: string, first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => `${family}-${String(index + first).padStart(2, '0')}`)
}

/** Every rule a received message can fire; R603-05 needs to know why the call was blocked, so no message alone fires it. */
const RULES = [
  ...ruleIds('RSIP', 1, 11),
  ...ruleIds('R603', 2, 4),
  'R603-06',
  ...ruleIds('R603P', 1, 29),
  ...ruleIds('R607', 2, 7),
  ...ruleIds('R608', 2, 11),
  ...ruleIds('R608', 20, 28),
]

const EXPECT_KEYS = ['class', 'verdict', 'identity603plus', 'freeswitchDetect', 'rules', 'fields']
const BASE_KEYS = ['status', 'phrase', 'reasons']
const FIELD_KEYS = {
  malformed: [],
  other: BASE_KEYS,
  '603': BASE_KEYS,
  '607': BASE_KEYS,
  '608': BASE_KEYS,
  '603+': [...BASE_KEYS, 'protocol', 'cause', 'version', 'url', 'tel', 'email', 'id', 'location'],
}
const FIELD_KEYS_ANY = ['unknownKeys', 'retryAfter', 'callInfo', 'jws']
const TORTURE_KEYS = ['title', 'feature', 'transport', 'wellFormed', 'outcome', 'must', 'mustNot', 'ledgerRowsMax']
const LENGTH_ODD: string[] = [
  '3.1.1.8-dblreq',
  '3.1.2.2-clerr',
  '3.1.2.3-ncl',
  '3.3.9-mcl01',
  '3.4.1-inv2543',
  'I01-no-start-line',
  'I09-length-not-a-number',
  'V26-noise-behind-body',
]
