import { BlockList, isIPv6 } from 'node:net'
import { createPasswordHasher } from '#edge/account/password-hash.ts'
import type { ConnectionEnv } from '#edge/http/connection.ts'
import type { HttpFigures } from '#edge/http/figures.ts'
import type { InsideRoute, OpenRoute } from '#edge/http/accounts/guard.ts'
import { createOfficeApp } from '#edge/http/accounts/office-app.ts'
import { openAccountStore } from '#edge/store/account-store.ts'
import { isSample } from '#edge/store/sample-mark.ts'
import type { Config, TlsConfig } from '#main/config/config.ts'
import type { AccountsConfig, OfficeConfig } from '#main/config/office.ts'
import { type AccountTerms, createAccounts, makeFirstRunLink } from './accounts.ts'
import type { OidcTerms } from './oidc-sign-in.ts'

/** The inside, ready to be served on one port. */
export type Office = {
  fetch(request: Request, connection: ConnectionEnv['Bindings']): Response | Promise<Response>
  /** Where the first account is made, in words for the terminal; undefined where there is one already. */
  firstRun(): string | undefined
  close(): void
}

/**
 * Puts accounts and the routes that are handed in together, on a connection to the store of its own. Everything runs on the
 * loop of the thread that calls it: never the gate's. Throws StoreError.
 */
export function openOffice(
  config: Pick<Config, 'accounts' | 'operator' | 'store'> & {
    readonly office: OfficeConfig
    readonly gate: Pick<Config['gate'], 'dialPlan'>
  },
  around: {
    readonly routes: readonly InsideRoute[]
    readonly open?: readonly OpenRoute[]
    readonly figures: HttpFigures
    readonly alarm: (cause: unknown) => void
  },
): Office {
  const store = openAccountStore(`sqlite:${config.store.path}`)
  const { public: url, tls } = config.office
  const now = () => Date.now()
  const accounts = createAccounts({
    store,
    hasher: createPasswordHasher(),
    public: url,
    terms: termsOf(config.accounts, config.operator.name),
    oidc: oidcOf(config.accounts, url),
    now,
    alarm: around.alarm,
  })
  const app = createOfficeApp({
    ...around,
    accounts,
    public: url,
    isProxy: proxiesOf(tls),
    isSample: isSample(`sqlite:${config.store.path}`),
    dialPlan: config.gate.dialPlan,
    now,
  })
  return {
    fetch: (request, connection) => app.fetch(request, connection),
    firstRun: () => {
      const made = makeFirstRunLink(store, url, now())
      return made && `make the first account at ${made.link} (good once, until ${timeOf(made.until)})`
    },
    close: () => store.close(),
  }
}

/** How sessions and sign-in go, of the configuration. */
export function termsOf(accounts: AccountsConfig, operator: string): AccountTerms {
  const { needsSecondFactor, idleMs, sessionMs } = accounts
  return { needsSecondFactor, idleMs, sessionMs, operator }
}

function oidcOf({ oidc }: AccountsConfig, url: string): OidcTerms | undefined {
  if (oidc === undefined) return undefined
  const { label, issuer, client, secret, claim, roles } = oidc
  return { label, roles, provider: { issuer, client, secret, claim, redirect: `${url}/oidc/callback` } }
}

function proxiesOf(tls: TlsConfig): (address: string) => boolean {
  const list = new BlockList()
  for (const range of tls.kind === 'proxy' ? tls.addresses : []) {
    const [address = '', prefix] = range.split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    if (prefix === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(prefix), family)
  }
  return (address) => list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

function timeOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 16).replace('T', ' ').concat(' UTC')
}
