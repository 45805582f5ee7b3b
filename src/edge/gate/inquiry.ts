import type { CallFacts } from '#core/call/facts.ts'
import type { Party } from '#core/call/party.ts'
import type { Scores, Verification } from '#core/call/verification.ts'

/** Finds out what rules want to know of a call beyond its INVITE: a verified PASSporT, an outside score. */
export type Inquiry = {
  /**
   * `undefined` where there is nothing to ask about this call: it is judged at once. Else settles within the time that
   * the configuration gives, whatever the network does, and never rejects. `identities` are the values of Identity, `date`
   * is that of Date, which is part of what a token of the short form was signed over; `dialled` is the number in To.
   */
  ask(facts: CallFacts, identities: readonly string[], date?: string, dialled?: Party): Promise<Findings> | undefined
}

export type Findings = { readonly verification: Verification; readonly scores: Scores }
