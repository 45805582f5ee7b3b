import { Resolver } from 'node:dns/promises'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { isIP } from 'node:net'
import { type ConnectionOptions, type TLSSocket, connect } from 'node:tls'
import { type HostList, type UrlRefusal, readGuardedUrl } from './guarded-url.ts'
import { isPublicAddress } from './public-address.ts'

/** What became of a fetch. A refusal says which guard stopped it. */
export type Fetched =
  | {
      readonly kind: 'fetched'
      readonly body: Uint8Array
      /** The entity tag of the answer; undefined where it had none. */
      readonly tag?: string | undefined
    }
  | { readonly kind: 'refused'; readonly why: FetchRefusal }

/** The same of a document that who asks may have already. */
export type FetchedDocument = Fetched | { readonly kind: 'unchanged' }

export type FetchRefusal = UrlRefusal | keyof typeof FETCH_REFUSALS

/** The refusals of the network's side, in words. */
export const FETCH_REFUSALS = {
  name: 'the name has no address',
  address: 'the name leads to an address that is not public',
  connection: 'no connection could be made, or its certificate is not good',
  status: 'the answer is no 200',
  redirect: 'the answer points elsewhere, where nobody follows',
  encoding: 'the answer is compressed, which nobody asked for',
  'too-long': 'the answer is longer than is taken',
  late: 'the answer was not there in time',
  busy: 'too many fetches are under way',
} as const

export type FetchOptions = {
  /** Hosts that may be fetched from. */
  readonly hosts: HostList
  /** Addresses that may be connected to although they are not public: an operator's own repository. */
  readonly allowAddresses?: readonly string[]
  /** Certificates of authorities to trust for TLS in place of the usual ones, PEM. */
  readonly trust?: readonly string[]
  /** The addresses of a name; the system's name servers are asked if not said. */
  readonly resolve?: (name: string, signal: AbortSignal) => Promise<readonly string[]>
  /** Opens the connection; only tests have a reason to look. */
  readonly connect?: (options: ConnectionOptions) => TLSSocket
  /** The port to connect to in place of 443, for a listener of a test. */
  readonly port?: number
  readonly timeoutMs?: number
}

export type DocumentOptions = FetchOptions & {
  /** The longest document that is taken; 64 KiB if not said. */
  readonly bodyBytesMax?: number
  /** The entity tag of what is here already. RFC 9110 §13.1.2. */
  readonly ifNoneMatch?: string | undefined
  /** Sent instead of asking; what the answer says beyond its status is not read. */
  readonly post?: Message | undefined
}

/**
 * Fetches what a URL of a stranger's choice names, so that it can do no harm: https on 443 from a listed host; the name is
 * resolved once, all its addresses must be public, and the connection goes to one of exactly these; no redirects, no
 * compression, 64 KiB, 3 s. Never rejects.
 */
export async function fetchGuarded(text: string, options: FetchOptions): Promise<Fetched> {
  const fetched = await fetchDocument(text, options)
  // Nobody asked for it on a condition.
  return fetched.kind === 'unchanged' ? { kind: 'refused', why: 'status' } : fetched
}

/** What became of a message that was posted to a URL of a stranger's choice. */
export type Posted = { readonly kind: 'taken' } | { readonly kind: 'refused'; readonly why: FetchRefusal }

/** Posts to a URL of a stranger's choice by the same rules; any status from 200 to 299 means that it was taken. Never rejects. */
export async function postGuarded(text: string, message: Message, options: FetchOptions): Promise<Posted> {
  const posted = await fetchDocument(text, { ...options, post: message })
  return posted.kind === 'fetched'
    ? { kind: 'taken' }
    : { kind: 'refused', why: posted.kind === 'unchanged' ? 'status' : posted.why }
}

/** What is posted: JSON, and header fields beside it. */
export type Message = { readonly body: string; readonly headers: Readonly<Record<string, string>> }

/** The same for a document that is pulled again and again: of up to so many octets, and only where it has changed. */
export async function fetchDocument(text: string, options: DocumentOptions): Promise<FetchedDocument> {
  const url = readGuardedUrl(text, options.hosts)
  if (typeof url === 'string') return { kind: 'refused', why: url }
  const deadline = new AbortController()
  const timer = setTimeout(() => deadline.abort(), options.timeoutMs ?? FETCH_MS)
  const late = new Promise<FetchedDocument>((resolve) => {
    deadline.signal.addEventListener('abort', () => resolve({ kind: 'refused', why: 'late' }), { once: true })
  })
  try {
    return await Promise.race([fetchResolved(url, options, deadline.signal), late])
  } finally {
    clearTimeout(timer)
    // Whatever still hangs on a name server or a socket ends with the fetch.
    deadline.abort()
  }
}

