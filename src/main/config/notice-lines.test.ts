import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parse } from 'yaml'
import { BLOCK_LOCATIONS } from '#codec/notice/notice.ts'
import { NOTICE_CHOICES, PROFILES, noticeChoices } from '#core/notify/notice-choices.ts'
import { formatNoticeLines } from '#core/notify/notice-lines.ts'
import { CARRIES } from '#core/notify/notice-terms.ts'
import { CAUSES } from '#core/rules/verdict.ts'
import { loadConfig } from './load.ts'

const settings = fc.constantFrom(...PROFILES).chain((profile) =>
  fc.record({
    profile: fc.constant(profile),
    choices: fc
      .tuple(...CAUSES.map((cause) => fc.constantFrom(...NOTICE_CHOICES[profile][cause])))
      .map((chosen) => noticeChoices(profile, Object.fromEntries(CAUSES.map((cause, at) => [cause, chosen[at]])))),
    contact: fc.record({
      url: fc.constantFrom(undefined, 'https://redress.northwire.example/c?a=b'),
      tel: fc.constantFrom(undefined, '+18005550142'),
      email: fc.constant('unblock@northwire.example'),
    }),
    location: fc.constantFrom(...BLOCK_LOCATIONS),
    form: fc.constantFrom('SIP', 'Q.850'),
    carry: fc.constantFrom(...CARRIES),
    announce: fc.constantFrom(undefined, 'on', 'announce'),
    desk: fc.constant('https://redress.northwire.example'),
    needsContact: fc.constant(false),
  }),
)

test('the lines that are handed over are read back as the settings that they were written from', () => {
  let looked = 0
  fc.assert(
    fc.property(settings, (wanted) => {
      const { operator, policy } = formatNoticeLines(wanted)
      const text = [
        'operator:\n  name: Northwire',
        indent(operator),
        'policy:',
        indent(policy),
        '  rules: []',
        'gate: { treatments: { "on": "sip:a@192.0.2.9", announce: "sip:b@192.0.2.9" } }',
        'desk: { public: "https://redress.northwire.example", tls: none, card: { certificate: c.pem, key: "file:c.key" } }',
      ].join('\n')
      const loaded = loadConfig({ path: 'recourse.yaml', env: {}, readFile: () => text })
      assert.ok(loaded.kind === 'loaded', JSON.stringify(loaded))
      const { contact, ...found } = loaded.config.notices
      assert.deepEqual({ ...found, contact: { ...contact } }, { ...wanted, contact: defined(wanted.contact) })
      looked++
    }),
    { numRuns: 60 },
  )
  assert.ok(looked >= 60)
})

test('a text that YAML could take for something else is quoted', () => {
  const contact = { url: 'https://a.example/#x', tel: '+1', email: 'yes: "no"\n- x' }
  const { operator } = formatNoticeLines({
    profile: 'us',
    choices: noticeChoices('us'),
    contact,
    location: 'RLN',
    form: 'SIP',
    carry: 'both',
    desk: undefined,
    needsContact: false,
  })
  assert.deepEqual(parse(operator), { contact, location: 'RLN' })
})

function defined(contact: Readonly<Record<string, string | undefined>>) {
  return Object.fromEntries(Object.entries(contact).filter(([, value]) => value !== undefined))
}

function indent(lines: string): string {
  return lines.replaceAll(/^(?=.)/gm, '  ').trimEnd()
}
