import { z } from 'zod'
import { CARRIES } from '#core/notify/notice-terms.ts'
import { COUNT_MAX } from '#core/rules/sliding-counter.ts'
import { CAUSES, PROGRAMS } from '#core/rules/verdict.ts'
import { LIST, NAME, choice, duration, durationWords, file, integer, key, list, name, section } from './keys.ts'

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

/** What is blocked and how it is told. */
export const policySchema = section({
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
