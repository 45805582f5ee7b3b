import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lint } from '#codec/notice/lint.ts'
import { readReasonValues } from '#codec/notice/reason-value.ts'
import { readNotice } from '#codec/notice/read.ts'
import { parseMessage } from '#codec/sip/message.ts'
import { RequestView } from '#codec/sip/request.ts'
import { decodeOctets, decodeText, encodeText } from '#codec/sip/text.ts'
import { PARTS, type Scenario, fillAnswer, findById, findByNumber, numberToDial } from './scenario.ts'
import { SCENARIOS } from './scenarios.ts'
import { writeAnswer, writePlain } from './write-answer.ts'

const INVITE = parseMessage(
  encodeText(
    [
      'INVITE sip:+12125550101@b.example SIP/2.0',
      'Via: SIP/2.0/UDP p.example;branch=z9hG4bK-2;rport',
      'Via: SIP/2.0/UDP a.example;branch=z9hG4bK-1',
      'From: <sip:+12125550117@a.example>;tag=1',
      'To: <sip:+12125550101@b.example>',
      'Call-ID: 1@a.example',
      'CSeq: 7 INVITE',
      '\r\n',
    ].join('\r\n'),
  ),
)
const VIEW = new RequestView()
assert.equal(VIEW.read(INVITE), undefined)
const SOURCE = { address: '127.0.0.1', port: 40_000 }
const PUBLIC_CARD = 'https://cards.northwire.example/card/fresh'

function octetsOf({ answer }: Scenario, card = PUBLIC_CARD): Uint8Array {
  const octets = writeAnswer(INVITE, VIEW, fillAnswer(answer, card), SOURCE, 'blocker')
  assert.ok(octets !== undefined)
  return octets
}

function verdictOn(octets: Uint8Array): { class: string; verdict: string; rules: readonly string[] } {
  const { class: kind, verdict, rules } = lint(octets)
  return { class: kind, verdict, rules }
}

test('the linter says of every scenario what its data say', (t) => {
  for (const scenario of SCENARIOS) {
    const { class: kind, verdict, rules } = scenario.lint
    assert.deepEqual(verdictOn(octetsOf(scenario)), { class: kind, verdict, rules: rules.toSorted() }, scenario.id)
  }
  const count = (group: string): number => SCENARIOS.filter((scenario) => scenario.group === group).length
  assert.ok(count('good') >= 18 && count('odd') >= 30 && count('broken') >= 14)
  for (const { id, group, lint: stated } of SCENARIOS)
    if (stated.verdict === 'deviant') assert.equal(group, 'broken', id)
  t.diagnostic(`${SCENARIOS.length} scenarios`)
})

test('a scenario that is spoiled on its way is told from one that is not', () => {
  const { answer } = SCENARIOS[0]!
  const spoil = (change: Partial<typeof answer>): string =>
    verdictOn(octetsOf({ ...SCENARIOS[0]!, answer: { ...answer, ...change } })).rules.join()
  assert.equal(spoil({}), '')
  assert.match(spoil({ phrase: 'Decline' }), /R603P-02/)
  assert.match(spoil({ lines: [] }), /R603P-04/)
  assert.match(spoil({ lines: answer.lines.map((line) => line.replace(';location=RLN', '')) }), /R603P-20/)
  assert.match(spoil({ lines: [...answer.lines, 'Reason: SIP;cause=603'] }), /RSIP-08/)
})

test('a card that is fetched from this machine costs its 608 the two rules about its host, and nothing else', () => {
  const withCard = SCENARIOS.filter(({ answer, lint: { class: kind } }) => answer.card !== undefined && kind === '608')
  assert.ok(withCard.length >= 6)
  for (const scenario of withCard) {
    const rules = new Set(verdictOn(octetsOf(scenario, 'http://127.0.0.1:8070/card/fresh')).rules)
    assert.deepEqual([...rules].toSorted(), [...new Set([...scenario.lint.rules, 'R608-06', 'R608-08'])].toSorted())
  }
})

test('an answer holds the lines of its scenario octet for octet, between what it copies and Content-Length', () => {
  for (const scenario of SCENARIOS) {
    const text = decodeText(octetsOf(scenario), 0, octetsOf(scenario).length)
    const { status, phrase, lines, names } = fillAnswer(scenario.answer, PUBLIC_CARD)
    const spell = (usual: string, compact: string): string =>
      names === 'usual' ? usual : names === 'lower' ? usual.toLowerCase() : compact
    assert.equal(
      text,
      [
        `SIP/2.0 ${status} ${phrase}`,
        `${spell('Via', 'v')}: SIP/2.0/UDP p.example;branch=z9hG4bK-2;rport=40000;received=127.0.0.1`,
        `${spell('Via', 'v')}: SIP/2.0/UDP a.example;branch=z9hG4bK-1`,
        `${spell('From', 'f')}: <sip:+12125550117@a.example>;tag=1`,
        `${spell('To', 't')}: <sip:+12125550101@b.example>;tag=blocker`,
        `${spell('Call-ID', 'i')}: 1@a.example`,
        `${spell('CSeq', 'CSeq')}: 7 INVITE`,
        ...lines,
        `${spell('Content-Length', 'l')}: 0`,
        '\r\n',
      ].join('\r\n'),
      scenario.id,
    )
  }
})

