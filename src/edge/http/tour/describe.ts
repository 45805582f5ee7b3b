// Prints the description of the inside API for the first run: `node src/edge/http/tour/describe.ts > docs/openapi-tour.json`.
import { describeOffice } from '#edge/http/accounts/office-app.ts'
import { TOUR_DESCRIPTIONS } from './descriptions.ts'

process.stdout.write(`${JSON.stringify(describeOffice(Object.values(TOUR_DESCRIPTIONS)), undefined, 2)}\n`)
