import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { redressContact, redressId } from './notice.ts'
import { RULES } from './rules.ts'
import { writeNotice } from './write.ts'

const PAGE = readFileSync(new URL('../../../docs/notices.md', import.meta.url), 'utf8')

test('the page on notices lists every rule as it is, and no other', () => {
  const rows = PAGE.split('\n').filter((line) => /^\| R(?:SIP|603|603P|607|608)-/.test(line))
  const rules = Object.entries(RULES).map(
    ([id, { severity, text, cite }]) => `| ${id} | ${severity} | ${text} | ${cite} |`,
  )
  assert.ok(rules.length >= 69)
  assert.deepEqual(rows, rules)
})

test('every rule is one sentence with a source, and stands in order', () => {
  const ids = Object.keys(RULES)
  assert.deepEqual(
    ids.filter((id) => !/^(?:RSIP|R603|R603P|R607|R608)-\d\d$/.test(id)),
    [],
  )
  for (const [id, { text, cite }] of Object.entries(RULES)) {
    assert.match(text, /^[A-Z][^\n|]{10,160}\.$/, id)
    assert.match(cite, /^(?:RFC \d|ATIS-1000099|47 CFR|own (?:rule|limit))/, id)
  }
})

test('the page shows what the writer makes of its example', () => {
  const contact = redressContact({ url: 'https://redress.northwire.example/c', tel: '+18005550142' })
  const id = redressId('nw-7Q_42')
  assert.ok(contact.kind === 'ok' && id.kind === 'ok')
  const reply = writeNotice({
    kind: 'network-blocked',
    form: 'SIP',
    contact: contact.value,
    id: id.value,
    location: 'RLN',
  })
  assert.ok(PAGE.includes(`status: ${reply.status}, phrase: '${reply.phrase}'`))
  assert.ok(PAGE.includes(`fields: [['${reply.fields[0]![0]}', '${reply.fields[0]![1]}']]`))
})
