/** What somebody inside may do. Each route names one of them, and what no table gives is denied. */
export type Permission = (typeof PERMISSIONS)[number]

/** What an account is for; it has one role at a time. */
export type Role = (typeof ROLES)[number]

/** Who asks: a person, or a program by a token of hers. */
export type Who = {
  /** The account's id, 22 characters of base64url. */
  readonly account: string
  /** What she signs in by. */
  readonly name: string
  readonly role: Role
  /** The name of the token that was shown; undefined for a person who signed in. */
  readonly token: string | undefined
}

export const PERMISSIONS = [
  'cases.read',
  'cases.work',
  'cases.decide',
  'registry.read',
  'registry.vet',
  'ledger.read',
  'exports',
  'accounts',
  'settings',
  'audit.read',
  'mail',
  'calling.read',
  'calling.dispute',
  'probe',
  'policy.read',
  'policy.change',
] as const

export const ROLES = ['admin', 'case-worker', 'vetting', 'auditor'] as const

/** What each role may do. */
export const ROLE_PERMISSIONS: { readonly [role in Role]: ReadonlySet<Permission> } = {
  admin: new Set(PERMISSIONS),
  'case-worker': new Set([
    'cases.read',
    'cases.work',
    'cases.decide',
    'registry.read',
    'ledger.read',
    'exports',
    'mail',
    'calling.read',
    'calling.dispute',
    'policy.read',
  ]),
  vetting: new Set(['registry.read', 'registry.vet']),
  auditor: new Set([
    'cases.read',
    'registry.read',
    'ledger.read',
    'exports',
    'audit.read',
    'calling.read',
    'probe',
    'policy.read',
  ]),
}

/** Roles that change nothing but their own password, whatever their permissions would let them do. */
const READ_ONLY_ROLES: ReadonlySet<Role> = new Set(['auditor'])

export function parseRole(text: string): Role | undefined {
  return ROLES.find((role) => role === text)
}

export function parsePermission(text: string): Permission | undefined {
  return PERMISSIONS.find((permission) => permission === text)
}

/**
 * What may be done: by a person what her role gives, by a token what its scopes name of that. A role that was taken away
 * takes it from tokens at once.
 */
export function permissionsOf(role: Role, scopes: readonly Permission[] | undefined): ReadonlySet<Permission> {
  const given = ROLE_PERMISSIONS[role]
  return scopes === undefined ? given : new Set(scopes.filter((scope) => given.has(scope)))
}

/** Whether the role never changes anything. */
export function isReadOnly(role: Role): boolean {
  return READ_ONLY_ROLES.has(role)
}
