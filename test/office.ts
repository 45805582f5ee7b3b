import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Accounts } from '#core/account/accounts.ts'
import type { Role } from '#core/account/permission.ts'
import { createPasswordHasher } from '#edge/account/password-hash.ts'
import { TOTP_STEP_MS, codeAt } from '#edge/account/totp.ts'
import type { InsideRoute, OpenRoute } from '#edge/http/accounts/guard.ts'
import { createOfficeApp, insideRoutes } from '#edge/http/accounts/office-app.ts'
import { SESSION_COOKIE } from '#edge/http/accounts/session-cookie.ts'
import { type HttpFigures, noHttpFigures } from '#edge/http/figures.ts'
import { type AccountStore, openAccountStore } from '#edge/store/account-store.ts'
import { type AccountTerms, createAccounts, makeFirstRunLink } from '#main/desk/accounts.ts'
import type { OidcTerms } from '#main/desk/oidc-sign-in.ts'

/** The inside on a store of its own, with a clock that stands still and hashes that cost next to nothing. */
export type TestOffice = {
  readonly store: AccountStore
  readonly accounts: Accounts
  readonly figures: HttpFigures
  readonly alarms: unknown[]
  app: ReturnType<typeof createOfficeApp>
  /** All that is behind the guard. */
  readonly inside: readonly InsideRoute[]
  /** Milliseconds since 1970. */
  now: number
  /** One request; a cookie comes with the headers of a browser on our own page, unless `headers` says otherwise. */
  ask(method: string, path: string, wishes?: Asked): Promise<Response>
  /** Makes an account with a second factor, and signs it in. */
  staff(name: string, role: Role): Promise<Staff>
  /** Begins anew on the same store: what stood in memory is gone. */
  restart(): void
  close(): void
}

export type Asked = {
  readonly session?: string | undefined
  readonly token?: string | undefined
  readonly json?: unknown
  readonly form?: Readonly<Record<string, string>>
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly from?: string
}

export type Staff = {
  readonly id: string
  readonly session: string
  readonly totp: Uint8Array
  readonly recoveryCodes: readonly string[]
}

export function openTestOffice(
  wishes: {
    routes?: readonly InsideRoute[]
    open?: readonly OpenRoute[]
    terms?: Partial<AccountTerms>
    oidc?: OidcTerms
  } = {},
): TestOffice {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-office-'))
  const store = openAccountStore(`sqlite:${join(folder, 'recourse.db')}`)
  const figures = noHttpFigures()
  const alarms: unknown[] = []
  const alarm = (cause: unknown): void => void alarms.push(cause)
  const terms = {
    needsSecondFactor: true,
    idleMs: 1_800_000,
    sessionMs: 43_200_000,
    operator: 'Northwire',
    ...wishes.terms,
  }
  const accounts = createAccounts({
    store,
    hasher: createPasswordHasher({ memoryKib: 64, passes: 1, parallelism: 1 }),
    public: OFFICE,
    terms,
    oidc: wishes.oidc,
    now: () => office.now,
    alarm,
  })
  const parts = {
    accounts,
    routes: wishes.routes ?? [],
    open: wishes.open ?? [],
    public: OFFICE,
    isProxy: () => false,
    figures,
    // The limit of requests a second is not what most tests are about: each request is in a second of its own.
    now: () => (requests += 1_000),
    alarm,
  }
  let requests = 0
  const office: TestOffice = {
    store,
    accounts,
    figures,
    alarms,
    app: createOfficeApp(parts),
    inside: insideRoutes(parts),
    now: Date.UTC(2026, 10, 22, 12),
    ask(method, path, asked = {}) {
      const { session, token, json, form, body, headers, from = '192.0.2.1' } = asked
      const type = json === undefined ? form && 'application/x-www-form-urlencoded' : 'application/json'
      const text = json === undefined ? form && new URLSearchParams(form).toString() : JSON.stringify(json)
      const request = new Request(`${OFFICE}${path}`, {
        method,
        headers: {
          ...(type !== undefined && { 'content-type': type }),
          ...(session !== undefined && {
            cookie: `${SESSION_COOKIE}=${session}`,
            origin: OFFICE,
            'sec-fetch-site': 'same-origin',
          }),
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...headers,
        },
        ...((body ?? text) !== undefined && { body: body ?? text! }),
      })
      return Promise.resolve(
        office.app.fetch(request, { incoming: { socket: { remoteAddress: from, remotePort: 1 } } }),
      )
    },
    async staff(name, role) {
      const link =
        store.count() === 0
          ? makeFirstRunLink(store, OFFICE, office.now)!.link
          : linkOf(accounts.invite(name, role, { name: 'test', account: 'test' }))
      const welcome = new URL(link).pathname
      const made = await office.ask('POST', welcome, { form: { name, password: PASSWORD, again: PASSWORD } })
      const begun = await office.ask('POST', '/v1/session/second-factor', {
        session: sessionOf(made),
        json: { password: PASSWORD },
      })
      const totp = readBase32(((await begun.json()) as { secret: string }).secret)
      const confirmed = await office.ask('PUT', '/v1/session/second-factor', {
        session: sessionOf(made),
        json: { code: codeNow(office, totp) },
      })
      const { recoveryCodes } = (await confirmed.json()) as { recoveryCodes: string[] }
      const id = store.accountNamed(name)!.id
      if (store.account(id)!.role !== role) store.setRole(id, role)
      office.now += TOTP_STEP_MS
      return { id, session: sessionOf(confirmed), totp, recoveryCodes }
    },
    restart() {
      office.app = createOfficeApp(parts)
    },
    close() {
      store.close()
      rmSync(folder, { recursive: true })
    },
  }
  return office
}

/** What the cookie of an answer holds. Throws where there is none. */
export function sessionOf(response: Response): string {
  const value = new RegExp(`${SESSION_COOKIE}=([^;]+);`).exec(response.headers.get('set-cookie') ?? '')?.[1]
  if (value === undefined) throw new Error(`no session: ${response.status}`)
  return value
}

/** The code that an app shows now. */
export function codeNow(office: Pick<TestOffice, 'now'>, secret: Uint8Array): string {
  return codeAt(secret, Math.floor(office.now / TOTP_STEP_MS))
}

export function linkOf(made: { readonly kind: string; readonly link?: string }): string {
  if (made.link === undefined) throw new Error(`no link: ${JSON.stringify(made)}`)
  return made.link
}

/** RFC 4648 §6. */
export function readBase32(text: string): Uint8Array {
  const bits = Array.from(text, (letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  )
  return Uint8Array.from(bits.join('').match(/.{8}/g) ?? [], (octet) => Number.parseInt(octet, 2))
}

export const OFFICE = 'https://office.northwire.example'
export const PASSWORD = 'a long row of words'
