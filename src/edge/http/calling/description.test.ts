import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { describeOffice } from '#edge/http/accounts/office-app.ts'
import { CALLING_DESCRIPTIONS } from './descriptions.ts'

test('docs/openapi-calling.json describes the calling side as it is', () => {
  const described: unknown = JSON.parse(JSON.stringify(describeOffice(Object.values(CALLING_DESCRIPTIONS))))
  assert.deepEqual(JSON.parse(readFileSync('docs/openapi-calling.json', 'utf8')), described)
  const paths = Object.keys((described as { paths: object }).paths)
  assert.ok(paths.length >= 27, `saw ${paths.length} places`)
})
