import MailComposer from 'nodemailer/lib/mail-composer'
import { isMailbox } from '#codec/notice/contact.ts'

/** A message before it is put into octets. */
export type Letter = {
  readonly messageId: string
  /** Milliseconds since 1970: when it was written, the same in every try. */
  readonly at: number
  readonly to: string
  readonly subject: string
  /** Plain text. */
  readonly text: string
  /** Message-IDs of the thread, oldest first; empty for its first message. */
  readonly references: readonly string[]
}

/** Who writes. */
export type Sender = {
  /** The operator's name. */
  readonly name: string
  readonly address: string
  /** Where replies go, when not to `address`. */
  readonly replyTo: string | undefined
}

/** An RFC 5322 message in octets with the addresses of its envelope. */
export type SealedLetter = {
  readonly from: string
  readonly to: string
  readonly octets: Uint8Array
}

/** Why a letter cannot be written: somebody's text would be read as something else. */
export class UnwritableLetter extends Error {
  constructor(field: string) {
    super(`a message cannot be written: its ${field} would be read as something else`)
    this.name = 'UnwritableLetter'
  }
}

/**
 * Writes a letter: plain text, one recipient, no link that tells on its reader, marked as written by a machine so that no
 * machine replies (RFC 3834 §5). Throws `UnwritableLetter` for an address, subject or Message-ID that is none; nothing is
 * left to the library to find out.
 */
export async function sealLetter(letter: Letter, sender: Sender): Promise<SealedLetter> {
  const { messageId, at, to, subject, text, references } = letter
  if (!isMailbox(to)) throw new UnwritableLetter('recipient')
  if (!isMailbox(sender.address)) throw new UnwritableLetter('sender')
  if (sender.replyTo !== undefined && !isMailbox(sender.replyTo)) throw new UnwritableLetter('address for replies')
  if (UNPRINTABLE.test(subject) || subject.length > SUBJECT_CHARACTERS_MAX) throw new UnwritableLetter('subject')
  if (UNPRINTABLE.test(sender.name)) throw new UnwritableLetter('sender’s name')
  if (![messageId, ...references].every((id) => MESSAGE_ID.test(id))) throw new UnwritableLetter('Message-ID')
  const composer = new MailComposer({
    from: { name: sender.name, address: sender.address },
    to: { name: '', address: to },
    ...(sender.replyTo !== undefined && { replyTo: { name: '', address: sender.replyTo } }),
    subject,
    text: showControls(text),
    messageId,
    date: new Date(at),
    ...(references.length > 0 && { inReplyTo: references.at(-1)!, references: [...new Set(references)] }),
    headers: { 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  const octets = await new Promise<Buffer>((resolve, reject) => {
    composer.compile().build((error, message) => (error === null ? resolve(message) : reject(error)))
  })
  return { from: sender.address, to, octets }
}

/** Somebody's text with its control characters as visible codes; lines stay lines. */
function showControls(text: string): string {
  return text
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(
      INVISIBLE,
      (character) => `[U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}]`,
    )
}

// oxlint-disable-next-line no-control-regex -- these are what must not be there
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/
// oxlint-disable-next-line no-control-regex -- the same, but for the end of a line and a tab
const INVISIBLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g
/** RFC 5322 §3.6.4, in the narrow form that everybody writes. */
const MESSAGE_ID = /^<[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,200}@[A-Za-z0-9.[\]:-]{1,255}>$/
/** In one line of a header, however it is encoded (RFC 5322 §2.1.1 allows 998 octets). */
const SUBJECT_CHARACTERS_MAX = 200