async function fetchResolved(url: URL, options: DocumentOptions, signal: AbortSignal): Promise<FetchedDocument> {
  const resolve = options.resolve ?? resolveName
  let addresses: readonly string[]
  try {
    addresses = await resolve(url.hostname, signal)
  } catch {
    addresses = []
  }
  if (signal.aborted) return { kind: 'refused', why: 'late' }
  if (addresses.length === 0) return { kind: 'refused', why: 'name' }
  const allowed = options.allowAddresses ?? []
  if (!addresses.every((address) => allowed.includes(address) || isPublicAddress(address)))
    return { kind: 'refused', why: 'address' }
  return fetchFrom(url, addresses.find((address) => isIP(address) === 4) ?? addresses[0]!, options, signal)
}

/** Asks one address for the document; the name serves as SNI, as Host, and for checking the certificate. */
function fetchFrom(url: URL, address: string, options: DocumentOptions, signal: AbortSignal): Promise<FetchedDocument> {
  return new Promise((settle) => {
    const refuse = (why: FetchRefusal): void => settle({ kind: 'refused', why })
    const asking = request(
      {
        method: options.post === undefined ? 'GET' : 'POST',
        host: url.hostname,
        path: `${url.pathname}${url.search}`,
        headers: {
          host: url.hostname,
          accept: '*/*',
          'accept-encoding': 'identity',
          'user-agent': 'recourse',
          ...(options.ifNoneMatch !== undefined && { 'if-none-match': options.ifNoneMatch }),
          ...(options.post !== undefined && { 'content-type': 'application/json', ...options.post.headers }),
        },
        maxHeaderSize: HEADER_BYTES_MAX,
        signal,
        createConnection: () =>
          (options.connect ?? connect)({
            host: address,
            port: options.port ?? HTTPS_PORT,
            servername: url.hostname,
            ALPNProtocols: ['http/1.1'],
            minVersion: 'TLSv1.2',
            ...(options.trust !== undefined && { ca: [...options.trust] }),
          }),
      },
      (answer) => void readAnswer(answer, options, settle).finally(() => asking.destroy()),
    )
    asking.on('error', () => refuse('connection'))
    // 1xx and upgrades are no answer; whoever sends them gets no more of our time than anybody else.
    asking.on('upgrade', (_, socket) => {
      socket.destroy()
      refuse('status')
    })
    asking.end(options.post?.body)
  })
}

async function readAnswer(
  answer: IncomingMessage,
  { ifNoneMatch, post, bodyBytesMax = BODY_BYTES_MAX }: DocumentOptions,
  settle: (fetched: FetchedDocument) => void,
): Promise<void> {
  const refuse = (why: FetchRefusal): void => settle({ kind: 'refused', why })
  const { statusCode = 0, headers } = answer
  if (statusCode === 304 && ifNoneMatch !== undefined) return settle({ kind: 'unchanged' })
  if (statusCode >= 300 && statusCode < 400) return refuse('redirect')
  if (post !== undefined && statusCode >= 200 && statusCode < 300)
    return settle({ kind: 'fetched', body: new Uint8Array(0) })
  if (statusCode !== 200) return refuse('status')
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') return refuse('encoding')
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of answer as AsyncIterable<Uint8Array>) {
      size += chunk.length
      if (size > bodyBytesMax) return refuse('too-long')
      chunks.push(chunk)
    }
  } catch {
    return refuse('connection')
  }
  settle({ kind: 'fetched', body: Buffer.concat(chunks), tag: headers.etag })
}

/**
 * Asks the name servers, not the file of hosts: c-ares does that without one of the few threads that files and signatures
 * need as well, and can be stopped.
 */
export async function resolveName(name: string, signal: AbortSignal): Promise<string[]> {
  const resolver = new Resolver({ timeout: RESOLVE_MS, tries: 2 })
  signal.addEventListener('abort', () => resolver.cancel(), { once: true })
  const found = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)])
  return found.flatMap((result) => (result.status === 'fulfilled' ? result.value : []))
}

/** A whole fetch, from the name to the last octet. */
export const FETCH_MS = 3_000
/** The longest document that is taken. */
export const BODY_BYTES_MAX = 65_536
const HEADER_BYTES_MAX = 8_192
const RESOLVE_MS = 1_000
const HTTPS_PORT = 443
