import { readFileSync, readdirSync } from 'node:fs'

/** One case of RFC 4475 in our own words: the datagram, and what a server owes it. */
export type TortureCase = {
  /** Section and short name, `3.1.1.1-wsinv`. */
  readonly name: string
  readonly bytes: Uint8Array
  readonly expect: TortureExpectation
}

export type TortureExpectation = {
  readonly section: string
  readonly name: string
  readonly title: string
  readonly feature: string
  readonly kind: 'request' | 'response'
  readonly method?: string
  readonly status?: number
  /** What the top Via names. */
  readonly transport: string
  readonly wellFormed: boolean
  readonly outcome: 'process' | 'reject' | 'reject-or-lenient' | 'discard'
  /** Statuses that will do; `policy` is what the server would answer a plain INVITE between the same numbers. */
  readonly acceptable: readonly (number | 'policy')[]
  readonly preferred: number | 'policy' | null
  readonly noResponse: boolean
  readonly must: readonly string[]
  readonly mustNot: readonly string[]
  readonly ledgerRowsMax: 0 | 1
  /** The number to put on a block list where the policy is to refuse the call. */
  readonly calling?: string
  /** What differs on TCP and TLS. */
  readonly onStream?: string
}

/** One notice: the response, and what a linter must say of it. */
export type NoticeVector = {
  /** The part of the name before the first hyphen, `G01`. */
  readonly id: string
  readonly name: string
  readonly folder: NoticeFolder
  readonly bytes: Uint8Array
  readonly title: string
  readonly expect: NoticeExpectation
  readonly fires: readonly string[]
  readonly nearMiss: readonly string[]
  readonly cite: readonly string[]
  readonly note?: string
  /** Fetched cards by URI. */
  readonly resources?: ReadonlyMap<string, string>
  /** The clock while the card is checked, seconds since 1970. */
  readonly now?: number
  /** Stands for the certificate that x5u names. */
  readonly x5uJwk?: JsonWebKey
}

export type NoticeFolder = (typeof NOTICE_FOLDERS)[number]

export type NoticeExpectation = {
  readonly class: '603' | '603+' | '607' | '608' | 'other' | 'malformed'
  readonly verdict: 'conformant' | 'deviant' | 'n/a'
  readonly identity603plus: boolean
  /** Null where nothing is claimed. */
  readonly freeswitchDetect: boolean | null
  readonly rules: readonly string[]
  readonly fields: Readonly<Record<string, unknown>>
}

/** One SIP message: the facts a parser must read from it, or the fault it must name. */
export type SipVector = { readonly id: string; readonly name: string; readonly bytes: Uint8Array } & (
  | { readonly folder: 'valid'; readonly expected: SipExpectation }
  | { readonly folder: 'invalid'; readonly fault: SipFault }
)

/** One HEP packet: the facts a reader must find in it, or the fault it must name. */
export type HepVector = { readonly id: string; readonly name: string; readonly bytes: Uint8Array } & (
  | { readonly expected: HepExpectation; readonly fault?: never }
  | { readonly fault: { readonly code: string }; readonly expected?: never }
)

/** Facts of a packet; null for what is absent. */
export type HepExpectation = Readonly<Record<string, string | number | boolean | null>> & {
  /** RFC 3339, with microseconds. */
  readonly at: string
  /** As text; where it is compressed, what it opens to. */
  readonly payload: string
  readonly isCompressed: boolean
}

export type SipFault = {
  /** A code of `Malformed`. */
  readonly code: string
  /** What has to be read for the fault to show: `message`, `request` (the fields all requests need), or one field. */
  readonly in: string
}

/** Facts of a sound message; the optional ones stand where the vector is there for them, null for what is absent. */
export type SipExpectation = {
  readonly kind: 'request' | 'response'
  readonly method?: string
  readonly requestUri?: string
  readonly status?: number
  readonly phrase?: string
  readonly callId: string
  readonly cseq: { readonly number: number; readonly method: string }
  readonly bodyLength: number
  readonly via?: readonly SipVia[]
  readonly from?: SipAddress
  readonly to?: SipAddress
  readonly contacts?: readonly SipAddress[]
  readonly assertedIdentity?: readonly SipAddress[]
  readonly reasons?: readonly {
    readonly protocol: string
    readonly cause: number | null
    readonly text: string | null
    readonly location: string | null
  }[]
  readonly callInfo?: readonly { readonly uri: string; readonly purpose: string | null }[]
  readonly featureCaps?: readonly SipParameters[]
  /** Parts of URIs by the URI as written. */
  readonly uris?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  /** All header fields in order: the name as sent; the value without outer white space, each fold one space. */
  readonly fields: readonly (readonly [name: string, value: string])[]
}

