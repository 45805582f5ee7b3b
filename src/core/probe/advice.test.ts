import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TESTED, advise, guessProduct } from './advice.ts'
import type { Comparison, FindingKind } from './compare.ts'
import { type Deduction, POINTS } from './grade.ts'
import { SCENARIOS } from './scenarios.ts'

const KINDS = Object.keys(POINTS) as FindingKind[]

test('a product is guessed by what answers say of themselves, and by nothing else', () => {
  for (const [server, product] of [
    ['kamailio (5.6.3 (x86_64/linux))', 'Kamailio'],
    ['OpenSIPS (3.4.2 (x86_64/linux))', 'OpenSIPS'],
    ['FreeSWITCH-mod_sofia/1.10.12', 'FreeSWITCH'],
    ['Asterisk PBX 20.5.0', 'Asterisk'],
    ['FPBX-16.0.40(18.15.0)', 'Asterisk'],
    ['Mediant SW/v.7.40A', 'AudioCodes'],
    ['Oracle Communications SBC', 'Oracle'],
    ['drachtio', 'drachtio'],
    ['baresip v1.0.0 (x86_64/linux)', 'baresip'],
    ['an SBC', undefined],
    ['', undefined],
  ] as const) {
    const guess = guessProduct([answeredBy(''), answeredBy(server)])
    assert.deepEqual(guess, product === undefined ? undefined : { product, by: server })
  }
  assert.equal(guessProduct([]), undefined)
})

test('every product of the issue has advice for what it is known to do', () => {
  const told = new Set(
    KINDS.flatMap((kind) =>
      ['', '403 Forbidden', '600 Busy', 'Decline'].flatMap((arrived) => advise([deduction(kind, arrived)], undefined)),
    ).map(({ product }) => product),
  )
  for (const product of ['Kamailio', 'OpenSIPS', 'FreeSWITCH', 'Asterisk', 'AudioCodes', 'Oracle', 'Ribbon', 'Sansay'])
    assert.ok(told.has(product), product)
})

test('the guessed product comes first, and is said to be a guess', () => {
  const guess = { product: 'FreeSWITCH', by: 'FreeSWITCH-mod_sofia' }
  const [first, ...others] = advise([deduction('reason-stripped', '')], guess)
  assert.equal(first?.product, 'FreeSWITCH')
  assert.match(first.remedy, /sip_603plus_passthrough=true/)
  assert.deepEqual([first.isGuessed, others.some(({ isGuessed }) => isGuessed)], [true, false])
  assert.ok(others.length > 0)
  assert.ok(advise([deduction('reason-stripped', '')], undefined).every(({ isGuessed }) => !isGuessed))
})

test('advice that goes by what arrived is given for that only', () => {
  const products = (kind: FindingKind, arrived: string): string[] =>
    advise([deduction(kind, arrived)], undefined).map(({ product }) => product)
  assert.ok(products('status-changed', '403 Forbidden').includes('Asterisk'))
  assert.ok(!products('status-changed', '500 Server Error').includes('Asterisk'))
  assert.ok(products('status-changed', '600 Busy Everywhere').includes('AudioCodes'))
  assert.ok(!products('status-changed', '603 Decline').includes('AudioCodes'))
  assert.ok(products('phrase-changed', 'Decline').includes('FreeSWITCH'))
  assert.ok(!products('phrase-changed', 'Blocked').includes('FreeSWITCH'))
})

test('Kamailio and baresip are called tested for what they were made to do, no other product is; all name source and month', () => {
  let [tested, untested] = [0, 0]
  for (const kind of KINDS)
    for (const { product, standing, source, date, does, remedy } of advise([deduction(kind, '')], undefined)) {
      if (standing === 'tested') {
        assert.ok(TESTED.get(product)?.has(kind), `${product} ${kind}`)
        tested++
      } else untested++
      assert.ok(source !== '' && does !== '' && remedy !== '')
      assert.match(date, /^20\d\d-\d\d$/)
    }
  assert.deepEqual([...TESTED.keys()], ['Kamailio', 'baresip'])
  assert.ok(tested === 9 && untested >= 15, `${tested} ${untested}`)
  const lost = advise([deduction('call-info-lost', '')], undefined).find(({ product }) => product === 'Kamailio')
  assert.equal(lost?.standing, 'untested', 'nobody has made Kamailio lose a Call-Info')
})

test('without damage there is no advice', () => {
  assert.deepEqual(advise([], { product: 'Kamailio', by: 'kamailio' }), [])
})

function deduction(kind: FindingKind, arrived: string): Deduction {
  return { kind, points: 1, title: '', fix: '', scenarios: [], sent: '', arrived, note: '' }
}

function answeredBy(server: string): Comparison {
  return {
    scenario: SCENARIOS[0]!,
    dialled: '1',
    state: 'intact',
    why: '',
    against: 'scenario',
    arrivals: undefined,
    findings: [],
    parts: [],
    arrived: '603 x',
    server,
    afterMs: 1,
  }
}
