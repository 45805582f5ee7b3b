import { isE164 } from '#codec/notice/contact.ts'
import type { DeskNews } from './dispute-event.ts'
import { WORDS_MAX } from './steps.ts'

// What another desk says, by the convention of docs/desk-api.md. It is a stranger's text: it is read into these types or not
// at all, what is longer is cut, and what is unknown is left out.

/** What the URL of a notice answered. */
export type NoticeAnswer = {
  readonly desk: string
  readonly receipt: string | undefined
  /** Where a claim is posted; on the host that was asked. */
  readonly file: string
  readonly statusWithinMs: number | undefined
}

/** A claim was taken. */
export type FiledAnswer = {
  readonly reference: string
  /** Where its state is asked: a secret. */
  readonly status: string
  readonly needsConfirmation: boolean
}

export type CaseAnswer = {
  readonly news: DeskNews
  /** Where things may be posted now, by what they are; on the host that was asked. */
  readonly links: ReadonlyMap<CaseLink, string>
}

export type CaseLink = (typeof CASE_LINKS)[number]

/** A number to be dialled from ours, and until when. */
export type ChallengeAnswer = { readonly dial: string; readonly until: number | undefined }

/** Reads what the URL of a notice answered; undefined where it does not speak the convention. */
export function readNoticeAnswer(octets: Uint8Array, asked: URL): NoticeAnswer | undefined {
  const body = readBody(octets)
  const file = objectAt(objectAt(body, 'links'), 'file')
  const href = hrefOf(file, asked)
  if (body === undefined || href === undefined || textAt(file, 'method') !== 'POST') return undefined
  const desk = objectAt(body, 'desk')
  const hours = objectAt(desk, 'promise')?.['statusWithinHours']
  return {
    desk: textAt(desk, 'name') ?? asked.hostname,
    receipt: textAt(objectAt(body, 'block'), 'receipt'),
    file: href,
    statusWithinMs: typeof hours === 'number' && hours > 0 && hours <= HOURS_MAX ? hours * HOUR_MS : undefined,
  }
}

/** Reads what came back for a claim. */
export function readFiledAnswer(octets: Uint8Array, asked: URL): FiledAnswer | undefined {
  const body = readBody(octets)
  const reference = textAt(body, 'case')
  const status = sameHost(textAt(body, 'status'), asked)
  if (body === undefined || reference === undefined || status === undefined) return undefined
  return { reference, status, needsConfirmation: body['needsConfirmation'] === true }
}

/** Reads how a case stands. */
export function readCaseAnswer(octets: Uint8Array, asked: URL): CaseAnswer | undefined {
  const body = readBody(octets)
  const found = objectAt(body, 'case')
  const status = textAt(found, 'status')
  if (status === undefined || !/^[a-z][a-z-]{0,39}$/.test(status)) return undefined
  const links = new Map<CaseLink, string>()
  for (const name of CASE_LINKS) {
    const href = hrefOf(objectAt(objectAt(body, 'links'), name), asked)
    if (href !== undefined) links.set(name, href)
  }
  const question = textAt(found, 'question', WORDS_MAX)
  const news = {
    status,
    next: textAt(found, 'next', WORDS_MAX) ?? '',
    question,
    due: timeOf(textAt(objectAt(found, 'due'), 'at')),
  }
  return { news, links }
}

export function readChallengeAnswer(octets: Uint8Array): ChallengeAnswer | undefined {
  const body = readJson(octets)
  const dial = textAt(body, 'dial')
  if (dial === undefined || !isE164(dial)) return undefined
  return { dial, until: timeOf(textAt(body, 'until')) }
}

/** What a desk refused, as a problem of RFC 9457; undefined where it is none. */
export function readProblem(octets: Uint8Array): { readonly type: string; readonly detail: string } | undefined {
  const body = readJson(octets)
  const type = textAt(body, 'type')
  if (type === undefined) return undefined
  const pointer = textAt(body, 'pointer')
  const detail = textAt(body, 'detail') ?? textAt(body, 'title') ?? ''
  return { type, detail: pointer === undefined ? detail : `${detail} (${pointer})` }
}

type Fields = Readonly<Record<string, unknown>>

function readBody(octets: Uint8Array): Fields | undefined {
  const body = readJson(octets)
  return body?.['recourse'] === 1 ? body : undefined
}

function readJson(octets: Uint8Array): Fields | undefined {
  try {
    return fieldsOf(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(octets)))
  } catch {
    // No JSON, or no UTF-8: it does not speak the convention.
    return undefined
  }
}

function fieldsOf(value: unknown): Fields | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return Object.assign(Object.create(null) as Record<string, unknown>, value)
}

function objectAt(fields: Fields | undefined, name: string): Fields | undefined {
  return fieldsOf(fields?.[name])
}

function textAt(fields: Fields | undefined, name: string, most = TEXT_MAX): string | undefined {
  const value = fields?.[name]
  return typeof value === 'string' && value !== '' ? value.slice(0, most) : undefined
}

function hrefOf(link: Fields | undefined, asked: URL): string | undefined {
  return sameHost(textAt(link, 'href'), asked)
}

/** A desk sends us to itself and nowhere else. */
function sameHost(text: string | undefined, asked: URL): string | undefined {
  if (text === undefined || text.length >= TEXT_MAX || !URL.canParse(text)) return undefined
  const url = new URL(text)
  return url.origin === asked.origin && url.username === '' && url.password === '' ? url.href : undefined
}

function timeOf(text: string | undefined): number | undefined {
  const at = text === undefined ? Number.NaN : Date.parse(text)
  return Number.isNaN(at) ? undefined : at
}

/** Characters of a name, an id or a URL. */
const TEXT_MAX = 2_048
const CASE_LINKS = ['answers', 'challenges', 'withdrawal', 'reopening'] as const
const HOURS_MAX = 24 * 365
const HOUR_MS = 3_600_000
