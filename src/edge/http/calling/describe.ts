// Prints the description of the inside API for the calling side: `node src/edge/http/calling/describe.ts > docs/openapi-calling.json`.
import { describeOffice } from '#edge/http/accounts/office-app.ts'
import { CALLING_DESCRIPTIONS } from './descriptions.ts'

process.stdout.write(`${JSON.stringify(describeOffice(Object.values(CALLING_DESCRIPTIONS)), undefined, 2)}\n`)
