import { createHash, randomBytes } from 'node:crypto'
import {
  type AccountView,
  type Accounts,
  type By,
  type LinkKind,
  type Refusal,
  type SecondFactorOffer,
  type Shown,
  type SignedIn,
  type Stranger,
  byOf,
  parseAccountName,
} from '#core/account/accounts.ts'
import { objectToPassword } from '#core/account/password.ts'
import { ROLE_PERMISSIONS, type Role, type Who, permissionsOf } from '#core/account/permission.ts'
import { SignInDelays } from '#core/account/sign-in-delays.ts'
import type { Crowded, PasswordHasher } from '#edge/account/password-hash.ts'
import { TOTP_SECRET_OCTETS, formatBase32, formatOtpUri, stepOf } from '#edge/account/totp.ts'
import type { AccountRow, AccountStore, SessionWay } from '#edge/store/account-store.ts'
import { AUDIT_ACTIONS, type AuditAction } from '#edge/store/audit.ts'
import { type OidcTerms, createOidcSignIn } from './oidc-sign-in.ts'

// One thing, the port `Accounts` on a store: each function is one thing that somebody does, from what is asked to what is
// recorded.

/** What accounts are made of. */
export type AccountParts = {
  readonly store: AccountStore
  readonly hasher: PasswordHasher
  /** Where pages are served: links begin with it. */
  readonly public: string
  readonly terms: AccountTerms
  readonly oidc: OidcTerms | undefined
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly alarm: (cause: unknown) => void
}

export type AccountTerms = {
  /** Whether who signs in by a password needs a second factor. */
  readonly needsSecondFactor: boolean
  /** A session that nobody uses ends after this; every session ends after the other. */
  readonly idleMs: number
  readonly sessionMs: number
  /** Whose codes they are, in authenticator apps. */
  readonly operator: string
}

/** Signs somebody in who is known by now: gives a session, and ends the one that the browser had before. */
export type Admit = (account: AccountRow, way: SessionWay, before: string | undefined, detail: object) => SignedIn

