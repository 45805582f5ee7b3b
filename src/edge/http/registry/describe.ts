// Prints the description of the public registry: `node src/edge/http/registry/describe.ts > docs/openapi-registry.json`.
import { registryDescription } from './description.ts'

process.stdout.write(`${JSON.stringify(registryDescription(), undefined, 2)}\n`)
