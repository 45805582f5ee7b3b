import { type IncomingMessage, type RequestOptions, request as requestPlain } from 'node:http'
import { request as requestSecure } from 'node:https'
import { isIP } from 'node:net'
import { connect } from 'node:tls'
import { FETCH_REFUSALS, type FetchRefusal, resolveName } from './guarded-fetch.ts'
import { readGuardedUrl } from './guarded-url.ts'
import { isPublicAddress } from './public-address.ts'

/** One request to a URL that a stranger named and a person wants asked. */
export type Question = {
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
}

/** What came back; any status but a redirect is an answer. A refusal says which guard stopped it. */
export type Answered =
  | { readonly kind: 'answered'; readonly status: number; readonly headers: Headers; readonly body: Uint8Array }
  | { readonly kind: 'refused'; readonly why: FetchRefusal }

export type AskOptions = {
  /** Whether addresses that are not public may be connected to, and this machine without TLS. */
  readonly isPrivateAllowed: boolean
  /** Hosts that are reached elsewhere than their name says: the operator's own word, so any address will do. */
  readonly connectTo?: ReadonlyMap<string, { readonly address: string; readonly port: number }>
  /** Certificates of authorities to trust for TLS in place of the usual ones, PEM. */
  readonly trust?: readonly string[] | undefined
  /** The addresses of a name; the system's name servers are asked if not said. */
  readonly resolve?: (name: string, signal: AbortSignal) => Promise<readonly string[]>
  readonly timeoutMs?: number
}

/**
 * Asks, and takes the answer whatever its status: https on 443, every address of the name public unless the operator says
 * otherwise, the connection to one of exactly these, no redirects, no compression, `ASKED_BYTES_MAX`, `ASK_MS`. Never rejects.
 */
export async function askGuarded(question: Question, options: AskOptions): Promise<Answered> {
  const url = readUrl(question.url, options.isPrivateAllowed)
  if (typeof url === 'string') return { kind: 'refused', why: url }
  const deadline = new AbortController()
  const timer = setTimeout(() => deadline.abort(), options.timeoutMs ?? ASK_MS)
  const late = new Promise<Answered>((settle) => {
    deadline.signal.addEventListener('abort', () => settle({ kind: 'refused', why: 'late' }), { once: true })
  })
  try {
    return await Promise.race([askResolved(url, question, options, deadline.signal), late])
  } finally {
    clearTimeout(timer)
    deadline.abort()
  }
}

/** What a refusal means, in words. */
export function refusalWords(why: FetchRefusal): string {
  return Object.hasOwn(FETCH_REFUSALS, why)
    ? FETCH_REFUSALS[why as keyof typeof FETCH_REFUSALS]
    : URL_WORDS[why as keyof typeof URL_WORDS]
}

function readUrl(text: string, isPrivateAllowed: boolean): URL | FetchRefusal {
  if (isPrivateAllowed && LOOPBACK.test(text) && URL.canParse(text)) return new URL(text)
  return readGuardedUrl(text, ['*'])
}

async function askResolved(url: URL, question: Question, options: AskOptions, signal: AbortSignal): Promise<Answered> {
  const elsewhere = options.connectTo?.get(url.hostname)
  if (elsewhere !== undefined) return askAt(url, question, elsewhere, options, signal)
  const name = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80)
  if (isIP(name) > 0) return askAt(url, question, { address: name, port }, options, signal)
  let addresses: readonly string[]
  try {
    addresses = await (options.resolve ?? resolveName)(name, signal)
  } catch {
    addresses = []
  }
  if (signal.aborted) return { kind: 'refused', why: 'late' }
  if (addresses.length === 0) return { kind: 'refused', why: 'name' }
  if (!options.isPrivateAllowed && !addresses.every(isPublicAddress)) return { kind: 'refused', why: 'address' }
  const address = addresses.find((one) => isIP(one) === 4) ?? addresses[0]!
  return askAt(url, question, { address, port }, options, signal)
}

function askAt(
  url: URL,
  { method, headers, body }: Question,
  { address, port }: { readonly address: string; readonly port: number },
  { trust }: AskOptions,
  signal: AbortSignal,
): Promise<Answered> {
  return new Promise((settle) => {
    const wishes: RequestOptions = {
      method,
      host: address,
      port,
      path: `${url.pathname}${url.search}`,
      headers: {
        host: url.host,
        'accept-encoding': 'identity',
        'user-agent': 'recourse',
        ...headers,
        ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
      },
      maxHeaderSize: HEADER_BYTES_MAX,
      signal,
    }
    const onAnswer = (answer: IncomingMessage): void => {
      void readAnswer(answer)
        .then(settle)
        .finally(() => asking.destroy())
    }
    const asking =
      url.protocol === 'https:'
        ? requestSecure(
            {
              ...wishes,
              createConnection: () =>
                connect({
                  host: address,
                  port,
                  servername: url.hostname,
                  ALPNProtocols: ['http/1.1'],
                  minVersion: 'TLSv1.2',
                  ...(trust !== undefined && { ca: [...trust] }),
                }),
            },
            onAnswer,
          )
        : requestPlain({ ...wishes, agent: false }, onAnswer)
    asking.on('error', () => settle({ kind: 'refused', why: 'connection' }))
    asking.on('upgrade', (_, socket) => {
      socket.destroy()
      settle({ kind: 'refused', why: 'status' })
    })
    asking.end(body)
  })
}

async function readAnswer(answer: IncomingMessage): Promise<Answered> {
  const { statusCode: status = 0 } = answer
  if (status >= 300 && status < 400) return { kind: 'refused', why: 'redirect' }
  if ((answer.headers['content-encoding'] ?? 'identity') !== 'identity') return { kind: 'refused', why: 'encoding' }
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of answer as AsyncIterable<Uint8Array>) {
      size += chunk.length
      if (size > ASKED_BYTES_MAX) return { kind: 'refused', why: 'too-long' }
      chunks.push(chunk)
    }
  } catch {
    return { kind: 'refused', why: 'connection' }
  }
  const headers = new Headers()
  for (const [name, value] of Object.entries(answer.headers))
    if (typeof value === 'string' && !/[^\t -~]/.test(value)) headers.set(name, value)
  return { kind: 'answered', status, headers, body: Buffer.concat(chunks) }
}

/** One question with its answer, from the name to the last octet. */
export const ASK_MS = 15_000
/** The longest answer that is taken. */
export const ASKED_BYTES_MAX = 262_144
const HEADER_BYTES_MAX = 8_192
/** This machine, by an address and nothing that a name server could say. */
const LOOPBACK = /^https?:\/\/(?:127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?(?:\/[!-~]*)?$/
const URL_WORDS = {
  url: 'it is no URL that everybody reads alike',
  scheme: 'it is no https URL',
  user: 'it has a user name in it',
  port: 'it names a port other than 443',
  host: 'its host is no name in the public DNS',
  'not-listed': 'its host is not listed',
} as const
