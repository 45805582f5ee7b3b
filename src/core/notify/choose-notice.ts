import {
  contactFor,
  type CardUri,
  type Notice,
  type RedressContact,
  type RedressContactTemplate,
  type RedressId,
  type BlockLocation,
  type Declined,
  type Unwanted,
} from '#codec/notice/notice.ts'
import type { Party } from '#core/call/party.ts'
import type { Cause } from '#core/rules/verdict.ts'

/** How this operator tells each cause, decided and checked once, when the policy is loaded (`makeNoticeTerms`). */
export type NoticeTerms = {
  /** `undefined` only where no enforced rule blocks by analytics. */
  readonly analytics: NetworkBlockedTerms | RejectedTerms | Fixed | undefined
  readonly others: { readonly [cause in Exclude<Cause, 'analytics'>]: RejectedTerms | Fixed }
}

/** A 603+: without a contact there is none. */
export type NetworkBlockedTerms = {
  readonly kind: 'network-blocked'
  readonly form: 'SIP' | 'Q.850'
  readonly location: BlockLocation
  /** The same for every call, or with a url that ends in the receipt. */
  readonly contact:
    | { readonly kind: 'fixed'; readonly contact: RedressContact }
    | { readonly kind: 'per-call'; readonly template: RedressContactTemplate }
  /** Whether `id` carries the receipt. */
  readonly carriesId: boolean
}

/** A 608, whose card lies where this and the receipt say. */
export type RejectedTerms = {
  readonly kind: 'rejected'
  readonly cardUriBeforeId: string
  /** What a call gets whose way back knows no 608: its caller would hear nothing. RFC 8688 §3.4. */
  readonly otherwise: NetworkBlockedTerms | Fixed
}

/** A refusal that is the same for every call. */
export type Fixed = Declined | Unwanted | Forbidden | Announced

/** What a blocked call is answered with: a notice; a 403 that says nothing, where the policy wants that; an announcement. */
export type Refusal = Notice | Forbidden | Announced
export type Forbidden = { readonly kind: 'forbidden' }
/** The switch is sent to where the caller is told by voice: the treatment of this name. */
export type Announced = { readonly kind: 'announced'; readonly treatment: string }

/** What is asked about one blocked call, beside its cause. */
export type Asked = {
  readonly calling: Party
  /** Whether a 608 will be understood, or announced by the peer itself. */
  readonly knowsRejected: boolean
}

/**
 * Chooses the notice that a block is told by, from its cause: only analytics name the network and a contact (47 CFR
 * 64.1200(k)(9)); the called party's own refusal is a 607, or a 433 to a caller who withholds his number (RFC 5079 §4).
 *
 * `receipt` is the block's receipt. Throws where the terms cannot tell the cause, so that the call goes on: a block that
 * cannot be told honestly is none.
 */
export function chooseNotice(
  { cause }: { readonly cause: Cause },
  { calling, knowsRejected }: Asked,
  receipt: string,
  terms: NoticeTerms,
): Refusal {
  if (cause === 'called-party' && calling.kind === 'withheld') return ANONYMITY_DISALLOWED
  const told = cause === 'analytics' ? terms.analytics : terms.others[cause]
  if (told === undefined) throw new Error('a block by analytics, and no redress contact to tell it with')
  // A receipt is 64 characters of the base64url alphabet: every one is a redress id, and may end a checked URI.
  const id = receipt as RedressId
  if (told.kind !== 'rejected') return tell(told, id)
  return knowsRejected
    ? { kind: 'rejected', cardUri: `${told.cardUriBeforeId}${id}` as CardUri }
    : tell(told.otherwise, id)
}

function tell(told: NetworkBlockedTerms | Fixed, id: RedressId): Refusal {
  if (told.kind !== 'network-blocked') return told
  const { form, location, contact, carriesId } = told
  return {
    kind: 'network-blocked',
    form,
    contact: contact.kind === 'fixed' ? contact.contact : contactFor(contact.template, id),
    id: carriesId ? id : undefined,
    location,
  }
}

const ANONYMITY_DISALLOWED: Refusal = Object.freeze({ kind: 'anonymity-disallowed' })
