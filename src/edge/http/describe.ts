// Prints the description of the API: `node src/edge/http/describe.ts > docs/openapi.json`.
import { apiDescription } from './api.ts'

process.stdout.write(`${JSON.stringify(apiDescription(), undefined, 2)}\n`)
