import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import type { Attempt } from '#core/observe/attempt.ts'
import {
  LINE_BYTES_MAX,
  type LineFault,
  type RecordOptions,
  TOLD_LINES_MAX,
  readCallRecords,
  splitCsv,
} from './call-records.ts'
import type { FilePlace } from './file-place.ts'
import { readFreeswitchFiles } from './freeswitch-files.ts'
import { WrongMapping, readRecordMapping } from './record-mapping.ts'

const folder = mkdtempSync(join(tmpdir(), 'recourse-records-'))
after(() => rmSync(folder, { recursive: true }))
const NOW = Date.UTC(2026, 10, 23)

const CSV = `format: csv
fields:
  id: call
  at: { column: when, as: rfc3339, offset: '-05:00' }
  from: cli
  to: dialled
  carrier: trunk
  status: { column: result, values: { OK: 200, blocked: 603, cancel: 487 } }
  phrase: text
  reason: reason header
  cause: q850
  ring: ring
  setup: { column: pdd, as: milliseconds }
  duration: talk
numbers: { country: 1, national: 10, international: '011' }
`
const HEAD = 'call,when,cli,dialled,trunk,result,text,reason header,q850,ring,pdd,talk\n'
const BLOCKED =
  'c1,2026-11-22 07:00:00.250,2125550117,0114155550100,north,603,Network Blocked,"SIP;cause=603;text=""v=analytics1;url=https://redress.example"";location=TN",,,400,\n'
const ANSWERED = 'c2,2026/11/22 07:00:01,12125550117,+14155550163,north,OK,,,,2.5,900,0:01:30\n'

test('a CSV of calls becomes attempts: numbers by the plan, times by their offset, what stands for what', async () => {
  const { attempts, summary } = await read(HEAD + BLOCKED + ANSWERED)
  const [blocked, answered] = attempts
  assert.ok(blocked?.end.kind === 'refused')
  assert.deepEqual(
    [blocked.at, blocked.from, blocked.carrier, blocked.setupMs, blocked.source, blocked.evidence],
    [Date.UTC(2026, 10, 22, 12, 0, 0, 250), '+12125550117', 'north', 400, 'records calls.csv', 'record'],
  )
  assert.deepEqual([blocked.end.refusal.standing, blocked.end.refusal.location], ['proven', 'TN'])
  assert.deepEqual(
    [answered?.from, answered?.ringMs, answered?.setupMs, answered?.end],
    ['+12125550117', 2500, 900, { kind: 'answered', durationMs: 90_000 }],
  )
  assert.deepEqual([summary.lines, summary.attempts, summary.faults], [3, 2, 0])
})

test('what a record leaves out is not concluded: a bare 603 is unproven and undamaged', async () => {
  const { attempts } = await read(`${HEAD}c3,2026-11-22 07:00:00,2125550117,4155550100,north,blocked,,,21,,,\n`)
  assert.ok(attempts[0]?.end.kind === 'refused')
  const { standing, damage, status } = attempts[0].end.refusal
  assert.deepEqual([standing, damage, status], ['unproven', [], 603])
})

const BAD_LINES: [line: string, problem: RegExp][] = [
  ['c,2026-11-22 07:00:00,1,2\n', /^found 4 values, expected 12$/],
  ['c,yesterday,1,2,,603,,,,,,\n', /^found "yesterday" in when, expected a time as rfc3339$/],
  ['c,2026-02-31 25:00:00,1,2,,603,,,,,,\n', /expected a time/],
  ['c,9999-01-01 00:00:00,1,2,,603,,,,,,\n', /expected a time/],
  ['c,,1,2,,603,,,,,,\n', /^found no when, expected when the call was placed$/],
  ['c,2026-11-22 07:00:00,,2,,603,,,,,,\n', /^found no cli, expected a number$/],
  ['c,2026-11-22 07:00:00,1,,,603,,,,,,\n', /^found no dialled, expected a number$/],
  ['c,2026-11-22 07:00:00,1,2,,rejected,,,,,,\n', /^found "rejected" in result, expected a SIP status from 100 to 699/],
  ['"c,2026-11-22 07:00:00,1,2,,603,,,,,,\n', /^found a quote without its end/],
  [`${'x'.repeat(LINE_BYTES_MAX + 5)}\n`, /^found more than 1048576 octets/],
  ['\u0000\u0000\n', /^found 1 values/],
]

test('each bad line is told with its number and place, and the good ones around it are read', async () => {
  for (const [line, problem] of BAD_LINES) {
    const { attempts, faults, summary } = await read(HEAD + BLOCKED + line + ANSWERED)
    assert.equal(attempts.length, 2, line.slice(0, 40))
    assert.deepEqual(
      faults.map(({ line, offset }) => [line, offset]),
      [[3, Buffer.byteLength(HEAD + BLOCKED)]],
    )
    assert.match(faults[0]!.problem, problem)
    assert.equal(summary.faults, 1)
  }
  const many = await read(HEAD + 'x\n'.repeat(TOLD_LINES_MAX + 20))
  assert.deepEqual([many.faults.length, many.summary.faults], [TOLD_LINES_MAX, TOLD_LINES_MAX + 20])
})