test('a request that leaves no room for the answer gets none', () => {
  const via = 'Via: SIP/2.0/UDP a.example;branch=z9hG4bK-1\r\n'
  const invite = parseMessage(
    encodeText(
      `INVITE sip:1@b.example SIP/2.0\r\n${via}f: <sip:1@a.example>;tag=1\r\nt: <sip:2@b.example>\r\ni: 1\r\nCSeq: 1 INVITE\r\n${`X: ${'x'.repeat(7_000)}\r\n`.repeat(8)}Record-Route: ${'<sip:p.example;lr>,'.repeat(300)}<sip:q.example;lr>\r\n\r\n`,
    ),
  )
  const view = new RequestView()
  assert.equal(view.read(invite), undefined)
  const routes = invite.named('record-route').map((route): [string, string] => ['Record-Route', route])
  assert.ok(writePlain(invite, view, 180, 'Ringing', routes, SOURCE, 'x') !== undefined)
  assert.equal(
    writePlain(
      invite,
      view,
      180,
      'Ringing',
      Array.from({ length: 20 }, () => routes[0]!),
      SOURCE,
      'x',
    ),
    undefined,
  )
  const lines = Array.from({ length: 9 }, () => `X: ${'x'.repeat(8_000)}`)
  assert.equal(writeAnswer(invite, view, { ...SCENARIOS[0]!.answer, lines }, SOURCE, 'x'), undefined)
})

test('each number and each id names one scenario, in order', () => {
  const numbers = SCENARIOS.map(({ number }) => number)
  assert.deepEqual(numbers, [...new Set(numbers)].toSorted())
  assert.equal(new Set(SCENARIOS.map(({ id }) => id)).size, SCENARIOS.length)
  for (const scenario of SCENARIOS) {
    assert.match(scenario.number, /^01\d\d$/)
    assert.match(scenario.id, /^[a-z0-9]+(?:-[a-z0-9]+)*$/)
    assert.equal(findById(SCENARIOS, scenario.id), scenario)
    for (const dialled of [
      numberToDial(scenario),
      `1212555${scenario.number}`,
      `555-${scenario.number}`,
      scenario.number,
      `${numberToDial(scenario)};npdi;rn=+12125550199`,
    ])
      assert.equal(findByNumber(SCENARIOS, dialled), scenario, dialled)
  }
  for (const dialled of ['', '+12125550200', '101', 'alice']) assert.equal(findByNumber(SCENARIOS, dialled), undefined)
  assert.equal(findById(SCENARIOS, 'no-such'), undefined)
})

test('what must arrive intact is there to arrive', () => {
  for (const { id, answer, before, intact, isLegal } of SCENARIOS) {
    const has = (name: string): boolean => answer.lines.some((line) => line.toLowerCase().startsWith(name))
    assert.equal(intact.includes('reason'), has('reason') && isLegal, id)
    assert.equal(intact.includes('call-info'), has('call-info'), id)
    assert.equal(intact.includes('retry-after'), has('retry-after'), id)
    assert.equal(intact.includes('provisional'), before.length > 0, id)
    assert.equal(intact.includes('no-new-attempt'), answer.status >= 600, id)
    for (const part of ['status', 'to-tag'] as const) assert.ok(intact.includes(part), id)
    for (const part of intact) assert.match(PARTS[part].rule, /^RREL-0[1-7]$/)
  }
})

test('the long ones are as long as they say', () => {
  const message = (id: string) => parseMessage(octetsOf(findById(SCENARIOS, id)!))
  const text = (id: string): string => readReasonValues(message(id))[0]!.analytics!.raw
  assert.equal(text('long-text').length, 512)
  assert.equal(text('longer-text').length, 900)
  assert.ok(octetsOf(findById(SCENARIOS, 'longest')!).length > 8_000)
  const notice = readNotice(message('id-64'))
  assert.equal(notice?.kind === 'network-blocked' ? notice.id?.length : 0, 64)
  const many = findById(SCENARIOS, 'many-parameters')!.answer.lines[0]!
  assert.equal(many.replace(/"[^"]*"/, '').split(';').length - 1, 64)
  assert.ok(decodeOctets(octetsOf(findById(SCENARIOS, 'utf-8')!)).includes('Z\u00c3\u00bcrich'))
})
