import { z } from 'zod'
import { isE164, isMailbox, urlFaults } from '#codec/notice/contact.ts'
import { BLOCK_LOCATIONS } from '#codec/notice/notice.ts'
import { parseParty } from '#core/call/party.ts'
import { parseEndpoint, parseRange } from './addresses.ts'
import type { VerificationConfig } from './config.ts'
import { parseCountry } from './country.ts'
import {
  ENDPOINT,
  SECRET,
  checked,
  duration,
  durationWords,
  endpoint,
  file,
  integer,
  key,
  secret,
  section,
  size,
  sizeWords,
  text,
} from './keys.ts'
import { gateSchema } from './schema-gate.ts'
import { accountsSchema, officeSchema } from './schema-office.ts'
import { mailSchema } from './schema-mail.ts'
import { webhooksSchema } from './schema-outlets.ts'
import { policySchema } from './schema-policy.ts'
import { callingSchema } from './schema-calling.ts'
import { monitorSchema } from './schema-monitor.ts'
import { registrySchema } from './schema-registry.ts'
import { stirSchema } from './schema-stir.ts'

// One thing, the configuration's shape: every key with what it means and what it takes. The reference page is made of it,
// and so is every message about a wrong value.

const contact = section({
  url: key(
    checked((text) => (urlFaults(text).length === 0 ? text : undefined)).optional(),
    'The page where a blocked caller can contest a block.',
    'an https URL on a public host name, with ; , " and \\ percent-encoded',
  ),
  tel: key(
    checked((text) => (isE164(text) ? text : undefined)).optional(),
    'The telephone number for the same.',
    'a number such as "+18005550142": a plus and up to 15 digits, in quotes',
  ),
  email: key(
    checked((text) => (isMailbox(text) ? text : undefined)).optional(),
    'The e-mail address for the same.',
    'an e-mail address in ASCII such as unblock@northwire.example',
  ),
})

const operator = section({
  name: key(
    text(100).prefault('Unnamed operator'),
    'Who runs this gate, as callers shall read it.',
    'a name of up to 100 characters',
  ),
  contact: key(
    contact.prefault({}),
    'Where a caller can contest a block. At least one is a must as soon as a rule blocks by analytics.',
    'a mapping of url, tel and email',
  ),
  location: key(
    z.enum(BLOCK_LOCATIONS).prefault('RLN'),
    'Where in the path of the call this network stands, by RFC 8606: RLN serves the called party, LN the caller, TN is in between; RPN and LPN are private networks at either end.',
    `one of ${BLOCK_LOCATIONS.join(', ')}`,
  ),
})

const receipts = section({
  keys: key(
    file().prefault('file:receipt-keys'),
    'The folder of the keys that receipts are sealed with. It is made when it is missing. Back it up: without it no receipt can be read.',
    'file: and a path',
  ),
  keep: key(
    duration('1d', '3650d').prefault('60d'),
    'How long a key is kept after its last receipt: so long a receipt can be read.',
    durationWords('1d', '3650d'),
  ),
  rotate: key(
    duration('1d', '366d').prefault('30d'),
    'How long one key seals new receipts.',
    durationWords('1d', '366d'),
  ),
})

const tls = (what: string) =>
  key(
    z
      .union([
        z.literal('none'),
        section({
          certificate: key(text(4096), 'The certificate, PEM.', 'a path'),
          key: key(secret(), 'Its private key, PEM.', SECRET),
        }),
        section({
          proxy: key(
            z
              .array(checked((text) => (parseRange(text) === undefined ? undefined : text)))
              .min(1)
              .max(100),
            'The addresses of the proxy that ends TLS and whose X-Forwarded-For is believed.',
            'a list of addresses',
          ),
        }),
      ])
      .prefault('none'),
    `How ${what} is reached by TLS: \`none\`, \`{ certificate, key }\`, or behind a proxy, \`{ proxy: [address] }\`.`,
    'none, a mapping with certificate and key, or a mapping with proxy',
  )

const card = section({
  key: key(secret(), 'The private key that cards are signed with: P-256, PEM (PKCS #8).', SECRET),
  certificate: key(text(4096), 'Its certificate, PEM, with the chain behind it.', 'a path'),
  x5u: key(
    checked((text) => (urlFaults(text).length === 0 ? text : undefined)).optional(),
    'Where the certificate can be fetched. Without it, from the desk itself, at /card.pem.',
    'an https URL on a public host name',
  ),
})

const api = section({
  listen: key(
    endpoint().prefault('127.0.0.1:8081'),
    'Where switches ask over HTTP: POST /v1/screen and /v1/outcomes, with the token of a peer.',
    ENDPOINT,
  ),
  tls: tls('the API'),
})

