import type { Role } from '#core/account/permission.ts'
import type { AnswerOf } from '../../client.ts'
import type { Tone } from '../../parts/status-word.tsx'

export type Account = AnswerOf<'get', '/v1/accounts'>['accounts'][number]

/** How an account stands; who was only invited has none yet. */
export function standingOf({ isActive }: Account): readonly [words: string, tone: Tone] {
  if (!isActive) return ['Closed', 'quiet']
  return ['Open', 'good']
}

export const ROLE_WORDS: { readonly [role in Role]: string } = {
  admin: 'Admin',
  'case-worker': 'Case worker',
  vetting: 'Vetting',
  auditor: 'Auditor',
}
/** For a list to choose from. */
export const ROLE_OPTIONS = Object.entries(ROLE_WORDS).map(([value, label]) => ({ value, label }))
