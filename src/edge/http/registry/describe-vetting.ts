// Prints the description of the registry's inside: `node src/edge/http/registry/describe-vetting.ts > docs/openapi-vetting.json`.
import { describeOffice } from '#edge/http/accounts/office-app.ts'
import { VETTING_DESCRIPTIONS } from './vetting-descriptions.ts'

process.stdout.write(`${JSON.stringify(describeOffice(Object.values(VETTING_DESCRIPTIONS)), undefined, 2)}\n`)
