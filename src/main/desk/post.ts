import { type Letter, type Sender, UnwritableLetter, sealLetter } from '#edge/mail/letter.ts'
import { type MailServer, type Sent, sendLetter } from '#edge/mail/send.ts'
import { openForWriting, parseStoreUrl } from '#edge/store/schema.ts'
import { type MailRow, mailFigures, markDelayed, markGivenUp, markSent, takeMail } from '#edge/store/mail-store.ts'

export type PostTerms = {
  /** The store's URL. */
  readonly store: string
  readonly server: MailServer
  readonly sender: Sender
  /** Hears why a message could not leave. */
  readonly onTrouble: (why: string) => void
  readonly now: () => number
}

/** What became of messages so far; `waiting` and `overdueMs` as they are now. */
export type PostFigures = {
  readonly sent: number
  readonly retried: number
  readonly givenUp: number
  readonly waiting: number
  /** How long the message that is due for the longest time has been so. */
  readonly overdueMs: number
}

export type Post = {
  readonly figures: () => PostFigures
  /** Lets the messages under way end, and takes no more. */
  close(): Promise<void>
}

/**
 * Sends what waits in the store, a few messages at a time, and tries again what could not leave: after a minute, then twice
 * as long each time up to an hour, for three days. A message whose try was cut off is sent again under the same Message-ID.
 */
export function openPost({ store, server, sender, onTrouble, now }: PostTerms): Post {
  const db = openForWriting(parseStoreUrl(store), 'full')
  const domain = sender.address.slice(sender.address.lastIndexOf('@') + 1)
  const underWay = new Set<Promise<void>>()
  const counts = { sent: 0, retried: 0, givenUp: 0 }
  let figures: PostFigures = { ...counts, waiting: 0, overdueMs: 0 }
  let isOpen = true
  const onGivenUp = (): void => void counts.givenUp++

  const look = (): void => {
    if (!isOpen) return
    try {
      while (underWay.size < TRIES_MAX) {
        const mail = takeMail(db, { now: now(), leaseMs: LEASE_MS, domain, ...BUDGET, onGivenUp })
        if (mail === undefined) break
        const tried = tryOnce(mail).finally(() => {
          underWay.delete(tried)
          if (isOpen) look()
        })
        underWay.add(tried)
      }
      const { waiting, overdueMs } = mailFigures(db, now())
      figures = { ...counts, waiting, overdueMs }
    } catch (cause) {
      // The store is busy or full just now; what waits stays where it is.
      onTrouble(cause instanceof Error ? cause.message : String(cause))
    }
  }
  const tryOnce = async (mail: MailRow): Promise<void> => {
    const sent = await sealAndSend(mail, sender, server)
    try {
      settle(mail, sent)
    } catch (cause) {
      // It is sent again when the lease is over, under the same Message-ID.
      onTrouble(cause instanceof Error ? cause.message : String(cause))
    }
  }
  const settle = (mail: MailRow, sent: Sent): void => {
    const at = now()
    if (sent.kind === 'taken') {
      counts.sent++
      return markSent(db, mail.id, at, sent.words)
    }
    onTrouble(sent.why)
    if (sent.kind === 'refused' || at - mail.at > GIVE_UP_MS) {
      counts.givenUp++
      return markGivenUp(db, mail.id, at, sent.why)
    }
    counts.retried++
    markDelayed(db, mail.id, at + retryAfterMs(mail.attempts - 1), sent.why)
  }
  const timer = setInterval(look, LOOK_EVERY_MS)
  look()
  return {
    figures: () => figures,
    async close() {
      isOpen = false
      clearInterval(timer)
      await Promise.all(underWay)
      db.close()
    },
  }
}

async function sealAndSend(mail: MailRow, sender: Sender, server: MailServer): Promise<Sent> {
  const { messageId, at, to, subject, text, first, before } = mail
  const references = [first, before].filter((id) => id !== undefined)
  const letter: Letter = { messageId, at, to, subject, text, references }
  try {
    const half = messageId.slice(1, messageId.indexOf('@'))
    return await sendLetter(await sealLetter(letter, sender), half, server)
  } catch (error) {
    if (error instanceof UnwritableLetter) return { kind: 'refused', why: error.message }
    return { kind: 'delayed', why: error instanceof Error ? error.message : String(error) }
  }
}

/** When a message is tried again that has failed so often before. */
export function retryAfterMs(failures: number): number {
  return Math.min(RETRY_FIRST_MS * 2 ** failures, RETRY_MOST_MS)
}

/** What one address gets in 24 hours at most, alerts to the operator's own people aside. */
export const MAILS_PER_DAY = 3
/** Notices of cases to an address that its owner has confirmed: a question and the decision leave on the same day. */
export const NOTICES_PER_DAY = 20
export const BUDGET = { perDay: MAILS_PER_DAY, noticesPerDay: NOTICES_PER_DAY } as const
/** How long a message is tried. */
export const GIVE_UP_MS = 3 * 86_400_000
/** Longer than a try can take: who died in the middle of one leaves the message to the next. */
const LEASE_MS = 300_000
const TRIES_MAX = 4
const LOOK_EVERY_MS = 500
const RETRY_FIRST_MS = 60_000
const RETRY_MOST_MS = 3_600_000