export function createAccounts(parts: AccountParts): Accounts {
  const { store, hasher, terms, now } = parts
  const delays = new SignInDelays()
  /** When failures of an account were last noted. */
  const noted = new Map<string, number>()

  const note = (by: By, action: AuditAction, account: Pick<AccountRow, 'name'>, detail: object = {}): void =>
    store.note({ at: now(), by, action, subject: `account ${account.name}`, detail: { ...detail } })

  const owes = (account: AccountRow, way: SessionWay): Shown['owes'] =>
    terms.needsSecondFactor && way === 'password' && account.totp === undefined ? 'second-factor' : 'nothing'

  const openSession = (account: AccountRow, way: SessionWay): SignedIn => {
    const session = makeKey()
    const at = now()
    store.insertSession({
      hash: hashOf(session),
      account: account.id,
      way,
      madeAt: at,
      seenAt: at,
      until: at + terms.sessionMs,
    })
    return { kind: 'signed-in', session, who: whoOf(account), owes: owes(account, way) }
  }

  const admit: Admit = (account, way, before, detail) =>
    store.atOnce(() => {
      if (before !== undefined) store.endSession(hashOf(before))
      store.sweep(now() - terms.idleMs, now())
      store.setSignedIn(account.id, now())
      note(selfOf(account), 'account-signed-in', account, { way, ...detail })
      return openSession(account, way)
    })

  const offerOf = (name: string, secret: Uint8Array): SecondFactorOffer => ({
    kind: 'offered',
    secret: formatBase32(secret),
    uri: formatOtpUri(terms.operator, name, secret),
  })
  /** Whether the password is right that a person who is signed in gives once more. */
  const confirms = async (shown: Shown, password: string): Promise<AccountRow | Refusal> => {
    const { account: id, name } = shown.who
    const network = `session ${id}`
    const waitMs = delays.begin(name, network, now())
    if (waitMs > 0) return tooSoon(waitMs)
    const verified = await hasher.verify(password, store.account(id)?.password, network)
    if (verified.kind === 'crowded') return crowded(verified)
    if (!verified.isRight) return refused('bad-field', 'expected the password that is in force', 'password')
    delays.succeed(name, network)
    return store.account(id) ?? NO_ACCOUNT
  }

  /** Whether a code is good now, and is no more from here on. */
  const takeCode = (account: AccountRow, code: string): 'totp' | 'recovery' | undefined => {
    const plain = code.replaceAll(/[\s-]/g, '').toUpperCase()
    if (account.totp === undefined) return undefined
    if (/^[0-9]{6}$/.test(plain)) {
      const step = stepOf(account.totp, plain, now(), account.totpStep)
      return step !== undefined && store.useStep(account.id, step) ? 'totp' : undefined
    }
    return plain.length === RECOVERY_CHARACTERS && store.useRecovery(account.id, hashOf(plain)) ? 'recovery' : undefined
  }

  const noteFailure = (account: AccountRow | undefined, network: string): void => {
    if (account === undefined) return
    const last = noted.get(account.id) ?? -Infinity
    if (now() - last < FAILURE_NOTED_MS) return
    noted.set(account.id, now())
    store.atOnce(() => note({ name: 'somebody', account: network }, 'account-sign-in-failed', account))
  }

  const makeLink = (kind: LinkKind, name: string | undefined, role: Role, account: string | undefined) => {
    const token = makeKey()
    const until = now() + LINK_MS[kind]
    store.insertLink({ hash: hashOf(token), kind, name, role, account, madeAt: now(), until })
    return { kind: 'made' as const, link: `${parts.public}/welcome/${token}`, until }
  }

  const findLink = (token: string) => {
    const link = store.link(hashOf(token))
    return link === undefined || link.until <= now() ? undefined : link
  }

  const recoveryCodes = (account: string): string[] => {
    const codes = Array.from({ length: RECOVERY_CODES }, () => formatBase32(randomBytes(RECOVERY_OCTETS)))
    store.replaceRecovery(account, codes.map(hashOf))
    return codes.map((code) => code.replaceAll(/(.{4})(?=.)/g, '$1-'))
  }

  return {
    identify({ session, token }) {
      if (token !== undefined) return identifyToken(store, token, now())
      if (session === undefined) return 'nothing'
      const row = store.session(hashOf(session))
      const at = now()
      if (row === undefined || row.until <= at || at - row.seenAt > terms.idleMs) return 'no-session'
      const account = store.account(row.account)
      if (account?.isActive !== true) return 'no-session'
      if (at - row.seenAt >= TOUCH_MS) store.touchSession(row.hash, at)
      return {
        who: whoOf(account),
        may: ROLE_PERMISSIONS[account.role],
        session,
        owes: owes(account, row.way),
        hasSecondFactor: account.totp !== undefined,
        hasPassword: account.password !== undefined,
      }
    },

    async signIn({ name: given, password, code, network, before }) {
      const name = parseAccountName(given) ?? ''
      const waitMs = delays.begin(name, network, now())
      if (waitMs > 0) return tooSoon(waitMs)
      const account = store.accountNamed(name)
      const hash = account?.isActive === true ? account.password : undefined
      const verified = await hasher.verify(password, hash, network)
      if (verified.kind === 'crowded') return crowded(verified)
      const fresh =
        hash !== undefined && verified.isDated && verified.isRight ? await hasher.hash(password, network) : ''
      const result = store.atOnce((): SignedIn | Refusal => {
        // Looked at again: it may have been closed, or its password changed, while the hash was made.
        const current = store.accountNamed(name)
        if (!verified.isRight || current?.isActive !== true || current.password !== hash) return WRONG_SIGN_IN
        const by = current.totp === undefined ? 'none' : takeCode(current, code)
        if (by === undefined) return WRONG_SIGN_IN
        if (typeof fresh === 'string' && fresh !== '') store.setPassword(current.id, fresh)
        return admit(current, 'password', before, { secondFactor: by })
      })
      if (result.kind === 'signed-in') delays.succeed(name, network)
      else noteFailure(account, network)
      return result
    },

    signOut({ session, who }) {
      if (session === undefined) return DONE
      return store.atOnce(() => {
        store.endSession(hashOf(session))
        note(byOf(who), 'account-signed-out', who, {})
        return DONE
      })
    },

    signOutEverywhere(id, by) {
      return store.atOnce(() => {
        const account = store.account(id)
        if (account === undefined) return NO_ACCOUNT
        note(by, 'account-signed-out', account, { sessions: store.endSessions(id) })
        return DONE
      })
    },

    async changePassword(shown, current, password) {
      const problem = objectToPassword(password, shown.who.name)
      if (problem !== undefined) return refused('bad-field', `expected ${problem}`, 'newPassword')
      const account = await confirms(shown, current)
      if ('kind' in account) return account
      const hash = await hasher.hash(password, `session ${account.id}`)
      if (typeof hash !== 'string') return crowded(hash)
      return store.atOnce(() => {
        store.setPassword(account.id, hash)
        store.endSessions(account.id)
        note(byOf(shown.who), 'account-password-changed', account)
        return openSession(account, 'password')
      })
    },

    async offerSecondFactor(shown, password) {
      const account = await confirms(shown, password)
      if ('kind' in account) return account
      const secret = randomBytes(TOTP_SECRET_OCTETS)
      store.atOnce(() => store.setTotpPending(account.id, secret))
      return offerOf(account.name, secret)
    },

    offeredSecondFactor(shown, secret) {
      const account = store.account(shown.who.account)
      if (account?.totpPending === undefined || formatBase32(account.totpPending) !== secret) return undefined
      return offerOf(account.name, account.totpPending)
    },

    confirmSecondFactor(shown, code) {
      const waitMs = delays.begin(shown.who.name, `code ${shown.who.account}`, now())
      if (waitMs > 0) return tooSoon(waitMs)
      return store.atOnce(() => {
        const account = store.account(shown.who.account)
        if (account?.totpPending === undefined)
          return refused('conflict', 'no second factor was begun: ask for one first')
        const step = stepOf(account.totpPending, code.replaceAll(/\s/g, ''), now(), account.totpStep)
        if (step === undefined || !store.useStep(account.id, step)) {
          return refused('bad-field', 'expected the six digits that the app shows now', 'code')
        }
        store.setTotp(account.id, account.totpPending)
        store.endSessions(account.id)
        note(byOf(shown.who), 'account-second-factor-set', account)
        delays.succeed(shown.who.name, `code ${shown.who.account}`)
        const codes = recoveryCodes(account.id)
        return { ...openSession(store.account(account.id)!, 'password'), recoveryCodes: codes }
      })
    },

    async makeRecoveryCodes(shown, password) {
      const account = await confirms(shown, password)
      if ('kind' in account) return account
      if (account.totp === undefined) return refused('conflict', 'there is no second factor that they could stand for')
      return store.atOnce(() => {
        note(byOf(shown.who), 'account-recovery-codes-made', account)
        return { kind: 'made' as const, recoveryCodes: recoveryCodes(account.id) }
      })
    },

    list: () => store.accounts().map(viewOf),

    invite(given, role, by) {
      const name = parseAccountName(given)
      if (name === undefined) return refused('bad-field', NAME_WORDS, 'name')
      return store.atOnce(() => {
        if (store.accountNamed(name) !== undefined)
          return refused('conflict', 'an account has this name already', 'name')
        note(by, 'account-invited', { name }, { role })
        return makeLink('invitation', name, role, undefined)
      })
    },

    invitations: () =>
      store.links('invitation', now()).map(({ hash, name = '', role, madeAt, until }) => {
        // Written with the link, a moment before it, and a link is good for some days: it is found near the end of the trail.
        const filter = { sinceMs: madeAt - NOTED_BEFORE_MS, action: 'account-invited', subject: `account ${name}` }
        const noted = store.audit(filter, SAME_NAME_MAX).at(-1)
        return { id: idOfLink(hash), name, role, by: noted?.by.name, madeAt, until }
      }),

    withdrawInvitation(id, by) {
      return store.atOnce(() => {
        const link = store.links('invitation', now()).find(({ hash }) => idOfLink(hash) === id)
        if (link === undefined || !store.endLink(link.hash)) return NO_INVITATION
        note(by, 'account-invitation-withdrawn', { name: link.name ?? '' }, { role: link.role })
        return DONE
      })
    },

    change(id, { role, isActive }, by) {
      return store.atOnce(() => {
        const account = store.account(id)
        if (account === undefined) return NO_ACCOUNT
        const isAdmin = account.role === 'admin' && account.isActive
        const staysAdmin = (role ?? account.role) === 'admin' && (isActive ?? account.isActive)
        if (isAdmin && !staysAdmin && store.activeAdmins() === 1) {
          return refused('conflict', 'it is the last admin: make another one first')
        }
        if (role !== undefined && role !== account.role) {
          store.setRole(id, role)
          note(by, 'account-role-changed', account, { from: account.role, to: role })
        }
        if (isActive !== undefined && isActive !== account.isActive) {
          store.setActive(id, isActive)
          note(by, isActive ? 'account-reactivated' : 'account-deactivated', account)
        }
        // What she had open was opened with the rights of before.
        store.endSessions(id)
        if (isActive === false) store.endLinksOf(id)
        return DONE
      })
    },

    reset(id, by) {
      return store.atOnce(() => {
        const account = store.account(id)
        if (account === undefined) return NO_ACCOUNT
        if (!account.isActive) return refused('conflict', 'the account is closed: open it first')
        store.setPassword(id, undefined)
        store.setTotp(id, undefined)
        store.replaceRecovery(id, [])
        store.endIdentities(id)
        store.endSessions(id)
        store.endLinksOf(id)
        // Whoever took the account over may have made tokens: they are no better than the password.
        for (const token of store.tokens(id))
          if (store.endToken(id, token.id, now())) note(by, 'account-token-ended', account, { token: token.name })
        note(by, 'account-reset', account)
        return makeLink('reset', account.name, account.role, id)
      })
    },

    openLink(token) {
      const link = findLink(token)
      return link && { kind: link.kind, name: link.name, role: link.role, until: link.until }
    },

    async acceptLink(token, given, password, network) {
      const link = findLink(token)
      if (link === undefined) return NO_LINK
      const name = link.name ?? parseAccountName(given)
      if (name === undefined) return refused('bad-field', NAME_WORDS, 'name')
      const problem = objectToPassword(password, name)
      if (problem !== undefined) return refused('bad-field', `expected ${problem}`, 'password')
      const hash = await hasher.hash(password, network)
      if (typeof hash !== 'string') return crowded(hash)
      return store.atOnce(() => {
        // Somebody may have been quicker with the same link.
        if (findLink(token) === undefined || !store.endLink(link.hash)) return NO_LINK
        const account = takeUp(link, name, hash)
        return 'kind' in account ? account : admit(account, 'password', undefined, { by: link.kind })
      })
    },

    tokens: (id) =>
      store.tokens(id).map(({ id, name, scopes, madeAt, until, endedAt, usedAt }) => ({
        id,
        name,
        scopes,
        madeAt,
        until,
        endedAt,
        usedAt,
      })),

    makeToken(id, { name, scopes, until }, by) {
      return store.atOnce(() => {
        const account = store.account(id)
        if (account?.isActive !== true) return NO_ACCOUNT
        const over = scopes.find((scope) => !ROLE_PERMISSIONS[account.role].has(scope))
        if (over !== undefined) {
          return refused('bad-field', `expected scopes that the role ${account.role} has, found ${over}`, 'scopes')
        }
        if (until <= now() || until > now() + TOKEN_MS_MAX) {
          return refused('bad-field', 'expected an end within the next 366 days', 'until')
        }
        const standing = store.tokens(id).filter((token) => token.endedAt === undefined && token.until > now())
        if (standing.length >= TOKENS_MAX) return refused('conflict', `expected at most ${TOKENS_MAX} tokens in force`)
        if (standing.some((token) => token.name === name)) {
          return refused('conflict', 'a token in force has this name already', 'name')
        }
        const token = `${TOKEN_PREFIX}${randomBytes(TOKEN_OCTETS).toString('base64url')}`
        const tokenId = makeKey()
        store.insertToken({ id: tokenId, hash: hashOf(token), account: id, name, scopes, madeAt: now(), until })
        note(by, 'account-token-made', account, { token: name, scopes, until })
        return { kind: 'made' as const, id: tokenId, token, until }
      })
    },

    endToken(id, tokenId, by) {
      return store.atOnce(() => {
        const account = store.account(id)
        const token = store.tokens(id).find((token) => token.id === tokenId)
        if (account === undefined || token === undefined) return refused('not-found', 'there is no such token')
        if (store.endToken(id, tokenId, now())) note(by, 'account-token-ended', account, { token: token.name })
        return DONE
      })
    },

    oidc:
      parts.oidc &&
      createOidcSignIn(parts.oidc, {
        store,
        admit,
        note,
        findLink,
        takeUp: (link, name) => takeUp(link, name, undefined),
        now,
        alarm: parts.alarm,
      }),
    audit: (filter, limit) =>
      // A newer version may have noted what this one has no words for.
      store.audit(filter, limit).map((entry) => ({ ...entry, words: AUDIT_ACTIONS[entry.action] ?? entry.action })),
  }

  /** Makes the account of an invitation, or gives one its new password. */
  function takeUp(
    link: { readonly kind: LinkKind; readonly role: Role; readonly account: string | undefined },
    name: string,
    hash: string | undefined,
  ): AccountRow | Refusal {
    if (link.account !== undefined) {
      const account = store.account(link.account)
      if (account?.isActive !== true) return NO_LINK
      store.setPassword(account.id, hash)
      note(selfOf(account), 'account-password-changed', account, { by: 'link' })
      return store.account(account.id)!
    }
    if (link.kind === 'first-run' && store.count() > 0) return NO_LINK
    if (store.accountNamed(name) !== undefined) return refused('conflict', 'an account has this name already', 'name')
    const id = makeKey()
    store.insertAccount({ id, name, role: link.role, password: hash, madeAt: now() })
    const account = store.account(id)!
    note(selfOf(account), 'account-made', account, { role: link.role, by: link.kind })
    return account
  }
}

