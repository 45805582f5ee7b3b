import { hash, timingSafeEqual } from 'node:crypto'
import { readFreeswitchCdr } from '#core/observe/freeswitch-cdr.ts'
import type { PostReading } from './routes.ts'

/** Tells whether a switch showed the password (HTTP Basic, RFC 7617; any user), as `cred` of mod_json_cdr and mod_xml_cdr does. */
export function isFromSwitch(headers: Headers, password: string): boolean {
  const encoded = /^Basic ([A-Za-z0-9+/]{1,2048}={0,2})$/i.exec(headers.get('authorization') ?? '')?.[1]
  const shown =
    encoded === undefined
      ? ''
      : Buffer.from(encoded, 'base64')
          .toString('utf8')
          .replace(/^[^:]*:/, '')
  return timingSafeEqual(hash('sha256', shown, 'buffer'), hash('sha256', password, 'buffer')) && shown !== ''
}

/** Reads a posted record: as it is, or behind `cdr=`, escaped or not, as the modules are told to send it. */
export function readPostedCdr(body: Uint8Array, headers: Headers, nowMs: number): PostReading {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body)
    if (text.startsWith('cdr=')) {
      text = text.slice('cdr='.length)
      const type = headers.get('content-type') ?? ''
      if (/^application\/x-www-form-urlencoded/i.test(type)) text = decodeURIComponent(text.replaceAll('+', ' '))
      else if (/base64/i.test(type)) text = Buffer.from(text, 'base64').toString('utf8')
    }
  } catch {
    return { kind: 'fault', problem: 'found octets or escapes that are no UTF-8' }
  }
  const reading = readFreeswitchCdr(text, 'freeswitch', nowMs)
  return reading.kind === 'other-leg' ? { kind: 'other' } : reading
}
