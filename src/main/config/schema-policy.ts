import { z } from 'zod'
import { PROFILES } from '#core/notify/notice-choices.ts'
import { CARRIES } from '#core/notify/notice-terms.ts'
import { STANDINGS } from '#core/rules/attestation.ts'
import { FLAWS } from '#core/rules/invalid.ts'
import { COUNT_MAX } from '#core/rules/sliding-counter.ts'
import { CAUSES, PROGRAMS } from '#core/rules/verdict.ts'
import {
  LIST,
  NAME,
  checked,
  choice,
  duration,
  durationWords,
  file,
  integer,
  key,
  list,
  name,
  section,
  share,
  text,
} from './keys.ts'
import { RULE_KEYS } from './rules.ts'
import { countingSchemas } from './schema-counting.ts'
import { scoreSchema } from './schema-score.ts'
import { GUARD_DEFAULT, parsePercent } from './units.ts'

/** One rule. */
export const ruleSchema = section({
  id: key(name(), 'The rule’s name in the ledger and in receipts. Give a changed rule a new one.', NAME),
  'called-list': key(
    z.union([z.literal(true), file()]).optional(),
    'Blocks callers whom the called party refuses. A file has the columns called and calling; `true` stands for what subscribers have told the redress desk.',
    'true, or file: and a path',
  ),
  'do-not-originate': key(list().optional(), 'Blocks numbers that never place calls.', LIST),
  deny: key(list().optional(), 'Blocks the numbers on a list.', LIST),
  invalid: key(
    z
      .union([
        z.literal(true),
        section({
          except: key(
            z.array(z.enum(FLAWS)).min(1).max(FLAWS.length),
            'What the rule does not look at: `name` (the caller gives no number), `zeros`, `length`, `country-code`, `area-code` and `exchange` (of the North American plan), `fictional` (555-0100 to 555-0199).',
            `a list of ${FLAWS.join(', ')}`,
          ),
        }),
      ])
      .optional(),
    'Blocks calling numbers that cannot exist. Withheld numbers and short codes are none of them.',
    'true, or a mapping with except',
  ),
  unallocated: key(
    file().optional(),
    'Blocks calling numbers that nobody has been given, by a file of allocations with the columns npa, nxx, x and status, or prefix and status.',
    'file: and a path',
  ),
  standing: key(
    file().optional(),
    'Spares the numbers on a list the analytics behind it, and nothing else; columns number, attestation, until, reason. So end blocks that were lifted.',
    'file: and a path',
  ),
  attestation: key(
    z
      .union([
        section({ below: key(z.enum(['A', 'B', 'C']), 'The least that passes.', 'A, B or C') }),
        section({
          is: key(
            z.array(z.enum(STANDINGS)).min(1).max(STANDINGS.length),
            'What does not pass.',
            `a list of ${STANDINGS.join(', ')}`,
          ),
        }),
      ])
      .optional(),
    'Blocks calls by what is known of their STIR/SHAKEN attestation: known to be below a letter, or one of a list.',
    'a mapping with below or is',
  ),
  verification: key(
    z.literal('failed').optional(),
    'Blocks calls whose signature is wrong, as this gate found or the peer says. One that could not be checked is not wrong.',
    'failed',
  ),
  score: scoreSchema,
  allow: key(list().optional(), 'Lets the numbers on a list go on; rules behind it are not asked.', LIST),
  ...countingSchemas,
  mode: key(
    z.enum(['enforce', 'shadow']).prefault('enforce'),
    'Whether the rule acts, or only notes what it would have done.',
    'enforce or shadow',
  ),
  sample: key(
    share().optional(),
    'The share of calls on which the rule acts; on the others it only notes what it would have done. The same caller and called party always fall on the same side.',
    'a share such as 10% or 0.5%',
  ),
  peers: key(
    z.array(name()).min(1).max(100).optional(),
    'The peers whose calls the rule sees; without it, all.',
    'a list of names of peers',
  ),
  trunks: key(
    z.array(text(100)).min(1).max(100).optional(),
    'The trunks whose calls the rule sees; without it, all.',
    'a list of names of trunks',
  ),
  tenants: key(
    z.array(text(100)).min(1).max(100).optional(),
    'The tenants whose calls the rule sees; without it, all.',
    'a list of names of tenants',
  ),
  registered: key(
    z
      .union([
        z.literal('skip'),
        section({
          limit: key(integer(2, COUNT_MAX - 1), 'The limit for registered callers.', 'a number above the rule’s own'),
        }),
      ])
      .optional(),
    'What it is worth before this rule that the registry knows the caller, or that he stands on the list `policy.registered`: `skip`, or a limit of their own.',
    'skip, or a mapping with limit',
  ),
  program: key(
    z.enum(PROGRAMS).optional(),
    'The kind of blocking program the rule belongs to (47 CFR 64.1200(k)): subscribers of opt-in and opt-out ones may ask for a list of their blocked calls. Without it, opt-out for rules that block by analytics, none for others.',
    `one of ${PROGRAMS.join(', ')}`,
  ),
  treatment: key(
    name().optional(),
    'Sends the call to this place (`gate.treatments`) by 302 instead of refusing it. The call is then no block: it stands in the journal as `treat`, and not in the ledger.',
    'a name in gate.treatments',
  ),
  cause: key(
    z.enum(CAUSES).optional(),
    'Why a deny list blocks, which decides what callers are told. Without it, analytics.',
    `one of ${CAUSES.join(', ')}`,
  ),
})