/**
 * Makes the link by which the first account is made, while there is none; undefined otherwise. The links of earlier starts
 * are good no more.
 */
export function makeFirstRunLink(
  store: AccountStore,
  publicUrl: string,
  nowMs: number,
): { readonly link: string; readonly until: number } | undefined {
  return store.atOnce(() => {
    if (store.count() > 0) return undefined
    store.endLinksOfKind('first-run')
    const token = makeKey()
    const until = nowMs + LINK_MS['first-run']
    store.insertLink({
      hash: hashOf(token),
      kind: 'first-run',
      name: undefined,
      role: 'admin',
      account: undefined,
      madeAt: nowMs,
      until,
    })
    return { link: `${publicUrl}/welcome/${token}`, until }
  })
}

function identifyToken(store: AccountStore, token: string, nowMs: number): Shown | Stranger {
  const row = store.tokenByHash(hashOf(token))
  if (row === undefined || row.endedAt !== undefined || row.until <= nowMs) return 'wrong-token'
  const account = store.account(row.account)
  if (account?.isActive !== true) return 'wrong-token'
  if (nowMs - (row.usedAt ?? 0) >= TOUCH_MS) store.touchToken(row.id, nowMs)
  return {
    who: { ...whoOf(account), token: row.name },
    may: permissionsOf(account.role, row.scopes),
    session: undefined,
    owes: 'nothing',
    hasSecondFactor: account.totp !== undefined,
    hasPassword: account.password !== undefined,
  }
}

