// Prints the description of the inside API for the settings of the gate: `node src/edge/http/gate/describe.ts > docs/openapi-gate.json`.
import { describeOffice } from '#edge/http/accounts/office-app.ts'
import { GATE_DESCRIPTIONS } from './descriptions.ts'

process.stdout.write(`${JSON.stringify(describeOffice(Object.values(GATE_DESCRIPTIONS)), undefined, 2)}\n`)