test('a mapping that names a column which is not there is refused, with the nearest', async () => {
  const mapping = CSV.replace('result,', 'resutl,')
  const nearest = (word: string, known: Iterable<string>) =>
    word === 'resutl' && [...known].includes('result') ? 'result' : undefined
  await assert.rejects(
    read(HEAD + BLOCKED, { nearest }, mapping),
    (error) =>
      error instanceof WrongMapping &&
      error.message ===
        'fields.status: found the column "resutl", which calls.csv does not have: did you mean "result"?',
  )
  await assert.rejects(read(HEAD + BLOCKED, {}, mapping), /its columns are "call", "when", "cli"/)
})

const BAD_MAPPINGS: [text: string, expected: RegExp][] = [
  ['format: [', /broken YAML/],
  ['', /found no mapping/],
  ['format: xml\nfields: { at: a, from: b, to: c }', /format: expected csv or ndjson/],
  ['format: csv\nfields: { at: a, from: b }', /fields\.to/],
  [
    'format: csv\nfields: { at: a, from: b, to: c, statsu: d }',
    /fields: found the key statsu, expected some of id, at/,
  ],
  ['format: csv\nfields: { at: { column: a, as: months }, from: b, to: c }', /fields\.at/],
  ['format: csv\nfields: { at: { column: a, offset: EST }, from: b, to: c }', /fields\.at/],
  ['format: csv\nmore: 1\nfields: { at: a, from: b, to: c }', /found the key more, expected format/],
  [`format: csv # ${'x'.repeat(70_000)}`, /at most 65536/],
]

test('what is wrong with a mapping is told with its place', () => {
  for (const [text, expected] of BAD_MAPPINGS)
    assert.throws(
      () => readRecordMapping('map.yaml', text),
      (error) =>
        error instanceof WrongMapping && expected.test(error.message) && error.message.startsWith('map.yaml: '),
      text.slice(0, 60),
    )
})

test('NDJSON: members of objects, times as numbers, the first of several names', async () => {
  const mapping = `format: ndjson
fields:
  at: { column: [missing, times.start], as: microseconds }
  from: { column: a.b }
  to: to
  status: code
  answered: up
`
  const line = (more: object) =>
    `${JSON.stringify({ times: { start: NOW * 1000 - 1_000_000 }, a: { b: '+12125550117' }, to: '+14155550100', ...more })}\n`
  const { attempts, faults } = await read(
    line({ code: 608 }) + line({ up: true }) + '[1]\n{\n' + line({ to: 5 }) + line({ times: 7 }) + '\n',
    {},
    mapping,
  )
  assert.deepEqual(
    attempts.map(({ at, from, to, end }) => [at, from, to, end.kind]),
    [
      [NOW - 1000, '+12125550117', '+14155550100', 'refused'],
      [NOW - 1000, '+12125550117', '+14155550100', 'answered'],
      [NOW - 1000, '+12125550117', '5', 'unknown'],
    ],
  )
  assert.deepEqual(
    faults.map(({ line }) => line),
    [3, 4, 6],
  )
})

test('a file that grows is read on, each line once; one that was replaced from its beginning', async () => {
  const path = join(folder, 'grows.csv')
  const whole = HEAD + [1, 2, 3, 4, 5].map((id) => BLOCKED.replace('c1', `g${id}`)).join('')
  writeFileSync(path, '')
  let place: FilePlace | undefined
  const keys: string[] = []
  const lines: number[] = []
  const look = async () => {
    const mapping = readRecordMapping('m', CSV)
    const { place: next } = await readCallRecords(path, {
      mapping,
      name: 'grows.csv',
      nowMs: NOW,
      from: place,
      isGrowing: true,
      onAttempt: ({ key }, { line }) => {
        keys.push(key)
        lines.push(line)
      },
    })
    place = JSON.parse(JSON.stringify(next)) as FilePlace
  }
  for (let at = 0; at < whole.length; at += 53) {
    appendFileSync(path, whole.slice(at, at + 53))
    await look()
  }
  assert.deepEqual([keys.length, new Set(keys).size, lines], [5, 5, [2, 3, 4, 5, 6]])
  writeFileSync(path, `${HEAD}${ANSWERED}${whole.slice(HEAD.length)}`)
  await look()
  assert.equal(keys.length, 11)
})

test('a byte-order mark, CRLF and octets that are no UTF-8 do no harm', async () => {
  const { attempts } = await read(`\uFEFF${HEAD}${BLOCKED}${ANSWERED}`.replaceAll('\n', '\r\n'))
  assert.equal(attempts.length, 2)
  const bytes = Buffer.from(HEAD + BLOCKED.replace('north', 'n@rth'))
  bytes[bytes.indexOf('@')] = 0xff
  assert.equal((await read(bytes)).attempts[0]?.carrier, 'n\uFFFDrth')
})

