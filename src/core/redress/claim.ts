/** What somebody files: one block, many, or numbers without a receipt, as one case. Parsed and whole; `parseClaim` makes it. */
export type Claim = {
  /** At least one of receipts, numbers and calls is there. */
  readonly receipts: readonly string[]
  /** Calling numbers, E.164. */
  readonly numbers: readonly string[]
  /** Blocks told without a receipt: who called whom, and when. */
  readonly calls: readonly ClaimedCall[]
  readonly claimant: Claimant
  /** What the calls are for, and what has been changed since, in the claimant's words. */
  readonly purpose: string
  readonly changed: string
  /** Where changes of the case are told by webhook; its secret signs them. */
  readonly webhook: ClaimWebhook | undefined
}

export type ClaimedCall = { readonly calling: string; readonly called: string; readonly at: number }

export type Claimant = {
  readonly name: string
  /** Undefined where a case worker wrote down what somebody said on the telephone, and nobody writes back. */
  readonly email: string | undefined
  readonly organisation: string | undefined
  readonly tel: string | undefined
  /** Who speaks: the caller, or a provider for its customer. */
  readonly acts: 'for-itself' | 'for-a-customer'
}

export type ClaimWebhook = { readonly url: string; readonly secret: string }
