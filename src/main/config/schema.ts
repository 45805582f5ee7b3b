import { z } from 'zod'
import { isE164, isMailbox, urlFaults } from '#codec/notice/contact.ts'
import { BLOCK_LOCATIONS } from '#codec/notice/notice.ts'
import { CARRIES } from '#core/notify/notice-terms.ts'
import { COUNT_MAX } from '#core/rules/sliding-counter.ts'
import { CAUSES, PROGRAMS } from '#core/rules/verdict.ts'
import { parseEndpoint, parseRange } from './addresses.ts'
import {
  ENDPOINT,
  LIST,
  NAME,
  checked,
  choice,
  duration,
  durationWords,
  endpoint,
  integer,
  key,
  list,
  file,
  name,
  secret,
  section,
  size,
  sizeWords,
  text,
} from './keys.ts'

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

const dialPlan = section({
  country: key(integer(1, 999), 'The country code of national numbers.', 'a country code from 1 to 999'),
  national: key(integer(4, 14), 'How many digits a national number has.', 'a number of digits from 4 to 14'),
  international: key(
    checked((text) => (/^[0-9]{1,4}$/.test(text) ? text : undefined)),
    'What is dialled before a number abroad.',
    'up to 4 digits in quotes, such as "011"',
  ),
})

const peer = section({
  name: key(name(), 'What the peer is called in the ledger and in figures.', NAME),
  from: key(
    z.union([z.string(), z.array(z.string()).max(1000)]).transform((value, context) => {
      const texts = typeof value === 'string' ? [value] : value
      const wrong = texts.findIndex((text) => (parseRange(text)?.prefix ?? 0) === 0)
      if (texts.length > 0 && wrong < 0) return texts
      const path = typeof value === 'string' || texts.length === 0 ? [] : [wrong]
      context.issues.push({ code: 'custom', input: value, path })
      return z.NEVER
    }),
    'The addresses it sends from; nobody else is answered.',
    'an address such as 192.0.2.7, a range such as 192.0.2.0/24 that is not everybody, or a list of them',
  ),
  continue: key(
    integer(300, 599),
    'The status that tells this peer to carry on with a call. What is right depends on the switch: behind Kamailio take 404, not 503.',
    'a status from 300 to 599',
  ),
  tenant: key(
    text(100).prefault(''),
    'Whose traffic this is, where one gate serves several.',
    'a name of up to 100 characters',
  ),
})

const limits = section({
  record: key(
    duration('10ms', '5s').prefault('200ms'),
    'How long a block may take to reach the disk; after that the call continues.',
    durationWords('10ms', '5s'),
  ),
  transactions: key(
    integer(1000, 10_000_000).prefault(200_000),
    'How many answered calls are remembered for 32 seconds, so that a repeated INVITE gets the same answer.',
    'a number from 1000 to 10000000',
  ),
  pending: key(
    integer(10, 1_000_000).prefault(10_000),
    'How many blocks may wait for the disk at a time; beyond, calls continue.',
    'a number from 10 to 1000000',
  ),
})

const gate = section({
  listen: key(
    z
      .array(
        key(
          checked((text) => {
            const endpoint = text.startsWith('udp:') ? parseEndpoint(text.slice(4)) : undefined
            return endpoint
          }),
          'One address.',
          'udp: and an address with a port, such as udp:127.0.0.1:5060 or udp:[::1]:5060',
        ),
      )
      .min(1)
      .max(64)
      .prefault(['udp:127.0.0.1:5060']),
    'Where switches ask about a call.',
    'a list such as ["udp:127.0.0.1:5060"]',
  ),
  peers: key(
    z
      .array(key(peer, 'One peer.', 'a mapping with name, from and continue'))
      .max(10_000)
      .optional(),
    'The switches that may ask. Without it, when the gate listens on this machine only, every program on it may, and is told to continue by 404.',
    'a list of mappings with name, from and continue',
  ),
  dialPlan: key(
    dialPlan.optional(),
    'How numbers without a plus are read, in calls and in lists. Without it they are taken as other digits, never as E.164.',
    'a mapping with country, national and international',
  ),
  receiveBuffer: key(
    size('64KiB', '1GiB').prefault('4MiB'),
    'The receive buffer asked of the system for each socket. The system caps it (net.core.rmem_max).',
    sizeWords('64KiB', '1GiB'),
  ),
  limits: key(limits.prefault({}), 'What the gate holds at most.', 'a mapping'),
})

const volume = section({
  of: key(
    z.enum(['number', 'block']),
    'What is counted: each calling number, or each block of them.',
    'number or block',
  ),
  limit: key(
    integer(1, COUNT_MAX - 1),
    'As many calls go on in the window; the next one does not.',
    `a number of calls from 1 to ${COUNT_MAX - 1}, the most that can be counted`,
  ),
  per: key(duration('1s', '1d'), 'The length of the sliding window.', durationWords('1s', '1d')),
  prefix: key(
    integer(1, 14).optional(),
    'How many leading digits make a block, the country code among them. Without it, all but the last three: a thousands block.',
    'a number of digits from 1 to 14',
  ),
  numbers: key(
    integer(1000, 50_000_000).prefault(1_000_000),
    'How many numbers or blocks are counted at a time, at 28 bytes each.',
    'a number from 1000 to 50000000',
  ),
})

