import { isIP } from 'node:net'
import { isMailbox } from '#codec/notice/contact.ts'
import { SECRET, checked, key, secret, section, text } from './keys.ts'

/** Where mail goes: a server of RFC 5321, or a folder that something else sends from. */
export type MailServerUrl =
  | { readonly kind: 'smtp'; readonly host: string; readonly port: number; readonly tls: 'always' | 'must' | 'may' }
  | { readonly kind: 'folder'; readonly path: string }

const MAILBOX = 'an e-mail address in ASCII such as redress@northwire.example'

const mailbox = () => checked((text) => (isMailbox(text) ? text : undefined))

const login = section({
  user: key(text(200), 'The name to log in with.', 'a name of up to 200 characters'),
  password: key(secret(), 'Its password.', SECRET),
})

const inbound = section({
  folder: key(
    text(4096).optional(),
    'A Maildir that a mail server delivers replies into: `new` is read, and what was read moves to `cur`.',
    'a path',
  ),
})

/** Messages to people who contest a block or register, and their replies. */
export const mailSchema = section({
  server: key(
    checked(parseMailServer),
    'Where messages are handed over: `smtp://host:587` (STARTTLS is a must, on this machine it is not), `smtps://host:465`, or `folder:PATH`, where each becomes a file that ends in .eml for something else to send.',
    'smtp:// or smtps:// with a host, or folder: and a path',
  ),
  login: key(login.optional(), 'Where the server wants one.', 'a mapping with user and password'),
  trust: key(
    text(4096).optional(),
    'Certificates of authorities to trust for the server in place of the usual ones, PEM.',
    'a path',
  ),
  from: key(mailbox(), 'The address that messages come from, under the operator’s name.', MAILBOX),
  'reply-to': key(mailbox().optional(), 'Where replies go; without it to `from`.', MAILBOX),
  inbound: key(
    inbound.prefault({}),
    'How replies come in, beside those that a mail server posts to /v1/mail of the office.',
    'a mapping with folder',
  ),
})

function parseMailServer(text: string): MailServerUrl | undefined {
  const folder = /^folder:(.+)$/.exec(text)?.[1]
  if (folder !== undefined) return { kind: 'folder', path: folder }
  if (!/^smtps?:\/\//.test(text) || !URL.canParse(text)) return undefined
  const { protocol, hostname, port, username, password, pathname, search, hash } = new URL(text)
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  if (host === '' || `${username}${password}${search}${hash}` !== '' || (pathname !== '' && pathname !== '/'))
    return undefined
  if (protocol === 'smtps:') return { kind: 'smtp', host, port: Number(port || SMTPS_PORT), tls: 'always' }
  return { kind: 'smtp', host, port: Number(port || SUBMISSION_PORT), tls: isLocal(host) ? 'may' : 'must' }
}

function isLocal(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

/** RFC 8314 §7.3, and RFC 6409. */
const SMTPS_PORT = 465
const SUBMISSION_PORT = 587
