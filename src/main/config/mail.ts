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
  /** What a server shows that posts replies; undefined where none does. */
  readonly token: string | undefined
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
  const token =
    inbound.token === undefined ? undefined : reader.secret(['mail', 'inbound', 'token'], inbound.token)?.trim()
  if (token !== undefined && token.length < TOKEN_CHARACTERS_MIN)
    reader.fault(
      ['mail', 'inbound', 'token'],
      `found a token of ${token.length} characters, expected ${TOKEN_CHARACTERS_MIN} or more (make one: openssl rand -hex 32)`,
    )
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
      token,
    },
    faults: reader.faults,
  }
}

const TOKEN_CHARACTERS_MIN = 16