const verification = key(
  z
    .union([
      section({
        number: key(
          checked((text) => verificationOf('number', text, VERIFICATION_NUMBER)),
          'One number, which is dialled with a code behind it.',
          'a number of 7 to 12 digits, such as +18005550142',
        ),
      }),
      section({
        range: key(
          checked((text) => verificationOf('range', text, VERIFICATION_RANGE)),
          'Numbers that begin so, of which one is dialled.',
          'the digits that they begin with, 7 to 13, and a star, such as +1800555014*',
        ),
      }),
    ])
    .optional(),
  'What somebody calls to show that he controls the number he calls from: `{ number }`, or `{ range }`. Such calls are never blocked.',
  'a mapping with number, or with range',
)

function verificationOf(kind: 'number' | 'range', text: string, form: RegExp): VerificationConfig | undefined {
  if (!form.test(text)) return undefined
  return { kind, begins: parseParty(text.replace('*', '')) }
}

const desk = section({
  listen: key(endpoint().prefault('127.0.0.1:8080'), 'Where the redress desk answers.', ENDPOINT),
  public: key(
    checked((text) => (urlFaults(text).length === 0 && !/[/?#]$/.test(text) && !/[?#]/.test(text) ? text : undefined)),
    'The desk’s URL as callers see it; notices point to it.',
    'an https URL on a public host name without a slash at its end, such as https://redress.northwire.example',
  ),
  tls: tls('the desk'),
  card: key(
    card.optional(),
    'What the cards of 608 answers are signed with. A must where `policy.notices` tells analytics by 608.',
    'a mapping with key and certificate',
  ),
  verification,
  evidence: key(
    text(4096).prefault('./evidence'),
    'The folder of files that claimants hand in. Not within anything that is served; it belongs into the backup.',
    'a path',
  ),
  alerts: key(
    z
      .array(checked((text) => (isMailbox(text) ? text : undefined)))
      .max(20)
      .prefault([]),
    'Mail addresses of your own people that hear of cases that are due soon, overdue, or blocked again after a lift.',
    'a list of mail addresses',
  ),
  decide: key(
    duration('1h', '30d').prefault('24h'),
    'How long after a case came, or was answered, it is to be decided. The first status is promised within 24 hours, whatever stands here.',
    durationWords('1h', '30d'),
  ),
  country: key(
    checked(parseCountry).optional(),
    'Whose numbers are meant where somebody leaves out the country code. Without it, the country of `gate.dialPlan`, or else US.',
    'two letters of a country, such as US or DE',
  ),
  zone: key(
    checked((text) => (isTimeZone(text) ? text : undefined)).prefault('America/New_York'),
    'The time zone of your office: business days begin and end in it, and pages show its times.',
    'a name such as America/New_York or Europe/Berlin',
  ),
  holidays: key(
    z
      .union([
        z.literal('us-federal'),
        z.array(checked((text) => (/^\d{4}-\d\d-\d\d$/.test(text) ? text : undefined))).max(1_000),
      ])
      .prefault('us-federal'),
    'Days beside Saturday and Sunday that are no business days.',
    'us-federal, or a list of days such as 2026-12-25',
  ),
  portal: key(
    secret().optional(),
    'What your subscribers’ portal signs its tokens with. Each is good once, for one wish of one number, which is granted as soon as the address is confirmed. Without it a case worker checks who asks.',
    SECRET,
  ),
  queue: key(
    integer(1, 1_000_000).prefault(20_000),
    'How many confirmed cases may wait at a time; a tenth is kept for claims with a receipt. More are told that the desk is full, and nothing accepted is lost. As many again may wait to be confirmed: beyond that the oldest of those give way.',
    'a whole number from 1 to 1000000',
  ),
  file: key(
    size('16KiB', '50MiB').prefault('5MiB'),
    'The largest file that a claimant can hand in.',
    sizeWords('16KiB', '50MiB'),
  ),
  keep: key(
    duration('31d', '3650d').prefault('730d'),
    'How long personal data of a closed case are kept after the last thing that happened in it.',
    durationWords('31d', '3650d'),
  ),
  transparency: key(
    z.boolean().prefault(false),
    'Whether the figures of past months are published at /transparency.',
    'true or false',
  ),
})

function isTimeZone(text: string): boolean {
  try {
    return Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/** The whole of `recourse.yaml`. */
export const configSchema = z.strictObject({
  operator: key(
    operator.prefault({}),
    'Who blocks, and where a caller can contest it.',
    'a mapping with name, contact and location',
  ),
  store: key(
    checked((text) =>
      /^sqlite:.+/.test(text) ? { kind: 'sqlite' as const, path: text.slice('sqlite:'.length) } : undefined,
    ).prefault('sqlite:./recourse.db'),
    'Where the ledger and the journal are kept.',
    'sqlite: and a path, such as sqlite:./recourse.db',
  ),
  tally: key(z.literal('memory').prefault('memory'), 'Where calls are counted: in this process.', 'memory'),
  receipts: key(receipts.prefault({}), 'Receipts: the ids in notices.', 'a mapping with keys, keep and rotate'),
  gate: key(gateSchema.prefault({}), 'The SIP gate that switches ask.', 'a mapping with listen and peers'),
  policy: key(
    policySchema.prefault({}),
    'What is blocked and how it is told; or file: and a path, to keep it in a file of its own.',
    'a mapping with rules, or file: and a path',
  ),
  stir: key(
    stirSchema.optional(),
    'Verification of signed calls (STIR/SHAKEN) by this gate itself. Without it, only what peers say counts.',
    'a mapping with roots and hosts',
  ),
  desk: key(
    desk.optional(),
    'The redress desk. Without it, notices point to operator.contact.',
    'a mapping with listen and public',
  ),
  office: key(
    officeSchema(tls('the inside')).optional(),
    'The inside of the desk: where your own people and programs work. Without it there is none.',
    'a mapping with listen and public',
  ),
  accounts: key(
    accountsSchema.prefault({}),
    'Who may sign in there, and for how long. The first account is made by a link that `recourse up` prints.',
    'a mapping with secondFactor, idle, session and oidc',
  ),
  mail: key(
    mailSchema.optional(),
    'How messages reach people who contest a block, and how their replies come in. Without it messages wait in the store.',
    'a mapping with server and from',
  ),
  registry: key(
    registrySchema.prefault({}),
    'The registry of businesses and their numbers, its feed, and those of others.',
    'a mapping with feed, key, term, proof and sources',
  ),
  monitor: key(
    monitorSchema.optional(),
    'The calling side: calls of your own that networks refuse. Without it nothing is watched but files that `recourse monitor` is given.',
    'a mapping with hep, carriers and webhooks',
  ),
  calling: key(
    callingSchema.prefault({}),
    'What people inside may do on the calling side from their browser: whom disputes are filed with, and where probes go.',
    'a mapping with disputes and probes',
  ),
  api: key(
    api.optional(),
    'The API for switches that ask over HTTP. Without it there is none.',
    'a mapping with listen and tls',
  ),
  webhooks: key(
    webhooksSchema,
    'Who is told of each block, and of each that was taken back: at least once, and again for 24 hours where nobody answers.',
    'a list of mappings with name, url and secret',
  ),
  ledger: key(
    section({
      chain: key(
        checked((text) => (CHAIN.test(text) && text !== 'clerk' ? text : undefined)).prefault('gate'),
        'The name of the chain of entries that this gate writes. Gates that share a store each have their own.',
        'lower-case letters, digits and hyphens, at most 32 of them, and not clerk, which is the name of the chain of erasures',
      ),
      checkpoints: key(
        text(4096).prefault('./checkpoints.jsonl'),
        'The file that signed checkpoints are written to; best on another machine’s disk.',
        'a path',
      ),
      keep: key(
        duration('31d', '3650d').prefault('45d'),
        'How long the personal part of an entry is kept. 28 days and three business days are owed to subscribers.',
        durationWords('31d', '3650d'),
      ),
    }).prefault({}),
    'The record of every enforced block.',
    'a mapping with checkpoints and keep',
  ),
  journal: key(
    section({
      keep: key(
        duration('1h', '366d').prefault('28d'),
        'How long screened calls are kept.',
        durationWords('1h', '366d'),
      ),
    }).prefault({}),
    'The note of every screened call.',
    'a mapping with keep',
  ),
  metrics: key(
    section({
      listen: key(
        checked((text) => (text === 'none' ? 'none' : parseEndpoint(text))).prefault('127.0.0.1:9090'),
        'Where Prometheus reads /metrics and a load balancer /health.',
        `none, or ${ENDPOINT}`,
      ),
    }).prefault({}),
    'Figures and health.',
    'a mapping with listen',
  ),
  log: key(
    section({
      level: key(
        z.enum(['debug', 'info', 'warn', 'error']).prefault('info'),
        'What is logged. Telephone numbers never are.',
        'one of debug, info, warn, error',
      ),
    }).prefault({}),
    'The log: JSON lines on standard output.',
    'a mapping with level',
  ),
})

/** What the schema makes of a configuration without faults. */
export type Settings = z.output<typeof configSchema>
export type RuleSettings = Settings['policy']['rules'][number]

/** With room for a code of at least three digits behind it: E.164 ends at fifteen. */
const VERIFICATION_NUMBER = /^\+[1-9]\d{6,11}$/
const VERIFICATION_RANGE = /^\+[1-9]\d{6,12}\*$/
const CHAIN = /^[a-z0-9][a-z0-9-]{0,31}$/
