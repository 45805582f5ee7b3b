// Prints the description of the inside API for cases: `node src/edge/http/office/describe.ts > docs/openapi-cases.json`.
import { describeOffice } from '#edge/http/accounts/office-app.ts'
import { DESCRIPTIONS } from './descriptions.ts'

process.stdout.write(`${JSON.stringify(describeOffice(Object.values(DESCRIPTIONS)), undefined, 2)}\n`)
