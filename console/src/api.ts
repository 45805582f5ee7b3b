import type { ACCOUNT_DESCRIPTIONS } from '#edge/http/accounts/account-routes.ts'
import type { SESSION_DESCRIPTIONS } from '#edge/http/accounts/session-routes.ts'
import type { BLOCK_DESCRIPTIONS } from '#edge/http/blocks/descriptions.ts'
import type { CALLING_DESCRIPTIONS } from '#edge/http/calling/descriptions.ts'
import type { GATE_DESCRIPTIONS } from '#edge/http/gate/descriptions.ts'
import type { DESCRIPTIONS as CASE_DESCRIPTIONS } from '#edge/http/office/descriptions.ts'
import type { DESCRIPTIONS as POLICY_DESCRIPTIONS } from '#edge/http/policy/descriptions.ts'
import type { TOUR_DESCRIPTIONS } from '#edge/http/tour/descriptions.ts'
import type { UPKEEP_DESCRIPTIONS } from '#edge/http/upkeep/descriptions.ts'
import type { VETTING_DESCRIPTIONS } from '#edge/http/registry/vetting-descriptions.ts'

/**
 * Every table of descriptions that the client knows: one line for each. Only types come from the server's side, so nothing of
 * it is in the build.
 */
export type Tables =
  | typeof ACCOUNT_DESCRIPTIONS
  | typeof SESSION_DESCRIPTIONS
  | typeof BLOCK_DESCRIPTIONS
  | typeof CASE_DESCRIPTIONS
  | typeof POLICY_DESCRIPTIONS
  | typeof VETTING_DESCRIPTIONS
  | typeof CALLING_DESCRIPTIONS
  | typeof UPKEEP_DESCRIPTIONS
  | typeof GATE_DESCRIPTIONS
  | typeof TOUR_DESCRIPTIONS
