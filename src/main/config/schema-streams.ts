import { z } from 'zod'
import { parseListening } from './addresses.ts'
import {
  SECRET,
  checked,
  duration,
  durationWords,
  integer,
  key,
  secret,
  section,
  size,
  sizeWords,
  text,
} from './keys.ts'

/** One of the addresses that switches ask at. */
export const listenKey = key(
  checked(parseListening),
  'One address: `udp:`, `tcp:` or `tls:`, and where.',
  'udp:, tcp: or tls: and an address with a port, such as udp:127.0.0.1:5060 or tls:[::1]:5061',
)

/** What the gate shows of itself over TLS, and what it asks of its peers. */
export const tlsKey = key(
  section({
    certificate: key(text(4096), 'The certificate of the gate, PEM, and its chain behind it.', 'a path'),
    key: key(secret(), 'Its private key, PEM.', SECRET),
    clients: key(
      text(4096).optional(),
      'The authorities of the peers’ certificates, PEM. With it, whoever connects by TLS must show a certificate of theirs, and is known by the names in it (`gate.peers[].certificate`), whatever the address.',
      'a path',
    ),
  }).optional(),
  'The certificate for `tls:` addresses. The files are read again when they change; connections that are open stay so.',
  'a mapping with certificate and key',
)

const domain = checked((text) => (DOMAIN.test(text) ? text.toLowerCase() : URI.test(text) ? text : undefined))

/** The names by which a peer is known over TLS. */
export const certificateKey = key(
  z.union([domain.transform((one) => [one]), z.array(domain).min(1).max(100)]).optional(),
  'A name in its certificate: a DNS name, the domain of a `sip:` URI, or a whole URI, in subjectAltName. Known by it over TLS, where `gate.tls.clients` is set.',
  'a name such as sbc1.carrier.example, a URI such as sip:carrier.example, or a list of them; no wildcard',
)

/** What connections may take. */
export const streamsKey = key(
  section({
    connections: key(
      integer(4, 100_000).prefault(4096),
      'How many connections may be open in all, over TCP and TLS; a quarter is kept for addresses of peers.',
      'a number from 4 to 100000',
    ),
    perAddress: key(
      integer(1, 10_000).prefault(32),
      'How many of them from one address that no peer sends from. One that shows a peer’s certificate no longer counts.',
      'a number from 1 to 10000',
    ),
    perPeerAddress: key(
      integer(1, 100_000).prefault(1_024),
      'How many of them from one address of a peer (`gate.peers[].from`), behind which there may be many machines.',
      'a number from 1 to 100000',
    ),
    handshakes: key(
      integer(4, 10_000).prefault(256),
      'How many TLS handshakes may be under way at once; a quarter is kept for addresses of peers.',
      'a number from 4 to 10000',
    ),
    handshake: key(
      duration('100ms', '60s').prefault('10s'),
      'How long a TLS handshake may take.',
      durationWords('100ms', '60s'),
    ),
    firstByte: key(
      duration('100ms', '10m').prefault('5s'),
      'How long a connection may stay without its first octet.',
      durationWords('100ms', '10m'),
    ),
    header: key(
      duration('100ms', '60s').prefault('10s'),
      'How long a message’s header may take, from its first octet on.',
      durationWords('100ms', '60s'),
    ),
    body: key(
      duration('100ms', '60s').prefault('10s'),
      'How long a message’s body may take, from the blank line on.',
      durationWords('100ms', '60s'),
    ),
    idle: key(
      duration('1s', '24h').prefault('120s'),
      'How long a stranger that is answered (`gate.strangers`) may say nothing between messages. Peers may for as long as they like.',
      durationWords('1s', '24h'),
    ),
    stall: key(
      duration('100ms', '10m').prefault('30s'),
      'How long a peer may take nothing of the answers that wait for it.',
      durationWords('100ms', '10m'),
    ),
    queue: key(
      size('64KiB', '16MiB').prefault('256KiB'),
      'How many octets of answers may wait for one connection; beyond, it is cut.',
      sizeWords('64KiB', '16MiB'),
    ),
  }).prefault({}),
  'What connections over TCP and TLS may take.',
  'a mapping',
)

const DOMAIN =
  /^(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/
const URI = /^[A-Za-z][A-Za-z0-9+.-]{0,31}:[!-~]{1,1000}$/
