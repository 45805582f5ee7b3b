// Prints the description of the desk: `node src/edge/http/desk/describe.ts > docs/openapi-desk.json`.
import { deskDescription } from './description.ts'

process.stdout.write(`${JSON.stringify(deskDescription(), undefined, 2)}\n`)
