// Prints the description of the inside API for cases: `node src/edge/http/office/describe.ts > docs/openapi-cases.json`.
import { describeOffice } from '#edge/http/accounts/office-app.ts'
import { DESCRIPTIONS } from './descriptions.ts'
import { POST_MAIL } from './mail-routes.ts'

process.stdout.write(`${JSON.stringify(describeOffice([...Object.values(DESCRIPTIONS), POST_MAIL]), undefined, 2)}\n`)
