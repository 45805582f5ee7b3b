import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { WrongMapping, readRecordMapping } from '#edge/monitor/record-mapping.ts'
import { openMonitorStore } from '#edge/store/monitor-store.ts'
import { readRecords, recordKind } from './monitor-records.ts'
import { MonitorRoom } from '#main/monitor/room.ts'

const MAPPING = `
format: csv
fields:
  at: { column: when, as: rfc3339 }
  from: cli
  to: dialled
  status: code
`
const HEAD = 'when,cli,dialled,code\n'
const record = (minute: number, code: string): string =>
  `2026-11-22T10:${String(minute).padStart(2, '0')}:00Z,+12125550117,+14155550${100 + minute},${code}\n`

test('a file of records is read on where it ended, also by another run, and each call counts once', async (t) => {
  const { file, read, refused } = open(t)
  writeFileSync(file, HEAD + record(1, '603') + record(2, '200'))
  assert.match(await read(), /3 lines: 2 calls$/)
  assert.equal(refused(), 1)
  assert.match(await read(), /nothing new since it was read last/)
  appendFileSync(file, record(3, '603') + record(4, '6'))
  assert.match(await read(), /2 lines: 1 call, 1 line that cannot be used$/)
  assert.equal(refused(), 2)
  // A file that was rotated is another one.
  writeFileSync(file, HEAD + record(5, '603'))
  assert.match(await read(), /2 lines: 1 call$/)
  assert.equal(refused(), 3)
})

test('a mapping that names a column which is not there is refused, and nothing is noted as read', async (t) => {
  const { file, read, refused } = open(t)
  writeFileSync(file, `${HEAD.replace('code', 'result')}${record(1, '603')}`)
  await assert.rejects(read(), WrongMapping)
  assert.equal(refused(), 0)
  writeFileSync(file, HEAD + record(1, '603'))
  assert.match(await read(), /1 call$/)
})

test('what a file holds goes by its name, and for JSON and XML by its first octets', (t) => {
  const { folder } = open(t)
  const cases: [string, string, string | undefined][] = [
    ['calls.csv', 'a', 'columns'],
    ['calls.NDJSON', '{}', 'columns'],
    ['one.json', '{"variables":{}}', 'freeswitch'],
    ['one.xml', '<?xml version="1.0"?><cdr>', 'freeswitch'],
    ['list.json', '[1]', undefined],
    ['trace.txt', 'INVITE', undefined],
    ['trunk.pcap', '{', undefined],
  ]
  for (const [name, text, kind] of cases) {
    writeFileSync(join(folder, name), text)
    assert.equal(recordKind(join(folder, name)), kind, name)
  }
})

function open(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-records-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'calls.csv')
  const store = openMonitorStore(`sqlite:${join(folder, 'recourse.db')}`)
  t.after(() => store.close())
  return {
    folder,
    file,
    async read(this: void): Promise<string> {
      const room = new MonitorRoom({ store, nameCarrier: () => undefined, seed: 1 })
      const mapping = readRecordMapping('mapping.yaml', MAPPING)
      const words = await readRecords(file, 'columns', {
        mapping,
        room,
        placeOf: (source) => store.place(source),
        tell: () => undefined,
      })
      room.flush()
      return words
    },
    refused: () => store.observations({}, undefined, 100).rows.length,
  }
}
