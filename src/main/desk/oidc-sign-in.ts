import { randomBytes } from 'node:crypto'
import { type By, type LinkKind, type OidcSignIn, type Refusal, parseAccountName } from '#core/account/accounts.ts'
import type { Role } from '#core/account/permission.ts'
import { type OidcChecks, type OidcIdentity, type OidcProvider, createOidcClient } from '#edge/account/oidc.ts'
import type { AccountRow, AccountStore, LinkRow } from '#edge/store/account-store.ts'
import type { AuditAction } from '#edge/store/audit.ts'
import { type Admit, hashOf } from './accounts.ts'

/** A provider, what people call it, and which role the values of its claim give. */
export type OidcTerms = {
  readonly label: string
  readonly provider: OidcProvider
  /** Roles by values; the first that somebody has counts. */
  readonly roles: ReadonlyMap<string, Role>
}

/** What a sign-in by another's word needs of accounts. */
export type OidcSurroundings = {
  readonly store: AccountStore
  readonly admit: Admit
  readonly note: (by: By, action: AuditAction, account: Pick<AccountRow, 'name'>, detail?: object) => void
  readonly findLink: (token: string) => LinkRow | undefined
  readonly takeUp: (
    link: { readonly kind: LinkKind; readonly role: Role; readonly account: string | undefined },
    name: string,
  ) => AccountRow | Refusal
  readonly now: () => number
  readonly alarm: (cause: unknown) => void
}

/**
 * Signs in by a provider's word. An identity gets its account by an invitation that is taken up this way, or by a value of
 * the claim that gives a role; by a name that happens to be the same it never gets one. Where the claim gives roles, it says
 * at every sign-in which role it is, and whoever has none any more stays out.
 */
export function createOidcSignIn({ label, provider, roles }: OidcTerms, around: OidcSurroundings): OidcSignIn {
  const { store, now } = around
  const client = createOidcClient(provider)
  const begun = new Map<string, Begun>()

  return {
    label,
    async begin(link) {
      forget(begun, now())
      if (begun.size >= BEGUN_MAX)
        return { ...refused('busy', 'too many sign-ins are under way: try again'), retryAfterMs: 5_000 }
      try {
        const { url, checks } = await client.begin()
        const binding = randomBytes(16).toString('base64url')
        begun.set(hashOf(binding), { checks, link, until: now() + BEGUN_MS })
        return { kind: 'begun', url, binding }
      } catch (cause) {
        around.alarm(cause)
        return { ...refused('busy', `${label} cannot be reached: try again`), retryAfterMs: 30_000 }
      }
    },

    async finish(url, binding) {
      const key = hashOf(binding ?? '')
      const started = begun.get(key)
      begun.delete(key)
      if (started === undefined || started.until <= now()) return NOT_BEGUN
      let identity: OidcIdentity
      try {
        identity = await client.finish(new URL(url.search, provider.redirect), started.checks)
      } catch (cause) {
        // A provider's "no" is no fault of ours, but whoever runs it wants to know which check failed.
        around.alarm(new Error(`a sign-in by ${label} was refused: ${(cause as Error).message}`, { cause }))
        return refused('wrong-sign-in', `${label} did not say who you are: try again, and tell an admin if it goes on`)
      }
      return store.atOnce(() => {
        const account = accountOf(identity, started.link)
        return 'kind' in account ? account : around.admit(account, 'oidc', undefined, { issuer: identity.issuer })
      })
    },
  }

  function accountOf({ issuer, subject, name, values }: OidcIdentity, token: string | undefined): AccountRow | Refusal {
    const known = store.accountOfIdentity(issuer, subject)
    const role = values.flatMap((value) => roles.get(value) ?? [])[0]
    if (known !== undefined) return settleRole(known, role)
    if (token !== undefined) return takeInvitation(issuer, subject, token)
    const own = parseAccountName(name)
    if (role === undefined || own === undefined) return STRANGER
    const made = around.takeUp({ kind: 'invitation', role, account: undefined }, own)
    if ('kind' in made) return made
    link(made, issuer, subject)
    return made
  }

  function takeInvitation(issuer: string, subject: string, token: string): AccountRow | Refusal {
    const invitation = around.findLink(token)
    if (invitation?.name === undefined || !store.endLink(invitation.hash)) return STRANGER
    const account = around.takeUp(invitation, invitation.name)
    if (!('kind' in account)) link(account, issuer, subject)
    return account
  }

  function link(account: AccountRow, issuer: string, subject: string): void {
    store.insertIdentity(issuer, subject, account.id, now())
    around.note({ name: account.name, account: account.id }, 'account-identity-linked', account, { issuer })
  }

  function settleRole(account: AccountRow, role: Role | undefined): AccountRow | Refusal {
    if (!account.isActive) return STRANGER
    if (roles.size === 0 || role === account.role) return account
    if (role === undefined) {
      store.endSessions(account.id)
      return STRANGER
    }
    store.setRole(account.id, role)
    store.endSessions(account.id)
    around.note({ name: label, account: provider.issuer }, 'account-role-changed', account, {
      from: account.role,
      to: role,
    })
    return store.account(account.id)!
  }
}

type Begun = { readonly checks: OidcChecks; readonly link: string | undefined; readonly until: number }

function forget(begun: Map<string, Begun>, nowMs: number): void {
  for (const [key, { until }] of begun) if (until <= nowMs) begun.delete(key)
}

function refused(problem: Refusal['problem'], detail: string): Refusal {
  return { kind: 'refused', problem, detail }
}

const NOT_BEGUN = refused(
  'wrong-sign-in',
  'this sign-in was not begun in this browser, or more than 10 minutes ago: begin again',
)
const STRANGER = refused(
  'wrong-sign-in',
  'no account here is open to who you are there: ask an admin for an invitation, and begin with its link',
)
/** From going to the provider to coming back. */
const BEGUN_MS = 600_000
const BEGUN_MAX = 1_000
