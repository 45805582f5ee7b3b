import type { DeskAudit, NewMail } from '#core/redress/change.ts'
import type { RegistrationEventContent, RegistryActor } from './registration-event.ts'
import type { Registration } from './registration.ts'

/**
 * What one step of the registry records: all of it or nothing, in one transaction of the store, on stable storage before
 * anybody is told. What gates and feeds hear follows from `states`: the store adds and ends what has changed.
 */
export type RegistryChange = {
  readonly at: number
  readonly events: readonly NewRegistrationEvent[]
  /** How the registrations that it touches stand behind it. */
  readonly states: readonly Registration[]
  readonly mails: readonly NewMail[]
  readonly tokens: readonly NewRegistryToken[]
  /** Addresses that somebody showed to read. */
  readonly confirms: readonly string[]
  readonly audit: readonly DeskAudit[]
}

export type NewRegistrationEvent = {
  readonly registration: string
  /** The place that it is meant for: somebody who was quicker makes the whole change fail, and it is computed anew. */
  readonly seq: number
  readonly actor: RegistryActor
} & RegistrationEventContent

/** A link as the store keeps it. */
export type NewRegistryToken = {
  /** SHA-256 of the token, 64 hexadecimal digits. */
  readonly hash: string
  readonly registration: string
  readonly purpose: 'status' | 'confirm'
  /** Milliseconds since 1970; undefined for as long as the registration is kept. */
  readonly until: number | undefined
}

/** A link that is made for a step: 22 characters of base64url, and what the store keeps of it. */
export type FreshToken = { readonly token: string; readonly hash: string }

/** By what a registry reckons. */
export type RegistryTerms = {
  /** The desk's URL as the public sees it, without a slash at its end. */
  readonly public: string
  /** Who runs it, as its mails say. */
  readonly operator: string
  /** How long an approval lasts. */
  readonly termMs: number
  /** How long it counts that control of a number was shown. */
  readonly proofMs: number
  /** How long the link of the first message can be followed. */
  readonly confirmWithinMs: number
}

/** A step that was not taken; nothing was recorded. */
export type StepRefused = { readonly kind: 'refused'; readonly field: string; readonly problem: string }
