import type { Message } from '#codec/sip/message.ts'
import type { RequestView } from '#codec/sip/request.ts'
import type { CallFacts } from '#core/call/facts.ts'
import type { DialPlan } from '#core/call/number.ts'
import type { Party } from '#core/call/party.ts'
import { readVouched } from '#core/call/read-facts.ts'
import { isVerification, readVerification } from '#core/call/verification-number.ts'
import type { Peer } from './peers.ts'

/**
 * The facts of a call as far as it proves whose number it is; those of any other call as they are. The called number is
 * E.164 with the code behind it, and the attestation only what a verifier has said: what the originating side asks for
 * (P-Attestation-Indicator) says nothing of who calls.
 */
export function provingFacts(
  facts: CallFacts,
  verification: Party,
  { verstat }: Pick<Peer, 'verstat'>,
  invite: Message,
  view: RequestView,
  plan: DialPlan | undefined,
): CallFacts {
  const called = readVerification(verification, facts.called, plan)
  if (!isVerification(verification, called)) return facts
  return { ...facts, called, attestation: verstat === 'ignore' ? 'none' : readVouched(invite, view, plan) }
}
