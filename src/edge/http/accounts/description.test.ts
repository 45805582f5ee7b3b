import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { ACCOUNT_DESCRIPTIONS } from './account-routes.ts'
import { describeOffice } from './office-app.ts'
import { SESSION_DESCRIPTIONS } from './session-routes.ts'

test('docs/openapi-accounts.json describes sessions, accounts, tokens and the audit trail as they are', () => {
  const routes = [...Object.values(SESSION_DESCRIPTIONS), ...Object.values(ACCOUNT_DESCRIPTIONS)]
  const described: unknown = JSON.parse(JSON.stringify(describeOffice(routes)))
  assert.deepEqual(JSON.parse(readFileSync('docs/openapi-accounts.json', 'utf8')), described)
})
