import type { Reply } from '#codec/sip/reply.ts'
import type { HeldCall } from './held-calls.ts'
import type { Meaning, WaitingBlock } from './waiting-blocks.ts'

/** What was decided about a transaction, so that asking again changes nothing. */
export type Outcome =
  | Continued
  | Answered
  /** A block waits for its row; the answer will come by itself. */
  | { readonly kind: 'waiting'; readonly block: WaitingBlock }
  | { readonly kind: 'held'; readonly call: HeldCall }

/** *Continue*: written anew from the request that asks again, to the same octets. `undefined` is the peer's plain one. */
export type Continued = { readonly kind: 'continued'; readonly reply: Reply | undefined }

/** Octets, which are given again as they are. */
export type Answered = { readonly kind: 'answered'; readonly answer: Uint8Array; readonly meaning: Meaning | undefined }
