import type { EvidenceFile } from '#core/redress/case-event.ts'
import type { Proof } from '#core/redress/proof.ts'
import type { Business } from './business.ts'
import type { NumberLine } from './number-lines.ts'
import type { NumberSpan } from './number-span.ts'
import type { VettingStep } from './vetting.ts'

/**
 * What happened to a registration, in its order; nothing else is kept of how it stands (`readRegistration` computes it). Never
 * edited: what was wrong is set right by a `corrected` event.
 */
export type RegistrationEvent = {
  /** The registration's public id: 128 random bits, 22 characters of base64url. */
  readonly registration: string
  /** Counts from 1 without a gap. */
  readonly seq: number
  /** Milliseconds since 1970. */
  readonly at: number
  readonly actor: RegistryActor
} & RegistrationEventContent

export type RegistryActor =
  /** Who has the private link. */
  { readonly kind: 'holder' } | { readonly kind: 'worker'; readonly name: string } | { readonly kind: 'registry' }

/** One member for each kind. */
export type RegistrationEventContent =
  | {
      readonly kind: 'opened'
      readonly data: { readonly way: RegisteredWay; readonly business: Business; readonly lines: readonly NumberLine[] }
    }
  /** The holder pressed the button that the one message leads to. */
  | { readonly kind: 'confirmed'; readonly data: { readonly email: string } }
  | {
      readonly kind: 'added'
      /** `from` is the registration that handed them over. */
      readonly data: { readonly lines: readonly NumberLine[]; readonly from: string | undefined }
    }
  | { readonly kind: 'removed'; readonly data: { readonly spans: readonly NumberSpan[]; readonly why: RemovedWhy } }
  /** `spans` undefined: of all numbers there are at that time. A proof ends by itself. */
  | {
      readonly kind: 'proved'
      readonly data: {
        readonly proof: Proof
        readonly spans: readonly NumberSpan[] | undefined
        readonly until: number
      }
    }
  | { readonly kind: 'evidence'; readonly data: { readonly file: EvidenceFile } }
  | { readonly kind: 'vetted'; readonly data: VettingStep }
  /** Read by those inside only. */
  | { readonly kind: 'note'; readonly data: { readonly text: string } }
  | { readonly kind: 'asked'; readonly data: { readonly question: string } }
  | { readonly kind: 'answered'; readonly data: { readonly text: string } }
  | { readonly kind: 'approved'; readonly data: { readonly reason: string; readonly until: number } }
  | { readonly kind: 'refused'; readonly data: { readonly reasons: readonly string[]; readonly next: string } }
  | { readonly kind: 'suspended'; readonly data: { readonly reason: string } }
  /** The holder says that all is still so; where the time was not over yet, it begins anew. */
  | { readonly kind: 'renewed'; readonly data: { readonly until: number | undefined } }
  | { readonly kind: 'changed'; readonly data: { readonly business: Business } }
  /** Numbers are handed to another registration, which has yet to take them. */
  | { readonly kind: 'offered'; readonly data: { readonly spans: readonly NumberSpan[]; readonly to: string } }
  | {
      readonly kind: 'disputed'
      readonly data: { readonly span: NumberSpan; readonly by: string; readonly level: DisputeLevel }
    }
  | {
      readonly kind: 'settled'
      readonly data: {
        readonly span: NumberSpan
        readonly by: string
        readonly outcome: 'kept' | 'lost'
        readonly reason: string
      }
    }
  | { readonly kind: 'reminded'; readonly data: { readonly of: 'registration' | 'proofs'; readonly until: number } }
  | { readonly kind: 'expired'; readonly data: { readonly what: 'registration' | 'unconfirmed' } }
  | { readonly kind: 'withdrawn'; readonly data: { readonly reason: string } }
  | { readonly kind: 'corrected'; readonly data: { readonly seq: number; readonly reason: string } }

export type RegisteredWay = 'page' | 'api' | 'telephone' | 'mail' | 'letter' | 'command'

export type RemovedWhy = 'holder' | 'transferred' | 'settled'

/**
 * Two have claimed one number. `claim`: not both have proved it, and nothing changes for the one who has. `proof`: both have,
 * and for neither is it registered until a person has settled it.
 */
export type DisputeLevel = 'claim' | 'proof'
