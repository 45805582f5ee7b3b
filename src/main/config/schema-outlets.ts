import { z } from 'zod'
import { isOnThisMachine, parseEndpoint } from './addresses.ts'
import { NAME, checked, integer, key, name, secret, section, text } from './keys.ts'

const webhook = section({
  name: key(name(), 'What it is called in the log. Its place in the ledger is kept by this name.', NAME),
  url: key(
    checked((text) => (isOwnUrl(text) ? text : undefined)),
    'Where events are posted, as JSON.',
    'an https URL, or an http URL of this machine such as http://127.0.0.1:9000/blocks',
  ),
  secret: key(
    secret(),
    'What events are signed with: Recourse-Signature is t=<seconds>,v1=<HMAC-SHA256 of "t.body" in hexadecimal>.',
    'file: and a path, or env: and a variable',
  ),
})

/** Who is told of each block. */
export const webhooksSchema = z
  .array(key(webhook, 'One receiver.', 'a mapping with name, url and secret'))
  .max(32)
  .prefault([])

/** Where copies of calls go. */
export const hepSchema = section({
  to: key(
    checked((text) => {
      const found = /^(udp|tcp):(.+)$/.exec(text)
      const endpoint = found === null ? undefined : parseEndpoint(found[2]!)
      return endpoint === undefined ? undefined : { ...endpoint, transport: found![1] as 'udp' | 'tcp' }
    }),
    'Where it listens for HEPv3.',
    'udp: or tcp: and an address with a port, such as udp:127.0.0.1:9060',
  ),
  id: key(integer(0, 4_294_967_295).prefault(2001), 'The capture id of this gate.', 'a number from 0 to 4294967295'),
  password: key(
    secret().optional(),
    'The authentication key, where it wants one.',
    'file: and a path, or env: and a variable',
  ),
  node: key(text(100).prefault('recourse'), 'The name of this gate there.', 'a name of up to 100 characters'),
})

/** A URL that the operator may have events posted to: nobody on the way reads along. */
function isOwnUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, username, password, hostname, port } = new URL(text)
  if (username !== '' || password !== '') return false
  if (protocol === 'https:') return true
  const endpoint = parseEndpoint(`${hostname}:${port === '' ? 80 : port}`)
  return protocol === 'http:' && endpoint !== undefined && isOnThisMachine(endpoint)
}
