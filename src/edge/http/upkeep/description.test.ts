import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { describeOffice } from '#edge/http/accounts/office-app.ts'
import { UPKEEP_DESCRIPTIONS } from './descriptions.ts'

test('docs/openapi-upkeep.json describes mail, webhooks, retention and health as they are', () => {
  const described: unknown = JSON.parse(JSON.stringify(describeOffice(Object.values(UPKEEP_DESCRIPTIONS))))
  assert.deepEqual(JSON.parse(readFileSync('docs/openapi-upkeep.json', 'utf8')), described)
  assert.equal(Object.keys((described as { paths: object }).paths).length, 6)
})
