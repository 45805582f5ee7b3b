import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { describeOffice } from '#edge/http/accounts/office-app.ts'
import { TOUR_DESCRIPTIONS } from './descriptions.ts'

test('docs/openapi-tour.json describes the first run as it is', () => {
  const described: unknown = JSON.parse(JSON.stringify(describeOffice(Object.values(TOUR_DESCRIPTIONS))))
  assert.deepEqual(JSON.parse(readFileSync('docs/openapi-tour.json', 'utf8')), described)
  assert.deepEqual(Object.keys((described as { paths: object }).paths), ['/v1/tour', '/v1/tour/calls'])
})
