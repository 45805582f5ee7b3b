import assert from 'node:assert/strict'
import test from 'node:test'
import { LINES_MAX, QUIET_MS, saySparingly } from './say-sparingly.ts'

test('what fails twice a second is a few lines in ten minutes, and how many were left out is said', () => {
  const lines: string[] = []
  let now = 0
  const say = saySparingly(
    (line) => lines.push(line),
    () => now,
  )
  for (; now < QUIET_MS; now += 500) say('webhook chat: it answered 500')
  assert.deepEqual(lines, ['webhook chat: it answered 500'])
  say('webhook chat: it answered 500')
  assert.deepEqual(lines.slice(1), ['1199 lines like those before left out', 'webhook chat: it answered 500'])
})

test('lines that differ each time are bounded too, and those of another window are said', () => {
  const lines: string[] = []
  let now = 0
  const say = saySparingly(
    (line) => lines.push(line),
    () => now,
  )
  for (let at = 0; at < 1_000; at++) say(`451 queue ${at}`)
  assert.equal(lines.length, LINES_MAX)
  now = QUIET_MS
  say('451 queue 1')
  assert.deepEqual(lines.slice(LINES_MAX), [`${1_000 - LINES_MAX} lines like those before left out`, '451 queue 1'])
})
