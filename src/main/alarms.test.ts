import assert from 'node:assert/strict'
import { test } from 'node:test'
import pino from 'pino'
import { Alarms } from './alarms.ts'

test('the first alarm of a kind is out at once, those after it are counted and do not drown the log', () => {
  const { alarms, lines } = alarmsWith()

  for (let call = 0; call < 1_000; call++) alarms.raise('unrecorded', new Error('no space is left'))
  alarms.raise('late', undefined)

  assert.deepEqual(
    lines.map(({ alarm, count }) => [alarm, count]),
    [
      ['unrecorded', 1],
      ['late', 1],
    ],
  )
  assert.equal(lines[0]!.error?.message, 'no space is left')
  assert.equal(alarms.counts.get('unrecorded'), 1_000)
  assert.deepEqual(alarms.fresh('calls'), [lines[0]!.msg, lines[1]!.msg])
})

test('a fault of the program brings its stack into the log', () => {
  const { alarms, lines } = alarmsWith()

  alarms.raise('fault', new TypeError('x is not a function'))

  assert.match(lines[0]!.error?.stack ?? '', /alarms\.test/)
})

test('what is wrong beside calls is no reason to send them elsewhere', () => {
  const { alarms, lines } = alarmsWith()

  alarms.raise('mail', new Error('connection refused'))

  assert.deepEqual([alarms.fresh('calls'), alarms.fresh('beside')], [[], [lines[0]!.msg]])
})

test('without an alarm nothing is wrong', () => {
  assert.deepEqual(alarmsWith().alarms.fresh('calls'), [])
})

type Line = { alarm: string; count: number; msg: string; error?: { message: string; stack: string } }

function alarmsWith(): { alarms: Alarms; lines: Line[] } {
  const lines: Line[] = []
  const log = pino({}, { write: (line) => lines.push(JSON.parse(line) as Line) })
  return { alarms: new Alarms(log), lines }
}
