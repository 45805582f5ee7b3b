import { mkdir, open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { createTransport } from 'nodemailer'
import type { SealedLetter } from './letter.ts'

/** Where messages go. */
export type MailServer =
  | {
      readonly kind: 'smtp'
      readonly host: string
      readonly port: number
      /** `always`: TLS from the first octet. `must`: STARTTLS or nothing. `may`: STARTTLS where it is offered, for this machine. */
      readonly tls: 'always' | 'must' | 'may'
      readonly login: { readonly user: string; readonly password: string } | undefined
      /** Certificates to trust in place of the usual authorities, PEM. */
      readonly trust?: string | undefined
    }
  /** A folder that something else sends from: one `.eml` file a message. */
  | { readonly kind: 'folder'; readonly path: string }

/** What came of one try. */
export type Sent =
  /** With what the server said to it. */
  | { readonly kind: 'taken'; readonly words: string }
  /** Worth another try. */
  | { readonly kind: 'delayed'; readonly why: string }
  /** The server will never take it (a 5xx of RFC 5321 §4.2.1). */
  | { readonly kind: 'refused'; readonly why: string }

/** Hands one message over, and is done when the server has answered for it. Never rejects. */
export async function sendLetter(letter: SealedLetter, half: string, server: MailServer): Promise<Sent> {
  try {
    if (server.kind === 'smtp') return { kind: 'taken', words: cut(await submit(letter, server)) }
    await writeFile(server.path, half, letter.octets)
    return { kind: 'taken', words: `written to ${server.path}` }
  } catch (error) {
    const why = reasonOf(error)
    return isFinal(error) ? { kind: 'refused', why } : { kind: 'delayed', why }
  }
}

async function submit(letter: SealedLetter, server: MailServer & { kind: 'smtp' }): Promise<string> {
  const { host, port, tls, login, trust } = server
  const transport = createTransport({
    host,
    port,
    secure: tls === 'always',
    requireTLS: tls === 'must',
    // On this machine the server's certificate proves nothing that the address does not.
    tls: { minVersion: 'TLSv1.2', rejectUnauthorized: tls !== 'may', ...(trust !== undefined && { ca: trust }) },
    ...(login !== undefined && { auth: { user: login.user, pass: login.password } }),
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  try {
    const { response } = await transport.sendMail({
      envelope: { from: letter.from, to: letter.to },
      raw: Buffer.from(letter.octets),
    })
    return response
  } finally {
    transport.close()
  }
}

/** Whole or not at all: whoever empties the folder never sees half a message. The name is the same in every try. */
async function writeFile(folder: string, half: string, octets: Uint8Array): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, `${half}.eml`)
  const file = await open(`${path}.part`, 'w', 0o600)
  try {
    await file.writeFile(octets)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.part`, path)
}

/** Only what the server says of this message or its recipient; that it wants a login, or fell silent, may change. */
function isFinal(error: unknown): boolean {
  if (!(error instanceof Error) || !('responseCode' in error) || !('code' in error)) return false
  const status = Number(error.responseCode)
  return status >= 500 && status < 600 && (error.code === 'EENVELOPE' || error.code === 'EMESSAGE')
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return cut('response' in error && typeof error.response === 'string' ? error.response : error.message)
}

function cut(text: string): string {
  // oxlint-disable-next-line no-control-regex -- what a server says goes into a log and onto a page
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').slice(0, REASON_CHARACTERS_MAX)
}

const CONNECT_MS = 10_000
const SILENCE_MS = 30_000
const REASON_CHARACTERS_MAX = 300
