// Prints the description of sessions, accounts, tokens and the audit trail: `node src/edge/http/accounts/describe.ts > docs/openapi-accounts.json`.
import { ACCOUNT_DESCRIPTIONS } from './account-routes.ts'
import { describeOffice } from './office-app.ts'
import { SESSION_DESCRIPTIONS } from './session-routes.ts'

const routes = [...Object.values(SESSION_DESCRIPTIONS), ...Object.values(ACCOUNT_DESCRIPTIONS)]
process.stdout.write(`${JSON.stringify(describeOffice(routes), undefined, 2)}\n`)
