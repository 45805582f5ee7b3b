/**
 * What happened to a dispute of ours with whoever blocked, in its order; nothing else is kept of how it stands (`readDispute`
 * computes it).
 */
export type DisputeEvent = {
  /** The dispute's id: 128 random bits, 22 characters of base64url. */
  readonly dispute: string
  /** Counts from 1 without a gap. */
  readonly seq: number
  /** Milliseconds since 1970. */
  readonly at: number
  /** A person by name, or `recourse` itself: asking for news, and what an explicit rule told it to do. */
  readonly by: string
} & DisputeEventContent

/** One member for each kind. */
export type DisputeEventContent =
  | { readonly kind: 'opened'; readonly data: DisputeSubject }
  /** Handed to the blocker, by whatever way; from now on its clocks run. */
  | { readonly kind: 'filed'; readonly data: Filing }
  /** The blocker said that it heard. */
  | { readonly kind: 'acknowledged'; readonly data: { readonly words: string } }
  /** What the blocker says of it now, where it can be asked. */
  | { readonly kind: 'told'; readonly data: DeskNews }
  /** The blocker's answer. `liftedAt` is from when on the number is said to work. */
  | {
      readonly kind: 'answered'
      readonly data: {
        readonly outcome: Outcome
        readonly words: string
        readonly liftedAt: number | undefined
        /** When it came, where that was before it was written down; milliseconds since 1970. */
        readonly heardAt: number | undefined
      }
    }
  /** We answered its question. */
  | { readonly kind: 'replied'; readonly data: { readonly words: string } }
  /** A call was placed to see whether the number works again. `unclear`: what came back tells neither. */
  | {
      readonly kind: 'retested'
      readonly data: {
        readonly from: string
        readonly to: string
        readonly result: CallResult | 'unclear'
        readonly words: string
      }
    }
  /** A call that somebody made anyway showed that the number works, or is blocked again; `callAt` is when. */
  | { readonly kind: 'seen'; readonly data: { readonly result: CallResult; readonly callAt: number } }
  | { readonly kind: 'noted'; readonly data: { readonly words: string } }
  | { readonly kind: 'closed'; readonly data: { readonly reason: string } }
  | { readonly kind: 'reopened'; readonly data: { readonly reason: string } }

/** What is contested, with whom. */
export type DisputeSubject = {
  /** The group of blocks it was opened from; undefined for one that somebody typed. */
  readonly group: number | undefined
  /** The stable key of who blocked: host of the url, else mail domain, else tel, else carrier. */
  readonly blocker: string
  /** Our numbers, E.164 with plus; at least one. */
  readonly numbers: readonly string[]
  /** What the notices said: ids and contacts as they came, unchecked. */
  readonly receipts: readonly string[]
  readonly urls: readonly string[]
  /** Blocked calls that stand for all: what a desk asks for. */
  readonly calls: readonly DisputedCall[]
  /** What the calls are for, and what has been changed since; empty until somebody says. */
  readonly purpose: string
  readonly changed: string
}

export type DisputedCall = {
  readonly at: number
  readonly from: string
  readonly to: string
  readonly status: number
  readonly phrase: string
}

export type Filing = {
  readonly way: Way
  /** The URL, address or number that it went to. */
  readonly to: string
  /** What the blocker calls it. */
  readonly reference: string | undefined
  /** Its state can be asked. Where, is a secret that the store keeps apart: it opens the case to whoever has it. */
  readonly isFollowed: boolean
  /** The blocker wants a link in a message of its own followed first. */
  readonly needsConfirmation: boolean
  /** How soon the blocker itself promises a status; left out where it says nothing. */
  readonly statusWithinMs?: number
}

/** The state of a case as the desk that speaks the convention tells it (`docs/desk-api.md`). */
export type DeskNews = {
  readonly status: string
  readonly next: string
  readonly question: string | undefined
  /** Milliseconds since 1970. */
  readonly due: number | undefined
}

export type Outcome = 'lifted' | 'partly-lifted' | 'upheld'

/** What a call showed of the numbers. */
export type CallResult = 'goes-through' | 'blocked'

/** How a dispute is handed over. */
export type Way = (typeof WAYS)[number]

export const WAYS = ['api', 'mail', 'form', 'telephone'] as const