function whoOf({ id, name, role }: AccountRow): Who {
  return { account: id, name, role, token: undefined }
}

function selfOf({ id, name }: AccountRow): By {
  return { name, account: id }
}

function viewOf({ id, name, role, isActive, password, totp, madeAt, signedInAt }: AccountRow): AccountView {
  return {
    id,
    name,
    role,
    isActive,
    hasPassword: password !== undefined,
    hasSecondFactor: totp !== undefined,
    madeAt,
    signedInAt,
  }
}

function refused(problem: Refusal['problem'], detail: string, field?: string): Refusal {
  return { kind: 'refused', problem, detail, ...(field !== undefined && { field }) }
}

function tooSoon(retryAfterMs: number): Refusal {
  return { ...refused('too-many', 'too many tries: try again'), retryAfterMs }
}

function crowded({ of }: Crowded): Refusal {
  if (of === 'network')
    return { ...refused('too-many', 'another try from your network is under way: try again'), retryAfterMs: 1_000 }
  return { ...refused('busy', 'too many people sign in at the moment: try again'), retryAfterMs: CROWD_MS }
}

function makeKey(): string {
  return randomBytes(KEY_OCTETS).toString('base64url')
}

/** What an invitation goes by: nobody finds the link by it. */
function idOfLink(hash: string): string {
  return Buffer.from(hash, 'hex').subarray(0, KEY_OCTETS).toString('base64url')
}

