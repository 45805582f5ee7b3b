/** What shows that somebody controls a number; a receipt never does. */
export type Proof = {
  /** E.164, or empty where a letter or a provider speaks for all numbers of the case. */
  readonly number: string
  readonly way: ProofWay
  readonly at: number
  /** What was seen, in words: the attestation of the call, who signed the letter. */
  readonly detail: string
  /** Whether it is enough for a lift, or only a hint (a call that nobody attested). */
  readonly strength: 'full' | 'hint'
}

export type ProofWay = 'call' | 'letter' | 'registry' | 'provider'

/**
 * What a claimant is asked to do: call `dial` from `number` before `until`. The code is in the number that is dialled, for
 * a gate sees the INVITE and hears nothing.
 */
export type ProofChallenge = {
  readonly number: string
  readonly dial: string
  readonly from: number
  readonly until: number
}
