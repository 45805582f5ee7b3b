import { z } from 'zod'
import { SIGNED_MAX } from '#core/rules/signer-table.ts'
import { COUNT_MAX } from '#core/rules/sliding-counter.ts'
import { duration, durationWords, integer, key, section } from './keys.ts'

const of = key(
  z.enum(['number', 'block']),
  'What is counted: each calling number, or each block of them.',
  'number or block',
)

const per = key(duration('1s', '1d'), 'The length of the sliding window.', durationWords('1s', '1d'))

const prefix = key(
  integer(1, 14).optional(),
  'How many leading digits make a block, the country code among them. Without it, what `policy.blocks` says, else all but the last three: a thousands block.',
  'a number of digits from 1 to 14',
)

function limit(description: string, what: string) {
  return key(
    integer(1, COUNT_MAX - 1),
    description,
    `a number of ${what} from 1 to ${COUNT_MAX - 1}, the most that can be counted`,
  )
}

function numbers(what: string, bytes: number, most: number) {
  return key(
    integer(1000, most).prefault(1_000_000),
    `How many ${what} at a time, at ${bytes} bytes each.`,
    `a number from 1000 to ${most}`,
  )
}

/** What the kinds have that go by how calls ended. */
const ended = {
  of,
  share: key(
    integer(1, 99),
    'The share of calls, in percent, that may end so; a greater one does not pass.',
    'a percentage from 1 to 99, without a sign',
  ),
  least: key(
    integer(1, COUNT_MAX - 1).prefault(50),
    'How many calls must have ended in the window before their share says anything.',
    `a number of calls from 1 to ${COUNT_MAX - 1}`,
  ),
  per,
  prefix,
  numbers: numbers('numbers or blocks are counted', 42, 50_000_000),
}

/** The keys of the kinds of rule that count, by the name of the kind. */
export const countingSchemas = {
  volume: key(
    section({
      of,
      limit: limit('As many calls go on in the window; the next one does not.', 'calls'),
      per,
      prefix,
      numbers: numbers('numbers or blocks are counted', 28, 50_000_000),
    }).optional(),
    'Blocks a number, or a block of numbers, that makes too many calls.',
    'a mapping with of, limit and per',
  ),
  distinct: key(
    section({
      of,
      limit: limit('As many different numbers may be called in the window; calls to more do not go on.', 'numbers'),
      per,
      prefix,
      numbers: numbers('numbers or blocks are counted', 28, 50_000_000),
      pairs: key(
        integer(1000, 100_000_000).prefault(4_000_000),
        'How many pairs of caller and called number are remembered at a time, at 28 bytes each.',
        'a number from 1000 to 100000000',
      ),
    }).optional(),
    'Blocks a number, or a block of numbers, that calls too many different numbers.',
    'a mapping with of, limit and per',
  ),
  sequential: key(
    section({
      of,
      limit: limit('As many calls of one run go on in the window; the next one does not.', 'calls'),
      per,
      step: key(
        integer(1, 1000).prefault(1),
        'How far a called number may be from the one before it, up or down, for the run to go on.',
        'a number from 1 to 1000',
      ),
      prefix,
      numbers: numbers('numbers or blocks are followed', 84, 20_000_000),
    }).optional(),
    'Blocks a number, or a block of numbers, that calls numbers one after the other.',
    'a mapping with of, limit and per',
  ),
  short: key(
    section({
      under: key(duration('1s', '1h'), 'An answered call that lasted less is a short one.', durationWords('1s', '1h')),
      ...ended,
    }).optional(),
    'Blocks a number, or a block of numbers, whose answered calls mostly are short. Goes by outcomes that are told to the gate.',
    'a mapping with of, under, share and per',
  ),
  unanswered: key(
    section(ended).optional(),
    'Blocks a number, or a block of numbers, whose calls mostly are not answered. Goes by outcomes that are told to the gate.',
    'a mapping with of, share and per',
  ),
  spoofing: key(
    section({
      after: key(
        integer(2, SIGNED_MAX).prefault(20),
        'After so many calls signed with attestation A by one provider, that is the number’s normal provider.',
        `a number of calls from 2 to ${SIGNED_MAX}`,
      ),
      within: key(
        duration('1h', '366d').prefault('30d'),
        'How long a number is remembered that nobody signs any more.',
        durationWords('1h', '366d'),
      ),
      numbers: numbers('numbers are remembered', 42, 50_000_000),
    }).optional(),
    'Blocks calls from a number that one provider normally signs, and that come unsigned or through another one.',
    'a mapping with after and within',
  ),
}
