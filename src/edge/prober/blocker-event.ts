import type { ReceivedCall } from '#core/probe/received.ts'

/** What happened to a call, told as it happens. */
export type BlockerEvent =
  | {
      readonly kind: 'call' | 'repeated' | 'acknowledged' | 'cancelled' | 'unacknowledged'
      readonly call: ReceivedCall
    }
  | {
      readonly kind: 'sent'
      readonly call: ReceivedCall
      readonly status: number
      readonly phrase: string
      /** 1 for the first time, more for a retransmission. */
      readonly time: number
    }
  /** Nothing more will come of the call but repeats. */
  | { readonly kind: 'ended'; readonly call: ReceivedCall }
  | { readonly kind: 'refused'; readonly address: string }

/** What came and was not a call to be answered by a scenario. */
export type BlockerFigures = { -readonly [Name in keyof typeof BLOCKER_FIGURES]: number }

export const BLOCKER_FIGURES = {
  calls: 'INVITEs that began a transaction',
  repeats: 'INVITEs that came again',
  refused: 'messages of sources that are not allowed, left unanswered',
  strayAcknowledgements: 'ACKs that belong to no transaction',
  malformed: 'requests with a fault, answered 400 where that can be',
  unanswerable: 'messages without a Via that an answer could go along, and responses',
  full: 'INVITEs answered 503 because too many transactions were open',
  other: 'OPTIONS and other requests',
} as const
