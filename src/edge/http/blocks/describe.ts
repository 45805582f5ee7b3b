// Prints the description of the inside API for single blocks and the overview: `node src/edge/http/blocks/describe.ts > docs/openapi-blocks.json`.
import { describeOffice } from '#edge/http/accounts/office-app.ts'
import { BLOCK_DESCRIPTIONS } from './descriptions.ts'

process.stdout.write(`${JSON.stringify(describeOffice(Object.values(BLOCK_DESCRIPTIONS)), undefined, 2)}\n`)
