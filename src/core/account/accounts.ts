import type { Permission, Role, Who } from './permission.ts'

/**
 * What the inside asks of accounts. Whoever implements it records before it answers, with an entry of the audit trail in
 * the same transaction.
 */
export type Accounts = {
  /** Who shows this cookie or this token; every request of the inside begins here. */
  identify(given: { readonly session: string | undefined; readonly token: string | undefined }): Shown | Stranger
  /** One and the same answer, after one and the same time, for an unknown name and for a wrong password or code. */
  signIn(given: SignIn): Promise<SignedIn | Refusal>
  signOut(shown: Shown): Done
  /** Ends all sessions of an account; its tokens stay. */
  signOutEverywhere(account: string, by: By): Done | Refusal
  changePassword(shown: Shown, current: string, password: string): Promise<SignedIn | Refusal>
  /** Begins with a second factor; it counts when `confirmSecondFactor` has seen a code of it. */
  offerSecondFactor(shown: Shown, password: string): Promise<SecondFactorOffer | Refusal>
  /** The same once more for whoever shows its key, so that a wrong code does not lose it; undefined for any other key. */
  offeredSecondFactor(shown: Shown, secret: string): SecondFactorOffer | undefined
  /** The session gets another id, for it can do more from now on. */
  confirmSecondFactor(shown: Shown, code: string): (SignedIn & { readonly recoveryCodes: readonly string[] }) | Refusal
  /** The old ones are good no more. */
  makeRecoveryCodes(
    shown: Shown,
    password: string,
  ): Promise<{ readonly kind: 'made'; readonly recoveryCodes: readonly string[] } | Refusal>

  list(): readonly AccountView[]
  invite(name: string, role: Role, by: By): LinkMade | Refusal
  /** Links that somebody was given to make an account, and that are good still, oldest first. */
  invitations(): readonly InvitationView[]
  /** The link is good no more. */
  withdrawInvitation(id: string, by: By): Done | Refusal
  change(account: string, change: AccountChange, by: By): Done | Refusal
  /** A link by which its owner sets a new password; the old one, the second factor and all sessions are gone at once. */
  reset(account: string, by: By): LinkMade | Refusal
  /** What a link is for; undefined alike for a wrong, a used and an expired one. */
  openLink(token: string): LinkView | undefined
  acceptLink(token: string, name: string, password: string, network: string): Promise<SignedIn | Refusal>

  tokens(account: string): readonly TokenView[]
  makeToken(account: string, token: NewToken, by: By): TokenMade | Refusal
  endToken(account: string, token: string, by: By): Done | Refusal

  /** Undefined where no provider of identities is configured. */
  readonly oidc: OidcSignIn | undefined
  audit(filter: AuditFilter, limit: number): readonly AuditView[]
}

/** What was shown with a request: the cookie of a session, or a token. */
export type Shown = {
  readonly who: Who
  readonly may: ReadonlySet<Permission>
  /** What the cookie held; undefined for a token. */
  readonly session: string | undefined
  /** What she has yet to do before anything else is open to her. */
  readonly owes: 'nothing' | 'second-factor'
  /** Whether a second factor is set up. */
  readonly hasSecondFactor: boolean
  /** False for who comes by a provider of identities only: there is nothing here for her to change. */
  readonly hasPassword: boolean
}

/** Who shows nothing that is good: nothing at all, no token of ours, or a session that is over. */
export type Stranger = 'nothing' | 'wrong-token' | 'no-session'

export type SignIn = {
  readonly name: string
  readonly password: string
  /** Six digits of the second factor, or a recovery code; empty where there is none. */
  readonly code: string
  /** Who asks, as far as limits go: an address, or the /64 of one. */
  readonly network: string
  /** The session that the browser had before, which ends. */
  readonly before: string | undefined
}

