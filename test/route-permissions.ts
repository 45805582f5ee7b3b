import type { InsideRoute } from '#edge/http/accounts/guard.ts'

type Asked = InsideRoute['permission']

/**
 * What every route of the inside asks of who comes, as `GET /v1/cases/:id`, written down here once more: a route whose permission
 * changes, one that is added and one that goes fail the walk until somebody has changed this too. What each role may do
 * stands in the walk itself.
 */
export function routePermissions(): ReadonlyMap<string, Asked> {
  const rows = Object.entries(ROUTES).flatMap(([permission, routes]) =>
    routes
      .split('\n')
      .map((line) => line.trim().replaceAll(/\{([^}]+)\}/g, ':$1'))
      .filter((line) => line !== '')
      .map((route) => [route, permission as Asked] as const),
  )
  const pages = PAGES.flatMap((page) => DEPTHS.map((depth) => [`GET /${page}${depth}`, 'self'] as const))
  return new Map<string, Asked>([...rows, ...pages])
}

const ROUTES: { readonly [permission in Asked]: string } = {
  setup: `
    GET /
    GET /account
    POST /account/password
    POST /account/second-factor
    POST /account/second-factor/code
    POST /sign-out
    POST /sign-out-everywhere
    DELETE /v1/session
    GET /v1/session
    DELETE /v1/session/all
    PUT /v1/session/password
    POST /v1/session/second-factor
    PUT /v1/session/second-factor
  `,
  self: `
    POST /account/recovery-codes
    POST /v1/session/recovery-codes
    GET /v1/tokens
    POST /v1/tokens
    DELETE /v1/tokens/{id}
  `,
  'cases.read': `
    GET /v1/cases
    GET /v1/cases/{id}
    GET /v1/cases/{id}/evidence
    GET /v1/cases/{id}/evidence/{file}
    GET /v1/cases/{id}/similar
  `,
  'cases.work': `
    POST /v1/cases
    POST /v1/cases/{id}/acknowledgement
    POST /v1/cases/{id}/answers
    POST /v1/cases/{id}/assignment
    POST /v1/cases/{id}/challenges
    POST /v1/cases/{id}/messages
    POST /v1/cases/{id}/notes
    POST /v1/cases/{id}/proofs
    POST /v1/cases/{id}/questions
    POST /v1/cases/{id}/reopening
    POST /v1/cases/{id}/withdrawal
  `,
  'cases.decide': `
    POST /v1/cases/decisions
    POST /v1/cases/{id}/corrections
    POST /v1/cases/{id}/decision
    POST /v1/cases/{id}/decision/preview
  `,
  'registry.read': `
    GET /v1/registry/numbers/{number}
    GET /v1/registry/registrations
    GET /v1/registry/registrations/{id}
    GET /v1/registry/registrations/{id}/evidence/{file}
    GET /v1/registry/sources
  `,
  'registry.vet': `
    POST /v1/registry/registrations
    POST /v1/registry/registrations/{id}/approve
    POST /v1/registry/registrations/{id}/ask
    POST /v1/registry/registrations/{id}/checklist
    POST /v1/registry/registrations/{id}/corrections
    POST /v1/registry/registrations/{id}/disputes
    POST /v1/registry/registrations/{id}/notes
    POST /v1/registry/registrations/{id}/numbers
    POST /v1/registry/registrations/{id}/proofs
    POST /v1/registry/registrations/{id}/refuse
    POST /v1/registry/registrations/{id}/removals
    POST /v1/registry/registrations/{id}/suspend
    POST /v1/registry/registrations/{id}/withdraw
  `,
  'ledger.read': `
    GET /v1/blocks
    GET /v1/blocks/{id}
    GET /v1/overview
    GET /v1/overview/live
  `,
  exports: `
    GET /v1/cases/{id}/file
    GET /v1/figures
    GET /v1/subscribers/blocked-calls
  `,
  accounts: `
    GET /v1/accounts
    GET /v1/accounts/invitations
    POST /v1/accounts/invitations
    DELETE /v1/accounts/invitations/{id}
    PATCH /v1/accounts/{id}
    POST /v1/accounts/{id}/reset
    DELETE /v1/accounts/{id}/sessions
    GET /v1/accounts/{id}/tokens
    DELETE /v1/accounts/{id}/tokens/{token}
  `,
  settings: `
    GET /v1/gate/keys
    GET /v1/gate/notice
    GET /v1/gate/peer-tests/{id}
    POST /v1/gate/peer-tests/{id}/cancel
    POST /v1/gate/peer-tests/{id}/rang
    GET /v1/gate/peers
    GET /v1/gate/peers/{name}
    POST /v1/gate/peers/{name}/tests
    GET /v1/outgoing
    POST /v1/outgoing/mail-tests
    GET /v1/outgoing/mail-tests/{id}
    POST /v1/outgoing/webhook-tests
    GET /v1/tour
    POST /v1/tour/calls
  `,
  'audit.read': `
    GET /v1/audit
    GET /v1/health
    GET /v1/retention
  `,
  mail: `
    POST /v1/mail
  `,
  'calling.read': `
    GET /v1/calling/directory
    GET /v1/calling/disputes
    GET /v1/calling/disputes/{id}
    GET /v1/calling/groups
    GET /v1/calling/groups/{id}
    GET /v1/calling/observations
    GET /v1/calling/observations/{id}
    GET /v1/calling/silence
    GET /v1/calling/summary
  `,
  'calling.dispute': `
    POST /v1/calling/disputes
    POST /v1/calling/disputes/{id}/answers
    POST /v1/calling/disputes/{id}/check
    POST /v1/calling/disputes/{id}/closing
    POST /v1/calling/disputes/{id}/draft
    POST /v1/calling/disputes/{id}/filed
    POST /v1/calling/disputes/{id}/filing
    POST /v1/calling/disputes/{id}/heard
    POST /v1/calling/disputes/{id}/notes
    POST /v1/calling/disputes/{id}/outcome
    POST /v1/calling/disputes/{id}/poll
    POST /v1/calling/disputes/{id}/proof
    POST /v1/calling/disputes/{id}/reopening
    POST /v1/calling/disputes/{id}/retest
    POST /v1/calling/groups/{id}/marks
  `,
  probe: `
    GET /v1/probe-options
    GET /v1/probes
    POST /v1/probes
    GET /v1/probes/{id}
    POST /v1/probes/{id}/cancel
    POST /v1/probes/{id}/links
    DELETE /v1/probes/{id}/links/{link}
    GET /v1/probes/{id}/report
  `,
  'policy.read': `
    GET /v1/policy/differences
    GET /v1/policy/lists
    GET /v1/policy/lists/{name}/entries
    GET /v1/policy/shadow
    GET /v1/policy/shadow/{rule}/calls
    GET /v1/policy/shadow/{rule}/numbers
    GET /v1/policy/trials/{id}
    GET /v1/policy/trials/{id}/numbers
    GET /v1/policy/uploads/{id}
    GET /v1/policy/versions
    GET /v1/policy/versions/{version}
  `,
  'policy.change': `
    POST /v1/policy/checks
    POST /v1/policy/lists/{name}/entries
    POST /v1/policy/lists/{name}/taking-back
    POST /v1/policy/lists/{name}/uploads
    POST /v1/policy/shadow/{rule}/judgements
    POST /v1/policy/trials
    DELETE /v1/policy/trials/{id}
    DELETE /v1/policy/uploads/{id}
    POST /v1/policy/uploads/{id}/confirmation
    POST /v1/policy/versions
    POST /v1/policy/versions/{version}/application
    POST /v1/policy/versions/{version}/approval
  `,
}

/** Pages of the console are the same few octets for everybody who is signed in; what they show they ask for by `/v1/…`. */
const PAGES = ['overview', 'blocks', 'cases', 'registry', 'policy', 'calls', 'probes', 'settings', 'welcome-tour']
const DEPTHS = ['', '/:one', '/:one/:two', '/:one/:two/:three']
