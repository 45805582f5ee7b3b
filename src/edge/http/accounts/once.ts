import { createHash } from 'node:crypto'
import type { HttpFigures } from '#edge/http/figures.ts'
import { readBody } from '#edge/http/body.ts'
import { Refused } from '#edge/http/problem.ts'

/** Who asks for what: a key is one account's, for one place. */
export type KeyedRequest = { readonly request: Request; readonly account: string; readonly path: string }

/** An answer that can be given again. */
export type Kept = {
  readonly status: 200 | 201
  readonly value: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** Reads the octets and does the work; `once` names the request for a store that knows it again after a restart, too. */
export type Make = (octets: Uint8Array, once: string | undefined) => Promise<Kept>

export type OnceTerms = {
  /** Of the body. */
  readonly bytesMax?: number
  /** How long the answer is kept; a day if not said. */
  readonly keptMs?: number
}

/**
 * Answers a POST once for each `Idempotency-Key` of an account: the same key and body get the same answer again, also while the
 * first is still being made; the same key with another body is refused. What was refused may be tried again under its key.
 */
export class Once {
  readonly #kept = new Map<string, Entry>()
  readonly #now: () => number
  readonly #figures: Pick<HttpFigures, 'insideRepeats' | 'insideKeysDropped'>
  readonly #most: KeptMost
  #octets = 0

  constructor(
    now: () => number,
    figures: Pick<HttpFigures, 'insideRepeats' | 'insideKeysDropped'>,
    most: KeptMost = { answers: KEPT_MAX, octets: KEPT_OCTETS_MAX },
  ) {
    this.#now = now
    this.#figures = figures
    this.#most = most
  }

  async answer({ request, account, path }: KeyedRequest, make: Make, terms: OnceTerms = {}): Promise<Response> {
    const key = request.headers.get('idempotency-key') ?? undefined
    if (key !== undefined && !/^[!-~]{1,128}$/.test(key))
      throw new Refused('bad-field', 'expected an Idempotency-Key of up to 128 visible characters')
    const octets = await readBody(request, terms.bytesMax)
    if (key === undefined) return responseOf(textOf(await make(octets, undefined)))
    const name = `${account} ${path} ${key}`
    const digest = createHash('sha256').update(octets).digest('base64')
    this.#forgetOld()
    const before = this.#kept.get(name)
    if (before !== undefined && before.digest !== digest)
      throw new Refused('key-reused', 'expected the same body as before, or another Idempotency-Key')
    if (before !== undefined) {
      this.#figures.insideRepeats++
      return responseOf(await before.answer)
    }
    // The store may take the key too, and has no need to know the account's spelling of it.
    const answer = make(octets, createHash('sha256').update(name).digest('base64url')).then(textOf)
    const entry: Entry = { digest, answer, until: this.#now() + (terms.keptMs ?? KEPT_MS), octets: 0 }
    this.#kept.set(name, entry)
    try {
      const { text } = await answer
      if (this.#kept.get(name) === entry) {
        entry.octets = text.length
        this.#octets += text.length
        this.#makeRoom()
      }
      return responseOf(await answer)
    } catch (error) {
      if (this.#kept.get(name) === entry) this.#forget(name, entry)
      throw error
    }
  }

  #forgetOld(): void {
    const now = this.#now()
    for (const [name, entry] of this.#kept) if (entry.until <= now) this.#forget(name, entry)
  }

  #makeRoom(): void {
    for (const [name, entry] of this.#kept) {
      if (this.#kept.size <= this.#most.answers && this.#octets <= this.#most.octets) return
      this.#forget(name, entry)
      this.#figures.insideKeysDropped++
    }
  }

  #forget(name: string, entry: Entry): void {
    this.#kept.delete(name)
    this.#octets -= entry.octets
  }
}

type Entry = { readonly digest: string; readonly answer: Promise<Text>; readonly until: number; octets: number }
type KeptMost = { readonly answers: number; readonly octets: number }
type Text = { readonly status: number; readonly text: string; readonly headers: Readonly<Record<string, string>> }

function textOf({ status, value, headers = {} }: Kept): Text {
  return { status, text: `${JSON.stringify(value)}\n`, headers }
}

function responseOf({ status, text, headers }: Text): Response {
  return new Response(text, {
    status,
    headers: { ...headers, 'content-type': 'application/json', 'cache-control': 'no-store' },
  })
}

/** What is kept: answers of one program, no longer than it lives; the oldest makes room. */
const KEPT_MS = 86_400_000
export const KEPT_MAX = 10_000
export const KEPT_OCTETS_MAX = 67_108_864
/** An answer with a secret that is shown once is kept for a connection that broke, and no longer. */
export const SECRET_KEPT_MS = 600_000
