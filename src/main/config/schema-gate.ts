import { z } from 'zod'
import {
  NAME,
  RANGES,
  SECRET,
  checked,
  duration,
  durationWords,
  integer,
  key,
  name,
  ranges,
  secret,
  section,
  size,
  sizeWords,
} from './keys.ts'
import {
  announcesKey,
  continueKey,
  inquiriesKey,
  overloadKey,
  strangersKey,
  tellsKey,
  tenantKey,
  treatmentsKey,
  trunkKey,
} from './schema-contract.ts'
import { certificateKey, listenKey, streamsKey, tlsKey } from './schema-streams.ts'
import { outcomesSchema } from './schema-outcomes.ts'
import { hepSchema } from './schema-outlets.ts'
import { verstatKey } from './schema-stir.ts'

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
    ranges().optional(),
    'The addresses it sends from; nobody else is answered. A peer that comes by its certificate or over HTTP alone has none.',
    RANGES,
  ),
  certificate: certificateKey,
  continue: continueKey,
  token: key(
    secret().optional(),
    'The token by which it asks over HTTP (`api`): 32 to 512 letters, digits and -._~+/ characters.',
    SECRET,
  ),
  tenant: tenantKey,
  trunk: trunkKey,
  tells: tellsKey,
  announces: announcesKey,
  verstat: verstatKey,
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
  inquiries: inquiriesKey,
})

/** How switches reach the gate, and which may. */
export const gateSchema = section({
  listen: key(
    z.array(listenKey).min(1).max(64).prefault(['udp:127.0.0.1:5060']),
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
  treatments: treatmentsKey,
  strangers: strangersKey,
  overload: overloadKey,
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
  threads: key(
    integer(1, 64).prefault(1),
    'How many threads take datagrams on the same UDP ports. They share lists and counters, so limits stay exact; one per core at most.',
    'a number from 1 to 64',
  ),
  udp: key(
    z.enum(['dgram', 'batch']).prefault('dgram'),
    'How datagrams are read and written: `dgram` one by one as Node does; `batch` up to 64 at a time by recvmmsg and sendmmsg, on Linux, for less CPU a call. See docs/run.md.',
    'dgram or batch',
  ),
  tls: tlsKey,
  streams: streamsKey,
  hep: key(
    hepSchema.optional(),
    'A Homer that gets a copy of each call and its answer, and what was decided (HEPv3). Without it, none.',
    'a mapping with to',
  ),
  outcomes: key(
    outcomesSchema.optional(),
    'Where copies of calls (HEPv3) are taken, to see how they end: what the rules `short` and `unanswered` go by. Without it, only what is told over HTTP counts.',
    'a mapping with hep',
  ),
  limits: key(limits.prefault({}), 'What the gate holds at most.', 'a mapping'),
})