const rule = section({
  id: key(name(), 'The rule’s name in the ledger and in receipts. Give a changed rule a new one.', NAME),
  'called-list': key(
    z.union([z.literal(true), file()]).optional(),
    'Blocks callers whom the called party refuses. `true` asks the lists that subscribers keep; a file has the columns called and calling.',
    'true, or file: and a path',
  ),
  'do-not-originate': key(list().optional(), 'Blocks numbers that never place calls.', LIST),
  deny: key(list().optional(), 'Blocks the numbers on a list.', LIST),
  allow: key(list().optional(), 'Lets the numbers on a list go on; rules behind it are not asked.', LIST),
  volume: key(
    volume.optional(),
    'Blocks a number, or a block of numbers, that makes too many calls.',
    'a mapping with of, limit and per',
  ),
  mode: key(
    z.enum(['enforce', 'shadow']).prefault('enforce'),
    'Whether the rule acts, or only notes what it would have done.',
    'enforce or shadow',
  ),
  program: key(
    z.enum(PROGRAMS).optional(),
    'The kind of blocking program the rule belongs to (47 CFR 64.1200(k)): subscribers of opt-in and opt-out ones may ask for a list of their blocked calls. Without it, opt-out for rules that block by analytics, none for others.',
    `one of ${PROGRAMS.join(', ')}`,
  ),
  cause: key(
    z.enum(CAUSES).optional(),
    'Why a deny list blocks, which decides what callers are told. Without it, analytics.',
    `one of ${CAUSES.join(', ')}`,
  ),
})

const notices = section({
  analytics: choice('analytics', 'analytics of this network or its vendor'),
  'do-not-originate': choice('do-not-originate', 'a do-not-originate list'),
  invalid: choice('invalid', 'a number that cannot exist'),
  unallocated: choice('unallocated', 'a number that is assigned to nobody'),
  'called-party': choice('called-party', 'the called party’s own list (a caller who withholds his number is told 433)'),
  ordered: choice('ordered', 'an order of the government'),
})

const policy = section({
  notices: key(
    z.union([z.literal('us'), notices]).prefault('us'),
    'Which notice each cause gets. `us` is what the United States require since 2026-03-25; a mapping changes single causes of it.',
    'us, or a mapping of causes',
  ),
  form: key(
    z.enum(['SIP', 'Q.850']).prefault('SIP'),
    'Which form of Reason a 603+ has: SIP;cause=603 or Q.850;cause=21. Both are valid.',
    'SIP or Q.850',
  ),
  carry: key(
    z.enum(CARRIES).prefault('both'),
    'Where a 603+ carries the receipt. Some equipment cuts long Reason values: then leave one out. Without a desk, only id can.',
    `one of ${CARRIES.join(', ')}`,
  ),
  exempt: key(
    z
      .array(key(z.union([z.literal('emergency'), file()]), 'One exemption.', 'emergency, or file: and a path'))
      .max(100)
      .prefault(['emergency']),
    'Calls that are never judged: `emergency` (they never are, listed or not), and calls from or to a number on a list.',
    'a list such as [emergency, "file:psap.csv"]',
  ),
  rules: key(
    z
      .array(key(rule, 'One rule.', 'a mapping with id and one of called-list, do-not-originate, deny, allow, volume'))
      .max(1000)
      .prefault([]),
    'The rules, asked in this order.',
    'a list of rules',
  ),
})

const desk = section({
  listen: key(endpoint().prefault('127.0.0.1:8080'), 'Where the redress desk answers.', ENDPOINT),
  public: key(
    checked((text) => (urlFaults(text).length === 0 && !/[/?#]$/.test(text) && !/[?#]/.test(text) ? text : undefined)),
    'The desk’s URL as callers see it; notices point to it.',
    'an https URL on a public host name without a slash at its end, such as https://redress.northwire.example',
  ),
  tls: key(
    z
      .union([
        z.literal('none'),
        section({
          certificate: key(text(4096), 'The certificate, PEM.', 'a path'),
          key: key(secret(), 'Its private key, PEM.', 'file: and a path, or env: and a variable'),
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
    'How the desk is reached by TLS: `none`, `{ certificate, key }`, or behind a proxy, `{ proxy: [address] }`.',
    'none, a mapping with certificate and key, or a mapping with proxy',
  ),
})

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
  gate: key(gate.prefault({}), 'The SIP gate that switches ask.', 'a mapping with listen and peers'),
  policy: key(
    policy.prefault({}),
    'What is blocked and how it is told; or file: and a path, to keep it in a file of its own.',
    'a mapping with rules, or file: and a path',
  ),
  desk: key(
    desk.optional(),
    'The redress desk. Without it, notices point to operator.contact.',
    'a mapping with listen and public',
  ),
  ledger: key(
    section({
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