test('CSV is split as RFC 4180 says', () => {
  assert.deepEqual(splitCsv('a,"b ""c"", d",,', ','), ['a', 'b "c", d', '', ''])
  assert.deepEqual(splitCsv('a;b', ';'), ['a', 'b'])
  assert.equal(splitCsv('a,"b', ','), undefined)
  fc.assert(
    fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', '"', ',', ' ') }), { minLength: 1 }), (cells) => {
      const line = cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')
      assert.deepEqual(splitCsv(line, ','), cells)
    }),
  )
})

const SAMPLES: Record<string, [text: string, ends: string[], others: number]> = {
  'asterisk-cdr.yaml': [
    '"","12125550117","14155550100","out","""x"" <1>","PJSIP/a-1","PJSIP/t-2","Dial","PJSIP/x","2026-11-22 12:00:00",,"2026-11-22 12:00:02",2,0,"BUSY","DOCUMENTATION","1795348800.1",""\n',
    ['refused'],
    0,
  ],
  'kamailio-acc.yaml': [
    '{"time":"2026-11-22 12:00:00","callid":"1@a","src_user":"+12125550117","dst_user":"+14155550100","dst_domain":"north","sip_code":"603","sip_reason":"Network Blocked"}\n',
    ['refused'],
    0,
  ],
  'telnyx-cdr.yaml': [
    'sip_call_id,started_at,cli,cld,direction,sip_invite_failure_status,call_sec\nx,2026-11-22T12:00:00Z,+12125550117,+14155550100,outbound,603,0\ny,2026-11-22T12:00:00Z,+12125550117,+14155550100,inbound,,9\n',
    ['refused'],
    1,
  ],
  'twilio-call-log.yaml': [
    'Call Sid,From,To,Direction,Status,Start Time,Duration\nCA1,+12125550117,+14155550100,outbound-api,completed,2026-11-22T12:00:00Z,9\nCA2,+12125550117,+14155550100,outbound-api,failed,2026-11-22T12:00:00Z,0\nCA3,+1,+2,inbound,completed,2026-11-22T12:00:00Z,0\n',
    ['answered', 'unknown'],
    1,
  ],
}

test('each mapping that ships reads a record as its system writes it', async () => {
  const shipped = new URL('../../../examples/records/', import.meta.url)
  assert.deepEqual(readdirSync(shipped).toSorted(), Object.keys(SAMPLES).toSorted())
  for (const [name, [text, ends, others]] of Object.entries(SAMPLES)) {
    const { attempts, faults, summary } = await read(text, {}, readFileSync(new URL(name, shipped), 'utf8'))
    assert.deepEqual([attempts.map(({ end }) => end.kind), summary.others, faults], [ends, others, []], name)
  }
})

test('records of FreeSWITCH are read from their folder, and only what changed since', async () => {
  const cdr = (uuid: string, direction: string) =>
    JSON.stringify({
      variables: { uuid, direction, start_epoch: String(NOW / 1000 - 9), sip_invite_failure_status: '603' },
    })
  const path = mkdtempSync(join(folder, 'cdr-'))
  writeFileSync(join(path, 'a_1.cdr.json'), cdr('1', 'outbound'))
  writeFileSync(join(path, '2.cdr.json'), cdr('2', 'inbound'))
  writeFileSync(join(path, '3.cdr.xml'), '<cdr>')
  writeFileSync(join(path, 'notes.txt'), 'no record')
  const attempts: Attempt[] = []
  const faults: string[] = []
  const options = {
    nowMs: NOW,
    onAttempt: (attempt: Attempt) => void attempts.push(attempt),
    onFault: (file: string, problem: string) => void faults.push(`${file}: ${problem}`),
  }
  const first = await readFreeswitchFiles(path, { ...options, sinceMs: 0 })
  assert.deepEqual([first.files, first.attempts, first.others, first.faults], [3, 1, 1, 1])
  assert.match(faults[0] ?? '', /3\.cdr\.xml: found no <variables>/)
  const later = await readFreeswitchFiles(path, { ...options, sinceMs: first.sinceMs + 1 })
  assert.equal(later.files, 0)
  await assert.rejects(readFreeswitchFiles(join(path, 'none'), { ...options, sinceMs: 0 }), /ENOENT/)
})

async function read(text: string | Uint8Array, options: Partial<RecordOptions> = {}, mapping = CSV) {
  const path = join(folder, 'calls.csv')
  writeFileSync(path, text)
  const attempts: Attempt[] = []
  const faults: LineFault[] = []
  const summary = await readCallRecords(path, {
    mapping: readRecordMapping('map.yaml', mapping),
    name: 'calls.csv',
    nowMs: NOW,
    onAttempt: (attempt) => void attempts.push(attempt),
    onFault: (fault) => void faults.push(fault),
    ...options,
  })
  return { attempts, faults, summary }
}
