// Prints the description of the inside API for mail, webhooks, retention and health: `node src/edge/http/upkeep/describe.ts > docs/openapi-upkeep.json`.
import { describeOffice } from '#edge/http/accounts/office-app.ts'
import { UPKEEP_DESCRIPTIONS } from './descriptions.ts'

process.stdout.write(`${JSON.stringify(describeOffice(Object.values(UPKEEP_DESCRIPTIONS)), undefined, 2)}\n`)
