import type { Sender } from '#edge/mail/letter.ts'
import type { MailServer } from '#edge/mail/send.ts'
import type { ConfigFault } from './fault.ts'
import { besides } from './lists.ts'
import type { Settings } from './schema.ts'
import { SourceReader, type Sources } from './source-reader.ts'

/** How messages leave and come in. Without passwords where they were not to be read. */
export type MailConfig = {
  readonly server: MailServer
  readonly sender: Sender
  /** A Maildir; undefined where replies do not come that way. */
  readonly folder: string | undefined
}

/** Reads what mail needs, secrets too; undefined where none is configured. */
export function readMail(
  { mail, operator }: Settings,
  sources: Sources,
): { readonly mail: MailConfig | undefined; readonly faults: ConfigFault[] } {
  if (mail === undefined) return { mail: undefined, faults: [] }
  const reader = new SourceReader(sources)
  const { server, login, from, 'reply-to': replyTo, inbound } = mail
  if (server.kind === 'folder' && (login !== undefined || mail.trust !== undefined))
    reader.fault(['mail'], 'found login or trust beside a folder, expected them only for a server')
  const password =
    login === undefined ? undefined : reader.secret(['mail', 'login', 'password'], login.password)?.trim()
  const trust = mail.trust === undefined ? undefined : reader.text(['mail', 'trust'], mail.trust)
  return {
    mail: {
      server:
        server.kind === 'folder'
          ? { kind: 'folder', path: besides(sources.file, server.path) }
          : {
              ...server,
              login: login === undefined || password === undefined ? undefined : { user: login.user, password },
              ...(trust !== undefined && { trust }),
            },
      sender: { name: operator.name, address: from, replyTo },
      folder: inbound.folder === undefined ? undefined : besides(sources.file, inbound.folder),
    },
    faults: reader.faults,
  }
}
