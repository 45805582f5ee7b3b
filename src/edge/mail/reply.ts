import PostalMime, { type Email } from 'postal-mime'

/** What somebody wrote back, or why it is not taken as that. */
export type Reply =
  | {
      readonly kind: 'reply'
      readonly messageId: string
      readonly from: string
      /** Message-IDs that it refers to, the last one first. */
      readonly references: readonly string[]
      /** What was written, without what was quoted. */
      readonly text: string
      /** How many files came along; they are not kept. */
      readonly attachments: number
    }
  /** A message that could not be delivered came back. */
  | { readonly kind: 'bounce'; readonly messageId: string; readonly references: readonly string[] }
  /** Written by a machine (RFC 3834), or nothing in it. */
  | { readonly kind: 'ignored'; readonly messageId: string; readonly why: 'automatic' | 'empty' }
  | { readonly kind: 'unreadable'; readonly why: string }

/** Reads a message that came in, in octets. What a machine wrote is told from what a person did: nothing answers itself. */
export async function readReply(octets: Uint8Array): Promise<Reply> {
  if (octets.length > MESSAGE_OCTETS_MAX) return { kind: 'unreadable', why: `longer than ${MESSAGE_OCTETS_MAX} octets` }
  let email: Email
  try {
    email = await PostalMime.parse(octets, { maxNestingDepth: DEPTH_MAX, maxHeadersSize: HEADER_OCTETS_MAX })
  } catch (error) {
    return { kind: 'unreadable', why: error instanceof Error ? error.message : String(error) }
  }
  const messageId = idsOf(email.messageId)[0]
  const from = email.from?.address
  if (messageId === undefined) return { kind: 'unreadable', why: 'it has no Message-ID' }
  if (from === undefined || from === '') return { kind: 'unreadable', why: 'it has no sender' }
  const references = [...idsOf(email.inReplyTo), ...idsOf(email.references).reverse()].slice(0, REFERENCES_MAX)
  if (isBounce(email)) {
    return {
      kind: 'bounce',
      messageId,
      references: [...references, ...idsOf(embedded(octets))].slice(0, REFERENCES_MAX),
    }
  }
  if (isAutomatic(email)) return { kind: 'ignored', messageId, why: 'automatic' }
  const text = withoutQuotes(email.text ?? '')
  if (text === '') return { kind: 'ignored', messageId, why: 'empty' }
  return { kind: 'reply', messageId, from, references, text, attachments: email.attachments.length }
}

function isBounce(email: Email): boolean {
  const type = headerOf(email, 'content-type').toLowerCase()
  return type.startsWith('multipart/report') || /^<\s*>$/.test(headerOf(email, 'return-path').trim())
}

function isAutomatic(email: Email): boolean {
  const submitted = headerOf(email, 'auto-submitted').trim().toLowerCase()
  if (submitted !== '' && !/^no\b/.test(submitted)) return true
  if (/^(bulk|junk|list|auto_reply)$/i.test(headerOf(email, 'precedence').trim())) return true
  return headerOf(email, 'list-id') !== '' || headerOf(email, 'x-autoreply') !== ''
}

function headerOf(email: Email, key: string): string {
  return email.headers.find((header) => header.key === key)?.value ?? ''
}

function idsOf(text: string | undefined): string[] {
  return text === undefined ? [] : [...text.matchAll(MESSAGE_ID)].map(([id]) => id)
}

/** The Message-ID of the message that came back, which stands in a part of it. RFC 3462 §2. */
function embedded(octets: Uint8Array): string {
  const text = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('latin1')
  const all = [...text.matchAll(/^message-id:[ \t]*(<[^<>\s]{3,400}>)/gim)]
  return all.map(([, id]) => id!).join(' ')
}

/** Without lines that begin with `>`, the line that introduces them, and what follows a mark of the usual programs. */
function withoutQuotes(text: string): string {
  const lines = text.replaceAll(/\r\n?/g, '\n').split('\n')
  const end = lines.findIndex((line) => QUOTE_BEGINS.some((mark) => mark.test(line)))
  const own = (end === -1 ? lines : lines.slice(0, end)).filter((line) => !line.startsWith('>'))
  while (own.length > 0 && INTRODUCES_QUOTE.test(own.at(-1)!)) own.pop()
  return own.join('\n').trim().slice(0, TEXT_CHARACTERS_MAX)
}

const MESSAGE_ID = /<[^<>\s]{3,400}>/g
const QUOTE_BEGINS = [
  /^-{2,} ?original message ?-{2,}$/i,
  /^_{20,}$/,
  /^-- ?$/,
  /^on .{6,200} wrote:$/i,
  /^from: .{1,300}@.{1,300}$/i,
]
/** The same introduction where it was broken into two lines. */
const INTRODUCES_QUOTE = /^\s*$|wrote:$|^on (mon|tue|wed|thu|fri|sat|sun|\d)/i
export const MESSAGE_OCTETS_MAX = 1_048_576
const HEADER_OCTETS_MAX = 65_536
const DEPTH_MAX = 20
const REFERENCES_MAX = 100
const TEXT_CHARACTERS_MAX = 20_000
