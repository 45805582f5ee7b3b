// Prints the description of the inside API for the policy: `node src/edge/http/policy/describe.ts > docs/openapi-policy.json`.
import { describeOffice } from '#edge/http/accounts/office-app.ts'
import { DESCRIPTIONS } from './descriptions.ts'

process.stdout.write(`${JSON.stringify(describeOffice(Object.values(DESCRIPTIONS)), undefined, 2)}\n`)