/** `session` is the value of the cookie: 128 random bits, 22 characters. */
export type SignedIn = {
  readonly kind: 'signed-in'
  readonly session: string
  readonly who: Who
  readonly owes: Shown['owes']
}

export type Done = { readonly kind: 'done' }

export type Refusal = {
  readonly kind: 'refused'
  readonly problem: 'wrong-sign-in' | 'too-many' | 'busy' | 'bad-field' | 'conflict' | 'not-found'
  readonly detail: string
  readonly field?: string
  readonly retryAfterMs?: number
}

/** The person or program that an entry of the audit trail names. */
export type By = { readonly name: string; readonly account: string }

export type SecondFactorOffer = {
  readonly kind: 'offered'
  /** Base32, as people type it. */
  readonly secret: string
  /** `otpauth://totp/…` */
  readonly uri: string
}

export type AccountView = {
  readonly id: string
  readonly name: string
  readonly role: Role
  readonly isActive: boolean
  readonly hasPassword: boolean
  readonly hasSecondFactor: boolean
  readonly madeAt: number
  readonly signedInAt: number | undefined
}

export type InvitationView = {
  readonly id: string
  readonly name: string
  readonly role: Role
  /** Who invited her, as the audit trail names him. */
  readonly by: string | undefined
  readonly madeAt: number
  readonly until: number
}

export type AccountChange = { readonly role?: Role | undefined; readonly isActive?: boolean | undefined }

export type LinkMade = { readonly kind: 'made'; readonly link: string; readonly until: number }

export type LinkKind = 'first-run' | 'invitation' | 'reset'

export type LinkView = {
  readonly kind: LinkKind
  /** Undefined for the first account, whose owner chooses it. */
  readonly name: string | undefined
  readonly role: Role
  readonly until: number
}

export type NewToken = {
  readonly name: string
  readonly scopes: readonly Permission[]
  /** Milliseconds since 1970. */
  readonly until: number
}

/** `token` is shown this once. */
export type TokenMade = { readonly kind: 'made'; readonly id: string; readonly token: string; readonly until: number }

export type TokenView = {
  readonly id: string
  readonly name: string
  readonly scopes: readonly Permission[]
  readonly madeAt: number
  readonly until: number
  readonly endedAt: number | undefined
  readonly usedAt: number | undefined
}

/** Sign-in by somebody else's word: OpenID Connect, code flow with PKCE, state and nonce. */
export type OidcSignIn = {
  /** What people call it. */
  readonly label: string
  /** `link`: an invitation that is taken up this way. `binding` goes into a cookie of the browser that began. */
  begin(
    link: string | undefined,
  ): Promise<{ readonly kind: 'begun'; readonly url: string; readonly binding: string } | Refusal>
  finish(url: URL, binding: string | undefined): Promise<SignedIn | Refusal>
}

export type AuditFilter = {
  readonly sinceMs?: number | undefined
  readonly beforeMs?: number | undefined
  /** Who, by name or by account. */
  readonly by?: string | undefined
  /** Older than the entry with this number: where the page before ended. */
  readonly after?: number | undefined
  readonly action?: string | undefined
  readonly subject?: string | undefined
}

export type AuditView = {
  readonly number: number
  readonly at: number
  readonly by: By
  readonly action: string
  /** The same in a sentence without its full stop. */
  readonly words: string
  readonly subject: string
  readonly detail: Readonly<Record<string, unknown>>
}

/** How the audit trail names who did something inside. */
export function byOf(who: Who): By {
  return { name: who.token === undefined ? who.name : `${who.name}, token ${who.token}`, account: who.account }
}

/** A name to sign in by: lower case, 2 to 64 characters; an e-mail address is one. Undefined for what is none. */
export function parseAccountName(text: string): string | undefined {
  const name = text.trim().toLowerCase()
  return /^(?=.{2,64}$)(?=.*[a-z])[a-z0-9][a-z0-9._@+-]*$/.test(name) ? name : undefined
}
