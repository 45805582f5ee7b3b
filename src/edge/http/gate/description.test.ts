import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { describeOffice } from '#edge/http/accounts/office-app.ts'
import { GATE_DESCRIPTIONS } from './descriptions.ts'

test('docs/openapi-gate.json describes the settings of the gate as they are', () => {
  const described: unknown = JSON.parse(JSON.stringify(describeOffice(Object.values(GATE_DESCRIPTIONS))))
  assert.deepEqual(JSON.parse(readFileSync('docs/openapi-gate.json', 'utf8')), described)
  const paths = Object.keys((described as { paths: object }).paths)
  assert.equal(paths.length, Object.keys(GATE_DESCRIPTIONS).length)
})