export type SipParameters = Readonly<Record<string, string | null>>

export type SipVia = {
  readonly transport: string
  readonly host: string
  readonly port: number | null
  readonly parameters: SipParameters
}

export type SipAddress = {
  readonly displayName: string | null
  readonly uri: string
  readonly parameters: SipParameters
}

/** The cases of RFC 4475 in the order of its sections. */
export function tortureCases(): TortureCase[] {
  return readPairs('sip/torture')
    .map(({ name, bytes, json }) => ({ name, bytes, expect: json as TortureExpectation }))
    .sort((a, b) => sectionOrder(a.expect.section) - sectionOrder(b.expect.section))
}

/** All notices, folder by folder. */
export function noticeVectors(): NoticeVector[] {
  return NOTICE_FOLDERS.flatMap((folder) =>
    readPairs(`notice/${folder}`).map(({ name, bytes, json }) => {
      const { resources, ...rest } = json as NoticeVector & { readonly resources?: Record<string, string> }
      const cards = resources === undefined ? {} : { resources: new Map(Object.entries(resources)) }
      return { ...rest, ...cards, id: idOf(name), name, folder, bytes }
    }),
  )
}

/** Sound messages first, then broken ones. */
export function sipVectors(): SipVector[] {
  return SIP_FOLDERS.flatMap((folder) =>
    readPairs(`sip/${folder}`).map(({ name, bytes, json }) => {
      return { ...(json as object), id: idOf(name), name, folder, bytes } as SipVector
    }),
  )
}

/** All HEP packets: sound ones, then broken ones. */
export function hepVectors(): HepVector[] {
  return readPairs('hep', 'hep').map(({ name, bytes, json }) => {
    return { ...(json as object), id: idOf(name), name, bytes } as HepVector
  })
}

/** A message and what is said about it; `name` is the file name without its ending. */
type Pair = { readonly name: string; readonly bytes: Uint8Array; readonly json: unknown }

/** Reads every pair of a folder, so that no file can be forgotten; an empty folder or half a pair is a mistake of ours. */
function readPairs(folder: string, ending = 'sip'): Pair[] {
  const at = new URL(`${folder}/`, VECTORS)
  const files = readdirSync(at).sort()
  const names = files.filter((file) => file.endsWith(`.${ending}`)).map((file) => file.slice(0, -ending.length - 1))
  if (names.length === 0) throw new Error(`vectors/${folder} is empty`)
  const wanted = names.flatMap((name) => [`${name}.json`, `${name}.${ending}`]).sort()
  const odd = [...files.filter((file) => !wanted.includes(file)), ...wanted.filter((file) => !files.includes(file))]
  if (odd.length > 0) throw new Error(`vectors/${folder}: not a pair of .${ending} and .json: ${odd.join(', ')}`)
  return names.map((name) => ({
    name,
    bytes: new Uint8Array(readFileSync(new URL(`${name}.${ending}`, at))),
    json: JSON.parse(readFileSync(new URL(`${name}.json`, at), 'utf8')) as unknown,
  }))
}

function idOf(name: string): string {
  return name.slice(0, name.indexOf('-'))
}

/** Sections have at most four numbers, all below 100. */
function sectionOrder(section: string): number {
  const [a = 0, b = 0, c = 0, d = 0] = section.split('.').map(Number)
  return ((a * 100 + b) * 100 + c) * 100 + d
}

export const NOTICE_FOLDERS = ['valid', 'deviant', 'residue', 'other', 'malformed'] as const
export const SIP_FOLDERS = ['valid', 'invalid'] as const
const VECTORS = new URL('../vectors/', import.meta.url)
