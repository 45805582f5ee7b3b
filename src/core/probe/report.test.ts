import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeText } from '#codec/sip/text.ts'
import type { ProbeCall } from './compare.ts'
import { POINTS } from './grade.ts'
import { type ProbeReport, reportAsJson, reportOn } from './report.ts'
import { reportAsPage, summarize } from './report-page.ts'
import { fillAnswer, findById } from './scenario.ts'
import { SCENARIOS } from './scenarios.ts'

const RUN = { path: 'sip:192.0.2.1', from: '+12125550117', startedMs: 0, token: 'a1', farEnd: undefined }
const HOSTILE = `"><script>alert(1)</script><img src=x onerror=alert(1)>'\u202e\u0007&lt;`

test('a report is one JSON object that holds every scenario part by part, with texts whole', () => {
  const report = reportOn(
    RUN,
    [answered('longer-text', same), answered('sip', withoutReason), answered('busy', same)],
    undefined,
  )
  const read = JSON.parse(reportAsJson(report)) as Record<string, unknown> & {
    scenarios: {
      id: string
      state: string
      parts: { name: string; sent: string; arrived: string; verdict: string }[]
    }[]
  }
  assert.equal(read['format'], 'recourse-probe-1')
  assert.deepEqual(
    read.scenarios.map(({ id, state }) => [id, state]),
    [
      ['longer-text', 'intact'],
      ['sip', 'changed'],
      ['busy', 'intact'],
    ],
  )
  const [long, sip] = read.scenarios
  assert.ok(long!.parts.find(({ name }) => name === 'Reason')!.arrived.length > 900)
  assert.deepEqual(
    sip!.parts.filter(({ verdict }) => verdict === 'changed').map(({ name, arrived }) => [name, arrived]),
    [
      ['Reason', ''],
      ['location', ''],
    ],
  )
  assert.deepEqual([read['grade'], read['path'], read['token'], read['doubts']], ['F', RUN.path, 'a1', []])
  assert.ok(!('comparisons' in read))
})

test('the page asks for nothing from outside: no address in it is one that a browser fetches', () => {
  const page = pageOf(
    reportOn(
      RUN,
      SCENARIOS.map(({ id }) => answered(id, withoutReason)),
      undefined,
    ),
  )
  assert.match(
    page,
    /<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">/,
  )
  assert.doesNotMatch(page, /<(?:script|link|img|iframe|object|embed|base|form|svg)\b/i)
  assert.doesNotMatch(page, /\s(?:src|href|srcset|action|background|on\w+)\s*=/i)
  assert.doesNotMatch(page, /@import|url\(/i)
  assert.match(page, /prefers-color-scheme:dark/)
  for (const { id } of SCENARIOS) assert.ok(page.includes(`${id}: `), id)
})

test('hostile words of a path are text on the page, wherever they come from', () => {
  const spoiled = (text: string): string =>
    text
      .replace(/^SIP\/2\.0 603 [^\r]*/, `SIP/2.0 603 ${HOSTILE}`)
      .replace(/Reason:[^\r]*/, `Reason: SIP;cause=603;text="${HOSTILE.replaceAll('"', '\\"')}"`)
      .replace('\r\n\r\n', `\r\nServer: kamailio ${HOSTILE}\r\n\r\n`)
  const silent: ProbeCall = { ...answered('sip', same), end: { kind: 'silent', why: HOSTILE } }
  const report: ProbeReport = {
    ...reportOn(
      { ...RUN, path: HOSTILE, from: HOSTILE, farEnd: HOSTILE },
      [
        answered('sip', spoiled),
        answered('q850', spoiled),
        silent,
        { ...silent, end: { kind: 'not-measured', why: HOSTILE } },
      ],
      undefined,
    ),
    doubts: [HOSTILE],
  }
  const page = pageOf(report)
  assert.equal(report.guess?.product, 'Kamailio')
  assert.ok(page.split('alert(1)').length > 12, 'the words are on the page')
  assert.doesNotMatch(page, /<script|<img|\u202e|\u0007/)
  assert.ok(page.includes('&#38;lt;'), 'what looks escaped is escaped again')
  assert.doesNotMatch(page.replace(/<style>[^]*<\/style>/, '').replace(/<[^<>]*>/g, ''), /[<>]/)
})

test('no octets of a path make the page anything but text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (words) => {
      const line = words.replace(/[\r\n]/g, ' ')
      const call = answered('sip', (text) => text.replace('Network Blocked', () => line))
      const page = pageOf(reportOn({ ...RUN, path: line }, [call], undefined))
      const blank = pageOf(
        reportOn({ ...RUN, path: 'x' }, [answered('sip', (text) => text.replace('Network Blocked', 'x'))], undefined),
      )
      const tags = (html: string): string[] => html.match(/<\/?[a-z]+/g) ?? []
      // An empty phrase, or one in another case, is told by other words; else the same tags stand in the same order.
      fc.pre(line.trim() !== '' && line.toLowerCase() !== 'network blocked')
      assert.deepEqual(tags(page), tags(blank))
    }),
    { numRuns: 100 },
  )
})

test('the sentence says how many arrived, what costs most, or why nothing was measured', () => {
  const of = (...calls: ProbeCall[]): string => summarize(reportOn(RUN, calls, undefined))
  const late: ProbeCall = { ...answered('q850', same), end: { kind: 'not-measured', why: 'x' } }
  assert.equal(of(answered('sip', same), answered('busy', same)), '2 of 2 notices arrived as they were sent.')
  assert.equal(
    of(answered('sip', withoutReason), answered('busy', same), late),
    `1 of 2 notices arrived as they were sent; 1 was not measured; what costs most: ${POINTS['reason-stripped'].title}.`,
  )
  assert.equal(of(late), 'This path was not measured: no scenario was measured.')
  const page = pageOf(reportOn(RUN, [late], undefined))
  assert.match(page, /<title>No grade: /)
  assert.doesNotMatch(page, /What was taken off/)
})

test('a list of scenarios is cut where it is long, and is whole scenario by scenario', () => {
  const page = pageOf(
    reportOn(
      RUN,
      SCENARIOS.map(({ id }) => answered(id, withoutReason)),
      undefined,
    ),
  )
  assert.match(page, /Seen in sip, q850, url, tel, email, all, location-ln, location-tn and \d\d more</)
  const few = pageOf(
    reportOn(
      RUN,
      ['sip', 'q850'].map((id) => answered(id, withoutReason)),
      undefined,
    ),
  )
  assert.match(few, /Seen in sip, q850</)
})

/** As the terminal shows it; the page escapes for HTML by itself. */
function pageOf(report: ProbeReport): string {
  return reportAsPage(report, (text) => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, '�'))
}

function answered(id: string, change: (text: string) => string): ProbeCall {
  const scenario = findById(SCENARIOS, id)!
  const { status, phrase, lines } = fillAnswer(scenario.answer, 'https://cards.example/card')
  const own = lines.map((line) => `${line}\r\n`).join('')
  const text = `SIP/2.0 ${status} ${phrase}\r\nTo: <sip:1@b.example>;tag=b\r\n${own}\r\n`
  const provisional = scenario.before.map((each) => each.status)
  return {
    scenario,
    dialled: '1',
    end: { kind: 'answered', octets: encodeText(change(text)), provisional, afterMs: 1 },
  }
}

function same(text: string): string {
  return text
}

function withoutReason(text: string): string {
  return text.replace(/reason\s*:(?:[^\r]|\r\n[ \t])*\r\n/gi, '')
}
