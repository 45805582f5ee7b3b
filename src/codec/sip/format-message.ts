import { longName } from './field.ts'
import { formatToken } from './scanner.ts'
import { encodeText } from './text.ts'
import { formatAbsoluteUri } from './uri.ts'

/** What a request or a response of ours consists of besides its start line; Content-Length is added from the body. */
export type MessageParts = {
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly body?: Uint8Array
}

/**
 * Writes a request. RFC 3261 §7.1.
 *
 * As strict as every writer here: a name that is no token, or a control character in a value, throws an `Error`.
 */
export function formatRequest(method: string, requestUri: string, parts: MessageParts): Uint8Array {
  return formatMessage(`${formatToken(method)} ${formatAbsoluteUri(requestUri)} SIP/2.0`, parts)
}

/** Writes a response. RFC 3261 §7.2. */
export function formatResponse(status: number, phrase: string, parts: MessageParts): Uint8Array {
  if (!/^[1-6]\d\d$/.test(String(status))) throw new Error(`${status} is not a SIP status`)
  return formatMessage(`SIP/2.0 ${status} ${plain(phrase)}`, parts)
}

function formatMessage(startLine: string, { fields, body = new Uint8Array(0) }: MessageParts): Uint8Array {
  let head = `${startLine}\r\n`
  for (const [name, value] of fields) {
    if (longName(name) === 'content-length') throw new Error('Content-Length is added by the writer')
    head += `${formatToken(name)}: ${plain(value)}\r\n`
  }
  const octets = encodeText(`${head}Content-Length: ${body.length}\r\n\r\n`)
  const message = new Uint8Array(octets.length + body.length)
  message.set(octets)
  message.set(body, octets.length)
  return message
}

function plain(text: string): string {
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(text))
    throw new Error('control characters cannot stand in a header line')
  return text
}
