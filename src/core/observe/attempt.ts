import type { Refusal } from './refusal.ts'

/** One call attempt of ours, and how it ended, whatever told of it. */
export type Attempt = {
  /** The same for the same attempt told by two taps or sources: a digest of Call-ID, From tag, CSeq; or the source's own id of the call. */
  readonly key: string
  /** When it was placed (or, where only its end is known, ended); milliseconds since 1970, UTC. */
  readonly at: number
  /** What told of it: `capture trunk.pcap`, `hep NODE`, `telnyx`, `records calls.csv` … */
  readonly source: string
  /** How much the source could show: the messages themselves, or a record that leaves out phrase or Reason. */
  readonly evidence: 'wire' | 'record'
  /** As in `Observation`: `+12125550117`, or the URI where its user part is no number. */
  readonly from: string
  readonly to: string
  /** Who the final answer came from: a configured carrier's name, else the address; empty where unknown. */
  readonly carrier: string
  /** From the first 18x to the end; undefined where it never rang or nobody saw. */
  readonly ringMs: number | undefined
  /** From INVITE to final answer. */
  readonly setupMs: number | undefined
  readonly end: AttemptEnd
  /** Where a call was tried on several ways: the same for all its attempts. */
  readonly call?: string
  /** After this refusal the call was tried on another way; the attempt without this is how the call ended. */
  readonly advanced?: true
}

/** How an attempt ended; `unknown` where its end was never seen. */
export type AttemptEnd =
  | { readonly kind: 'answered'; readonly durationMs: number | undefined }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'unknown' }
