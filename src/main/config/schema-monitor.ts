import { z } from 'zod'
import { isMailbox } from '#codec/notice/contact.ts'
import { parseListening } from './addresses.ts'
import {
  ENDPOINT,
  NAME,
  RANGES,
  SECRET,
  checked,
  duration,
  durationWords,
  endpoint,
  key,
  name,
  ranges,
  secret,
  section,
  text,
} from './keys.ts'
import { webhooksSchema } from './schema-outlets.ts'

const carrier = section({
  name: key(name(), 'What the carrier is called in groups and lists.', NAME),
  from: key(ranges(), 'The addresses that its answers come from.', RANGES),
})

const ours = section({
  numbers: key(
    z
      .array(
        checked((text) => {
          const number = text.replaceAll(/[ ().-]/g, '')
          return /^\+?\d{2,15}$/.test(number) ? number : undefined
        }),
      )
      .max(10_000)
      .prefault([]),
    'Your numbers, or what they begin with. `+1212555` stands for all that begin so, however they are written.',
    'a list of numbers or their beginnings, such as ["+12125550117", "+1212555"]',
  ),
  from: key(
    ranges().optional(),
    'The addresses that place your calls. Where the sender of a call is known these decide, and numbers only where it is not.',
    RANGES,
  ),
})

const webhooks = section({
  listen: key(
    endpoint().prefault('127.0.0.1:8083'),
    'Where carriers and switches post what became of calls.',
    ENDPOINT,
  ),
  public: key(
    checked((given) => {
      // A path is kept as it is written: what is signed begins with those very octets.
      const [, host, path = ''] = /^(https?:\/\/[^/?#@\\]+)((?:\/[\w.~%!$&'()*+,;=:@-]+)*)\/?$/i.exec(given) ?? []
      return host !== undefined && URL.canParse(host) ? `${new URL(host).origin}${path}` : undefined
    }),
    'Its URL as carriers see it: what Twilio signs begins with it. With a path where a proxy takes that off before it hands on.',
    'a URL without ? and #, such as https://monitor.clinic.example or https://clinic.example/calls',
  ),
  telnyx: key(
    text(200).optional(),
    'The public key that Telnyx signs with, as its portal shows it: base64 of 32 octets. Without it nothing is taken from Telnyx.',
    'a public key in base64',
  ),
  twilio: key(
    secret().optional(),
    'The auth token of the Twilio account, which its signatures are made with. Without it nothing is taken from Twilio.',
    SECRET,
  ),
  records: key(
    secret().optional(),
    'The password with which switches post records of calls, such as those of FreeSWITCH. Without it none are taken.',
    SECRET,
  ),
})

/** The calling side: what is watched for refused calls. */
export const monitorSchema = section({
  hep: key(
    z
      .array(
        key(
          checked((text) => parseListening(text)),
          'One address.',
          'udp:, tcp: or tls: and an address with a port, such as udp:127.0.0.1:9060',
        ),
      )
      .max(16)
      .prefault([]),
    'Where copies of calls (HEP) are taken.',
    'a list such as ["udp:127.0.0.1:9060"]',
  ),
  from: key(
    ranges().optional(),
    'The addresses that copies come from; nobody else is heard. Without it, programs on this machine.',
    RANGES,
  ),
  password: key(
    secret().optional(),
    'The authentication key that copies must carry. It passes unencrypted unless they come over TLS.',
    SECRET,
  ),
  tls: key(
    section({
      certificate: key(text(4096), 'The certificate, PEM.', 'a path'),
      key: key(secret(), 'Its private key, PEM.', SECRET),
    }).optional(),
    'What copies over TLS are taken with.',
    'a mapping with certificate and key',
  ),
  carriers: key(
    z
      .array(key(carrier, 'One carrier.', 'a mapping with name and from'))
      .max(1_000)
      .prefault([]),
    'Who calls are handed to, by the addresses that answer. Carriers without a name go by their address.',
    'a list of mappings with name and from',
  ),
  ours: key(
    ours.optional(),
    'Which calls are yours, where copies also hold calls that come in: these are left out. Without it all are yours.',
    'a mapping with numbers, from or both',
  ),
  logs: key(
    z
      .array(
        key(
          checked((path) => (path === '' || path.length > 4096 ? undefined : path)),
          'One log.',
          'a path',
        ),
      )
      .max(64)
      .prefault([]),
    'Logs with SIP messages in them (sngrep, Asterisk, FreeSWITCH, Kamailio), followed as they grow and through rotation.',
    'a list of paths, such as ["/var/log/asterisk/full"]',
  ),
  webhooks: key(
    webhooks.optional(),
    'What carriers and switches post. Without it there is no door for them.',
    'a mapping with listen, public and what signatures are checked with',
  ),
  alerts: key(
    z
      .array(checked((text) => (isMailbox(text) ? text : undefined)))
      .max(16)
      .prefault([]),
    'To whom mails go when a group of blocks is new, escalates or comes back, or a dispute is overdue.',
    'a list of e-mail addresses',
  ),
  notify: key(
    webhooksSchema,
    'Webhooks that are told the same, signed like those of the section `webhooks`, and again for 24 hours where nobody answers.',
    'a list of mappings with name, url and secret',
  ),
  digest: key(
    checked((text) => /^(?:[01][0-9]|2[0-3]):[0-5][0-9]$/.exec(text)?.[0]).optional(),
    'When the digest of the day goes to the same addresses, UTC. Without it there is none.',
    'a time of day such as 06:30',
  ),
  keep: key(
    duration('31d', '3650d').prefault('400d'),
    'How long refused calls are kept, with their numbers and answers.',
    durationWords('31d', '3650d'),
  ),
})