export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

const DONE = { kind: 'done' } as const
const WRONG_SIGN_IN = refused(
  'wrong-sign-in',
  'the name, the password or the code is wrong: type all of them again, with the code that your app shows now',
)
const NO_ACCOUNT = refused('not-found', 'there is no such account')
const NO_INVITATION = refused('not-found', 'there is no such invitation: it was taken up, withdrawn, or is over')
const NO_LINK = refused('not-found', 'the link is wrong, was used, or is too old: ask for another one')
const NAME_WORDS = 'expected a name of 2 to 64 letters, digits and . _ @ + -, with a letter in it'

/** How long before a link its entry of the audit trail may be, and how often somebody may have been invited since. */
const NOTED_BEFORE_MS = 1_000
const SAME_NAME_MAX = 100
/** 128 bits: 22 characters of base64url. */
const KEY_OCTETS = 16
/** Marks a token of ours for programs that look for leaked secrets. */
export const TOKEN_PREFIX = 'rcs_'
const TOKEN_OCTETS = 32
/** Of one account, in force at a time. */
export const TOKENS_MAX = 50
const TOKEN_MS_MAX = 366 * 86_400_000
export const RECOVERY_CODES = 10
/** 80 bits: 16 characters of base32. */
const RECOVERY_OCTETS = 10
const RECOVERY_CHARACTERS = 16
/** How exactly the store knows when a session or token was last used. */
const TOUCH_MS = 60_000
/** Failures of one account are noted once in so long: whoever guesses must not fill the audit trail. */
const FAILURE_NOTED_MS = 3_600_000
const CROWD_MS = 5_000
/** For how long a link is good. */
export const LINK_MS: { readonly [kind in LinkKind]: number } = {
  'first-run': 3_600_000,
  invitation: 3 * 86_400_000,
  reset: 86_400_000,
}
