import { takeDropped } from '#edge/mail/drop.ts'
import { readReply } from '#edge/mail/reply.ts'
import { canonicalAddress, findThread, noteReceived, wasReceived } from '#edge/store/mail-store.ts'
import { openForWriting, parseStoreUrl } from '#edge/store/schema.ts'

/** What somebody wrote in answer to one of our messages. */
export type Incoming = {
  /** What the message that it answers belonged to. */
  readonly thread: string
  /** Undefined where it came from the address that we had written to, else from whom. */
  readonly stranger: string | undefined
  readonly text: string
  /** Files that came along and are not kept. */
  readonly attachments: number
}

export type InboxTerms = {
  /** The store's URL. */
  readonly store: string
  /** A Maildir; undefined where replies are only posted. */
  readonly folder: string | undefined
  /**
   * Does with a reply what is to be done; `refused` where its case takes no more. Rejects where it could not be recorded, and
   * is asked again.
   */
  readonly onReply: (reply: Incoming) => Promise<'taken' | 'refused'>
  /** A message of this thread could not be delivered. */
  readonly onBounce: (thread: string) => Promise<void>
  readonly onTrouble: (why: string) => void
  readonly now: () => number
}

/** What became of a message that came in. */
export type Outcome = 'answered' | 'refused' | 'bounced' | 'automatic' | 'empty' | 'unknown' | 'unreadable' | 'repeated'

export type Inbox = {
  /** Takes one message, in octets of RFC 5322. Rejects where it could not be recorded: then it is to be brought again. */
  take(octets: Uint8Array): Promise<Outcome>
  readonly figures: ReadonlyMap<Outcome, number>
  close(): Promise<void>
}

/**
 * Takes replies: one that answers no message of ours is counted and forgotten, for whoever could make the desk read any mail
 * could fill it. A copy of a message that was taken changes nothing.
 */
export function openInbox({ store, folder, onReply, onBounce, onTrouble, now }: InboxTerms): Inbox {
  const db = openForWriting(parseStoreUrl(store), 'full')
  const figures = new Map<Outcome, number>()
  let working: Promise<unknown> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let isOpen = true

  const judge = async (octets: Uint8Array): Promise<Outcome> => {
    const reply = await readReply(octets)
    if (reply.kind === 'unreadable') return 'unreadable'
    if (wasReceived(db, reply.messageId)) return 'repeated'
    if (reply.kind === 'ignored') return reply.why
    const found = findThread(db, reply.references)
    if (found === undefined) return 'unknown'
    const { thread, to } = found
    let outcome: Outcome = 'bounced'
    if (reply.kind === 'bounce') await onBounce(thread)
    else {
      const isStranger = canonicalAddress(reply.from) !== canonicalAddress(to)
      const { text, attachments } = reply
      const took = await onReply({ thread, stranger: isStranger ? reply.from : undefined, text, attachments })
      outcome = took === 'taken' ? 'answered' : 'refused'
    }
    noteReceived(db, { messageId: reply.messageId, thread, outcome, at: now() })
    return outcome
  }
  /** One after the other, so that two copies of a message meet. */
  const take = (octets: Uint8Array): Promise<Outcome> => {
    const outcome = working.then(() => judge(octets))
    working = outcome.then(
      (what) => void figures.set(what, (figures.get(what) ?? 0) + 1),
      () => undefined,
    )
    return outcome
  }
  const look = async (): Promise<void> => {
    if (folder === undefined) return
    try {
      const each = async (octets: Uint8Array): Promise<void> => void (await take(octets))
      await takeDropped(folder, each, (name) => onTrouble(`the message ${name} is too long to read`))
    } catch (cause) {
      onTrouble(cause instanceof Error ? cause.message : String(cause))
    }
    if (isOpen) timer = setTimeout(() => (looking = look()), LOOK_EVERY_MS)
  }
  let looking = look()
  return {
    take,
    figures,
    async close() {
      isOpen = false
      clearTimeout(timer)
      await looking
      await working
      db.close()
    },
  }
}

/** How often the folder is looked at. */
const LOOK_EVERY_MS = 2_000