const notices = section({
  profile: key(
    z.enum(PROFILES).prefault('us'),
    'Whose rules hold: those of the United States (`us`), or the RFCs alone (`rfc`), with 608 for analytics. It says what the other keys here may be.',
    'us or rfc',
  ),
  analytics: choice('analytics of this network or its vendor'),
  'do-not-originate': choice('a do-not-originate list'),
  invalid: choice('a number that cannot exist'),
  unallocated: choice('a number that is assigned to nobody'),
  'called-party': choice('the called party’s own list (a caller who withholds his number is told 433)'),
  ordered: choice('an order of the government'),
})

/** What is blocked and how it is told. */
export const policySchema = section({
  notices: key(
    z.union([z.enum(PROFILES), notices]).prefault('us'),
    'Which notice each cause gets. `us` is what the United States require since 2026-03-25, `rfc` is for elsewhere; a mapping chooses between them and changes single causes ([notices.md](notices.md#which-notice-for-which-cause)).',
    'us, rfc, or a mapping of causes',
  ),
  announce: key(
    name().optional(),
    'The treatment that tells callers by voice whom a 608 does not reach (RFC 8688 §3.4). Without it, they are told by 603+ where analytics block, else by 603.',
    'a name in gate.treatments',
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
  registered: key(
    file().optional(),
    'Registered callers beside those of the registry, whom rules may weigh (`registered`) and who pass none for free; columns number, attestation, until, reason.',
    'file: and a path',
  ),
  'opt-out': key(
    file().optional(),
    'Called numbers whose subscribers have opted out of blocking by analytics (47 CFR 64.1200(k)(3)): rules that block by analytics only note what they would have done, unless their program is network.',
    'file: and a path',
  ),
  blocks: key(
    z
      .record(z.string().regex(/^[1-9][0-9]{0,2}$/), integer(2, 14))
      .transform((widths) => new Map(Object.entries(widths)))
      .optional(),
    'How many leading digits make a block of numbers, by country code, which is among them. Without a row, all but the last three digits: a thousands block.',
    'a mapping such as { "1": 8, "44": 9 }',
  ),
  keepLists: key(
    duration('1d', '3650d').prefault('400d'),
    'How long the texts of lists are kept after the last version that uses them was in force; the version in force and the last 20 keep theirs. Looked at once a day. That of the policy in force counts.',
    durationWords('1d', '3650d'),
  ),
  guard: key(
    checked(parsePercent).prefault(GUARD_DEFAULT),
    'By how much of its entries a list may change at once before a second person has to approve it; a list that would become empty always has to be, and a list that keeps calls from being blocked when nothing names it any more; a change of 20 entries or fewer never, but for exempt numbers that go. That of the policy in force counts.',
    'a percentage such as 50%, or none',
  ),
  rules: key(
    z
      .array(key(ruleSchema, 'One rule.', `a mapping with id and one of ${RULE_KEYS.join(', ')}`))
      .max(1000)
      .prefault([]),
    'The rules, asked in this order.',
    'a list of rules',
  ),
})
