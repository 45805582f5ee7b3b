/** What can be wrong with a capture without stopping its reading, in words. */
export const PROBLEMS = {
  'cut-short': 'the file ends in the middle of a record',
  'record-length': 'a record claims an impossible length; reading went on at the next record that makes sense',
  'over-snaplen': 'a record is longer than the snapshot length that the file announces (it was read all the same)',
  'unknown-link': 'a link type that is not read here',
  'unknown-interface': 'a packet names an interface that the section has not described',
  'too-many-interfaces': 'a section describes more interfaces than are kept',
  timestamp: 'a message carries a time outside the years 1970 to 9999 (reported as the nearest of these)',
  'fragments-dropped': 'fragments of a datagram that never became whole, or too many of them',
  'tcp-gap': 'segments of a TCP stream are missing; reading went on at the next start line',
  'tcp-evicted': 'a TCP stream was forgotten to keep memory bounded',
  'message-too-long': 'a message is longer than is kept',
} as const

export type ProblemCode = keyof typeof PROBLEMS

/** One kind of problem: where in the file it was first met, and how often. */
export type Problem = { readonly code: ProblemCode; readonly offset: number; readonly count: number }

/** Counts problems by kind and keeps the first offset of each: at most one entry for each code. */
export class Problems {
  readonly #byCode = new Map<ProblemCode, { code: ProblemCode; offset: number; count: number }>()

  add(code: ProblemCode, offset: number): void {
    const known = this.#byCode.get(code)
    if (known === undefined) this.#byCode.set(code, { code, offset, count: 1 })
    else known.count += 1
  }

  list(): Problem[] {
    return Array.from(this.#byCode.values(), (problem) => ({ ...problem }))
  }
}
