// One thing: every form that the mock blocker sends, as data. Good forms come from the writer of notices; what no writer of
// ours would make is written by hand. A test holds each against the linter, so that none of them rots.
import {
  type BlockLocation,
  type Notice,
  type RedressContact,
  type RedressId,
  cardUri,
  redressContact,
  redressId,
} from '#codec/notice/notice.ts'
import type { RuleId } from '#codec/notice/rules.ts'
import { writeNotice } from '#codec/notice/write.ts'
import type { Checked } from '#codec/notice/notice.ts'
import type { CardKind, Part, ProvisionalAnswer, Scenario, ScenarioAnswer } from './scenario.ts'

/** Makes every scenario, in the order of their numbers. */
function makeScenarios(): readonly Scenario[] {
  return [...goodForms(), ...oddForms(), ...timedForms(), ...oddCards(), ...brokenForms(), ...ordinaryForms()]
}

function goodForms(): Scenario[] {
  const locations: readonly BlockLocation[] = ['LN', 'TN', 'LPN', 'RPN']
  return [
    notice('0101', 'sip', '603+ with a SIP Reason: url and id', blocked({}), { why: USUAL }),
    notice('0102', 'q850', '603+ with a Q.850 Reason', blocked({ form: 'Q.850' }), {
      why: 'ATIS-1000099 takes this form as equally valid; some platforms pass on the SIP form only.',
    }),
    notice('0103', 'url', '603+ with a url and nothing else', blocked({ contact: contactOf({ url: URL }), id: null }), {
      why: 'The least that a 603+ may say.',
    }),
    notice('0104', 'tel', '603+ with a tel and nothing else', blocked({ contact: contactOf({ tel: TEL }), id: null }), {
      why: 'A contact need not be a page.',
    }),
    notice('0105', 'email', '603+ with an email and nothing else', blocked({ contact: contactOf({ email: EMAIL }) }), {
      why: 'A contact need not be a page.',
    }),
    notice('0106', 'all', '603+ with url, tel, email and id', blocked({ contact: contactOf(ALL) }), {
      why: 'All that a 603+ can say, some 190 characters of Reason: more than some equipment keeps.',
    }),
    ...locations.map((location, at) =>
      notice(
        String(107 + at).padStart(4, '0'),
        `location-${location.toLowerCase()}`,
        `603+ blocked at ${location}`,
        blocked({ location }),
        {
          why: 'Who blocked, by the place in the path; with RLN these are all that a 603+ is known to use.',
          cite: 'RFC 8606 §4',
        },
      ),
    ),
    scenario('0111', 'id-64', 'good', '603+ with an id of 64 characters', sip(text({ id: LONG_ID })), {
      why: 'The longest id there is; one that is cut finds no call.',
    }),
    scenario('0112', 'both-forms', 'good', '603+ in both forms, in one list', [`${sip(text())}, ${BARE_Q850}`], {
      why: 'Two values of different protocols are lawful, and must both arrive.',
      cite: 'RFC 3326 §2',
    }),
    notice(
      '0113',
      'decline',
      '603 Decline, that says nothing',
      { kind: 'declined', retryAfterS: undefined },
      {
        intact: WITHOUT_REASON,
        lint: ['603', 'R603-04'],
        why: 'The control: nothing may be added to it that makes it look like a network’s block.',
        cite: 'RFC 3261 §21.6.2',
      },
    ),
    notice(
      '0114',
      'decline-later',
      '603 Decline with Retry-After',
      { kind: 'declined', retryAfterS: 3600 },
      {
        intact: [...WITHOUT_REASON, 'retry-after'],
        lint: ['603', 'R603-03', 'R603-04'],
        why: 'A person who may be called again in an hour.',
        cite: 'RFC 3261 §20.33',
      },
    ),
    notice(
      '0115',
      'unwanted',
      '607 Unwanted',
      { kind: 'unwanted' },
      {
        intact: WITHOUT_REASON,
        lint: ['607'],
        why: 'A person’s word: turned into 603 it is lost.',
        cite: 'RFC 8197 §4',
      },
    ),
    notice('0116', 'rejected-card', '608 Rejected with a signed card', REJECTED_WITH_CARD, {
      intact: [...WITHOUT_REASON, 'call-info'],
      lint: ['608', 'R608-10'],
      card: 'fresh',
      why: 'The IETF’s way to say who blocked; the card is signed when it is fetched.',
      cite: 'RFC 8688 §3',
    }),
    notice(
      '0117',
      'rejected',
      '608 Rejected without a card',
      { kind: 'rejected', cardUri: undefined },
      {
        intact: WITHOUT_REASON,
        lint: ['608', 'R608-03', 'R608-10'],
        why: 'Lawful where the caller would abuse the contact.',
        cite: 'RFC 8688 §6',
      },
    ),
    notice(
      '0118',
      'anonymous',
      '433 Anonymity Disallowed',
      { kind: 'anonymity-disallowed' },
      {
        intact: ['status', 'phrase', 'to-tag'],
        lint: ['other'],
        why: 'Not a 6xx: other routes may be tried.',
        cite: 'RFC 5079',
      },
    ),
  ]
}

function oddForms(): Scenario[] {
  return [
    odd('0120', 'two-fields', '603+ in both forms, in two Reason fields', [sip(text()), q850(text())], {
      why: 'Two lines are the same as one list; some equipment reads or keeps the first only.',
      cite: 'RFC 3261 §7.3.1',
    }),
    odd('0121', 'second-value', '603+ in the second value of a list', [`Reason: ${BARE_Q850}, ${value(text())}`], {
      why: 'FreeSWITCH looks at the first value only.',
      cite: 'RFC 3326 §2',
    }),
    odd('0122', 'three-values', '603+ between Q.850 and STIR values', [`Reason: ${BARE_Q850}`, sip(text()), STIR], {
      why: 'Values of other protocols are not the path’s to drop.',
      cite: 'RFC 3326 §2, RFC 9366',
    }),
    odd(
      '0123',
      'reordered',
      '603+ with its parameters in another order',
      [`Reason: SIP;location=RLN;text="${text()}";cause=603`],
      { why: 'Parameters have no order; patterns that expect one miss this.', cite: 'RFC 3326 §2' },
    ),
    odd(
      '0124',
      'unknown-parameters',
      '603+ with parameters that nobody knows',
      [`${sip(text())};x-segment=7;x-case="a;b, c"`],
      { why: 'Unknown parameters are to be kept; the quoted one holds a semicolon and a comma.', cite: 'RFC 3326 §2' },
    ),
    odd('0125', 'unknown-key', '603+ whose text has a key that nobody knows', sip(`${text()};engine=e-12`), {
      rules: ['R603P-18'],
      why: 'Later versions may add keys: ignore, and relay.',
    }),
    odd(
      '0126',
      'folded',
      '603+ folded between its parameters',
      [`Reason: SIP\r\n ;cause=603\r\n\t;text="${text()}"\r\n  ;location=RLN`],
      {
        rules: ['RSIP-11'],
        why: 'A fold is white space; a parser of lines sees four fields.',
        cite: 'RFC 3261 §7.3.1',
      },
    ),
    odd(
      '0127',
      'folded-text',
      '603+ folded inside its quotes',
      [`Reason: SIP;cause=603;text="v=analytics1;url=${URL};\r\n tel=${TEL}";location=RLN`],
      {
        rules: ['R603P-19', 'RSIP-11'],
        why: 'A fold may stand inside quotes, and becomes a space there.',
        cite: 'RFC 3261 §25.1',
      },
    ),
    odd(
      '0128',
      'lower-case',
      '603+ with every name in lower case',
      [`reason: sip;cause=603;text="${text()}";location=rln`],
      {
        names: 'lower',
        rules: ['R603P-23'],
        why: 'Names, protocols and locations have no case.',
        cite: 'RFC 3261 §7.3.1',
      },
    ),
    odd(
      '0129',
      'upper-case',
      '603+ with every name in capitals',
      [`REASON: SIP;CAUSE=603;TEXT="${text()}";LOCATION=RLN`],
      { why: 'Names have no case; what is inside the quotes has.', cite: 'RFC 3261 §7.3.1' },
    ),
    odd('0130', 'compact', '603+ with the short names of header fields', sip(text()), {
      names: 'compact',
      why: 'v, f, t, i and l instead of Via, From, To, Call-ID and Content-Length.',
      cite: 'RFC 3261 §7.3.3',
    }),
    odd(
      '0131',
      'spaced',
      '603+ with white space wherever it may stand',
      [`Reason : SIP ; cause = 603 ; text = "${text()}" ; location = RLN`],
      {
        rules: ['RSIP-06'],
        why: 'White space round separators is legal, before the colon too.',
        cite: 'RFC 3261 §25.1',
      },
    ),
    odd('0132', 'phrase-case', '603+ with its phrase in capitals', sip(text()), {
      phrase: 'NETWORK BLOCKED',
      rules: ['R603P-03'],
      why: 'The phrase is matched without case; to relay it means to leave it.',
    }),
    odd('0133', 'long-text', '603+ with a text of 512 characters', sip(text({ url: urlOfText(512) })), {
      why: 'The longest that Recourse writes. Reason values above 128 characters have been lost in the field.',
      cite: 'own limit',
    }),
    odd('0134', 'longer-text', '603+ with a text of 900 characters', sip(text({ url: urlOfText(900) })), {
      rules: ['R603P-26'],
      why: 'No standard limits the length; the field stays below 1024.',
      cite: 'own limit',
    }),
    odd('0135', 'longest', '603+ in a field of 8,000 characters', sip(text({ url: urlOfText(7950) })), {
      rules: ['R603P-26', 'RSIP-10'],
      transport: 'tcp',
      why: 'As long as a line may be here; too long for a datagram that every network carries whole.',
      cite: 'RFC 3261 §18.1.1',
    }),
    odd('0136', 'escaped-quotes', '603+ with escaped quotes in its text', sip(`${text()};note=\\"no\\" \\\\ ok`), {
      rules: ['R603P-18'],
      why: 'A quote behind a backslash does not end the text, nor does a backslash escape what follows an escaped one.',
      cite: 'RFC 3261 §25.1',
    }),
    odd(
      '0137',
      'needless-escape',
      '603+ with a semicolon that is escaped without need',
      sip(text().replaceAll(';', '\\;')),
      {
        why: 'The same text once unescaped; to relay means to leave the backslashes.',
        cite: 'RFC 3261 §25.1',
      },
    ),
    odd('0138', 'utf-8', '603+ with letters beyond ASCII', sip(`${text()};name=Zürich Bücher 株式会社`), {
      rules: ['R603P-18'],
      why: 'SIP is UTF-8, and quoted text may hold any of it.',
      cite: 'RFC 3261 §25.1',
    }),
    odd('0139', 'many-parameters', '603+ with 64 parameters', [`${sip(text())}${PARAMETERS_61}`], {
      why: 'As many as Recourse reads.',
      cite: 'own limit',
    }),
    odd('0140', 'query', '603+ with a url that has port, comma, equals and %3B', sip(text({ url: URL_QUERY })), {
      why: 'Who splits at commas or at the last equals loses the rest of the url.',
      cite: 'RFC 3986 §3.4',
    }),
    odd('0141', 'escaped-crlf', '603+ with %0D%0A in its url', sip(text({ url: `${URL}%0D%0AX-Evil:%201` })), {
      why: 'Decoded into a header or a log it would begin a new line.',
      cite: 'RFC 3986 §2.1',
    }),
    odd('0142', 'raw-semicolon', '603+ with a bare semicolon in its url', sip(text({ url: `${URL};n=5` })), {
      rules: ['R603P-18'],
      why: 'The end of the url becomes a key of its own: nothing to mend on the way.',
    }),
    odd('0143', 'spare-location', '603+ blocked at LOC-6', [sipAt('LOC-6')], {
      rules: ['R603P-22'],
      why: 'A name of RFC 8606 that no 603+ is known to use.',
      cite: 'RFC 8606 §4',
    }),
    odd('0144', 'retry-after', '603+ with Retry-After', [sip(text()), 'Retry-After: 120'], {
      rules: ['R603P-25'],
      intact: [...BLOCK, 'retry-after'],
      why: 'Odd beside a notice, and not the path’s to remove.',
      cite: 'RFC 3261 §20.33',
    }),
    odd('0145', 'with-card', '603+ with a card beside it', [sip(text()), CALL_INFO], {
      rules: ['R603P-29'],
      intact: [...BLOCK, 'call-info'],
      card: 'fresh',
      why: 'A blocker that serves both worlds.',
      cite: 'RFC 8688 §3.1',
    }),
    odd(
      '0146',
      'retry-after-comment',
      '603+ with a comment and a parameter in Retry-After',
      [sip(text()), 'Retry-After: 60 (a list; "x");duration=30'],
      {
        rules: ['R603P-25'],
        intact: [...BLOCK, 'retry-after'],
        why: 'The grammar has both, and Wireshark calls either malformed.',
        cite: 'RFC 3261 §20.33',
      },
    ),
  ]
}

function timedForms(): Scenario[] {
  const first = (status: number, phrase: string, afterMs: number): ProvisionalAnswer => ({ status, phrase, afterMs })
  const ringing = first(180, 'Ringing', 50)
  const progress = first(183, 'Session Progress', 50)
  return [
    odd('0150', 'ringing-first', '180 Ringing, then 603+', sip(text()), {
      before: [ringing],
      finalAfterMs: 400,
      why: 'Blocked after it rang: a route that counts as reached must still relay the refusal.',
      cite: 'RFC 3261 §16.7',
    }),
    odd('0151', 'progress-first', '183 Session Progress, then 603+', sip(text()), {
      before: [progress],
      finalAfterMs: 400,
      why: 'As when an announcement was played first; B2BUAs that opened media may change the end.',
      cite: 'RFC 8688 §3.4',
    }),
    odd('0152', 'both-first', '180, 183, then 608 with a card', CALL_INFO, {
      status: 608,
      phrase: 'Rejected',
      class: '608',
      rules: ['R608-10'],
      before: [ringing, progress],
      finalAfterMs: 400,
      intact: [...WITHOUT_REASON, 'call-info', 'provisional'],
      card: 'fresh',
      why: 'Early media, then the code for callers that can read it.',
      cite: 'RFC 8688 §3.4',
    }),
    odd('0153', 'slow', '603+ after 4 seconds', sip(text()), {
      finalAfterMs: 4_000,
      why: 'Engines take their time; a 100 Trying comes at once. Who tries the next route meanwhile finds it here twice.',
      cite: 'RFC 3261 §17.2.1',
    }),
  ]
}

function oddCards(): Scenario[] {
  const rejected = { status: 608, phrase: 'Rejected', class: '608', intact: [...WITHOUT_REASON, 'call-info'] } as const
  return [
    odd('0160', 'stale-card', '608 with a card signed ten minutes ago', CALL_INFO, {
      ...rejected,
      rules: ['R608-10'],
      card: 'stale',
      why: 'The path relays it; the caller must refuse the card (R608-23) and keep the 608.',
      cite: 'RFC 8688 §3.2.2',
    }),
    odd('0161', 'forged-card', '608 with a card signed by another key', CALL_INFO, {
      ...rejected,
      rules: ['R608-10'],
      card: 'forged',
      why: 'The path relays it; the caller must refuse the card (R608-26) and keep the 608.',
      cite: 'RFC 8688 §3.2.3',
    }),
    odd('0162', 'rejected-reason', '608 with a Reason beside the card', [CALL_INFO, 'Reason: SIP;cause=608'], {
      ...rejected,
      rules: ['R608-10'],
      intact: [...BLOCK, 'call-info'],
      card: 'fresh',
      why: 'The code said twice.',
      cite: 'RFC 3326 §2',
    }),
    odd('0163', 'unwanted-reason', '607 with a Reason', 'Reason: SIP;cause=607;text="Unwanted"', {
      status: 607,
      phrase: 'Unwanted',
      class: '607',
      why: 'The code said twice.',
      cite: 'RFC 8197 §4',
    }),
    broken(
      '0164',
      'two-call-infos',
      '608 with two Call-Info values',
      [`${CALL_INFO}, <https://northwire.example/>;purpose=info`],
      {
        ...rejected,
        rules: ['R608-04', 'R608-10'],
        card: 'fresh',
        why: 'RFC 8688 wants jwscard on each; who takes the last value finds no card.',
        cite: 'RFC 8688 §3.1',
      },
    ),
    broken('0165', 'other-purpose', '608 with a card for another purpose', ['Call-Info: <{card}>;purpose=card'], {
      ...rejected,
      rules: ['R608-04', 'R608-10'],
      card: 'fresh',
      why: 'A home-made 608.',
      cite: 'RFC 8688 §3.1',
    }),
  ]
}

function brokenForms(): Scenario[] {
  return [
    broken('0170', 'two-sip-values', 'Two SIP values of Reason', [sip(text()), 'Reason: SIP;cause=603'], {
      rules: ['RSIP-08'],
      why: 'What a path makes that adds its own Reason to one that is there.',
      cite: 'RFC 3326 §2',
    }),
    broken('0171', 'parameter-twice', 'A location that stands twice', [`${sip(text())};location=TN`], {
      rules: ['RSIP-09'],
      why: 'Which one counts is nobody’s to choose on the way.',
      cite: 'RFC 3261 §7.3.1',
    }),
    broken('0172', 'http-url', 'A url that is not https', sip('v=analytics1;url=http://redress.northwire.example/c'), {
      rules: ['R603P-10', 'R603P-11'],
      why: 'Seen in the field.',
    }),
    broken('0173', 'no-location', 'No location', [`Reason: SIP;cause=603;text="${text()}"`], {
      rules: ['R603P-20'],
      why: 'Seen in the field; a path that adds one claims to know who blocked.',
    }),
    broken('0174', 'wrong-cause', 'Cause 21 under SIP', [`Reason: SIP;cause=21;text="${text()}";location=RLN`], {
      rules: ['R603P-06'],
      why: 'The two forms mixed up.',
    }),
    broken('0175', 'version-last', 'v behind the url', sip(`url=${URL};v=analytics1`), {
      rules: ['R603P-08'],
      why: 'FreeSWITCH and others look for v at the start of the text.',
    }),
    broken(
      '0176',
      'fields-outside',
      'v and url as parameters of the value',
      [`Reason: SIP;cause=603;v=analytics1;url="${URL}";location=RLN`],
      {
        class: '603',
        rules: ['R603-06', 'R603P-05', 'R603P-09'],
        why: 'A home-made form that one library reads and writes.',
      },
    ),
    broken('0177', 'decline-phrase', 'The text of a 603+ under 603 Decline', sip(text()), {
      phrase: 'Decline',
      class: '603',
      verdict: 'deviant',
      rules: ['R603-06', 'R603P-02'],
      why: 'What is left of a 603+ once a B2BUA wrote its own phrase; no path makes it whole again.',
    }),
    broken('0178', 'analytics2', 'A version that nobody knows', sip(`v=analytics2;url=${URL}`), {
      class: '603',
      rules: ['R603-06', 'R603P-07'],
      why: 'Unknown versions are relayed, not understood.',
    }),
    broken('0179', 'unwanted-contact', '607 with the text of a 603+', sip(text()), {
      status: 607,
      phrase: 'Unwanted',
      class: '607',
      rules: ['R607-04', 'R607-07'],
      why: 'Two notices in one: a person’s code with a network’s contact.',
      cite: 'RFC 8688 §1',
    }),
    broken('0180', 'busy-contact', '486 with the text of a 603+', sip(text()), {
      status: 486,
      phrase: 'Busy Here',
      class: 'other',
      verdict: 'n/a',
      rules: ['R603P-01'],
      intact: BLOCK.filter((part) => part !== 'no-new-attempt'),
      why: 'A network that hides its block behind a busy tone.',
    }),
    broken('0181', 'unquoted', 'A text without quotes', [`Reason: SIP;cause=603;text=v=analytics1;location=RLN`], {
      class: '603',
      isLegal: false,
      rules: ['R603-06', 'R603P-05', 'RSIP-07'],
      why: 'Breaks the grammar of SIP: may be dropped, and nothing else may be with it.',
      cite: 'RFC 3326 §2',
      intact: UNREADABLE,
    }),
    broken(
      '0182',
      'open-quote',
      'A text whose quote never closes',
      [`Reason: SIP;cause=603;text="${text()};location=RLN`],
      {
        class: '603',
        isLegal: false,
        rules: ['R603-06', 'R603P-05', 'RSIP-07'],
        why: 'Breaks the grammar of SIP: a reader that runs on to the next line swallows Content-Length.',
        cite: 'RFC 3326 §2',
        intact: UNREADABLE,
      },
    ),
  ]
}

function ordinaryForms(): Scenario[] {
  return [
    scenario('0199', 'busy', 'good', '486 Busy Here, no block at all', [], {
      status: 486,
      phrase: 'Busy Here',
      class: 'other',
      verdict: 'n/a',
      intact: ['status', 'to-tag'],
      why: 'The control: the path works, and other routes may be tried.',
      cite: 'RFC 3261 §21.4.24',
    }),
  ]
}

type Given = {
  readonly why: string
  readonly cite?: string
  readonly status?: number
  readonly phrase?: string
  readonly names?: ScenarioAnswer['names']
  readonly card?: CardKind
  readonly before?: readonly ProvisionalAnswer[]
  readonly finalAfterMs?: number
  readonly transport?: Scenario['transport']
  readonly intact?: readonly Part[]
  readonly class?: Scenario['lint']['class']
  readonly verdict?: Scenario['lint']['verdict']
  readonly rules?: readonly RuleId[]
  readonly isLegal?: boolean
}

/** A scenario whose answer is what the writer makes of a notice. */
function notice(
  number: string,
  id: string,
  title: string,
  told: Notice,
  { lint, ...given }: Given & { readonly lint?: readonly [Scenario['lint']['class'], ...RuleId[]] },
): Scenario {
  const { status, phrase, fields } = writeNotice(told)
  const lines = fields.map(([name, value]) => `${name}: ${value.replace(CARD_STAND_IN, '{card}')}`)
  const [kind, ...rules] = lint ?? (['603+'] as const)
  const verdict = kind === 'other' ? 'n/a' : 'conformant'
  return scenario(number, id, 'good', title, lines, { ...given, status, phrase, class: kind, verdict, rules })
}

function odd(number: string, id: string, title: string, lines: string | readonly string[], given: Given): Scenario {
  return scenario(number, id, 'odd', title, lines, given)
}

function broken(number: string, id: string, title: string, lines: string | readonly string[], given: Given): Scenario {
  return scenario(number, id, 'broken', title, lines, { verdict: 'deviant', ...given })
}

function scenario(
  number: string,
  id: string,
  group: Scenario['group'],
  title: string,
  lines: string | readonly string[],
  given: Given,
): Scenario {
  const { before = [], finalAfterMs = 0, card, names = 'usual', rules = [] } = given
  const answer: ScenarioAnswer = {
    status: given.status ?? 603,
    phrase: given.phrase ?? 'Network Blocked',
    lines: typeof lines === 'string' ? [lines] : lines,
    names,
    card,
  }
  const owed = given.intact ?? BLOCK
  return {
    id,
    number,
    title,
    group,
    before,
    answer,
    finalAfterMs,
    transport: given.transport ?? 'any',
    intact: before.length > 0 && !owed.includes('provisional') ? [...owed, 'provisional'] : owed,
    lint: { class: given.class ?? '603+', verdict: given.verdict ?? 'conformant', rules },
    isLegal: given.isLegal ?? true,
    why: given.why,
    cite: given.cite ?? 'ATIS-1000099',
  }
}

function blocked(parts: {
  readonly form?: 'SIP' | 'Q.850'
  readonly contact?: RedressContact
  readonly id?: null
  readonly location?: BlockLocation
}): Notice {
  const { form = 'SIP', contact = contactOf({ url: URL }), location = 'RLN' } = parts
  return { kind: 'network-blocked', form, contact, id: parts.id === null ? undefined : ID, location }
}

/** The text of a 603+ as it stands between the quotes. */
function text({ url = URL, id = ID }: { readonly url?: string; readonly id?: string } = {}): string {
  return `v=analytics1;url=${url};id=${id}`
}

function value(words: string): string {
  return `SIP;cause=603;text="${words}";location=RLN`
}

function sip(words: string): string {
  return `Reason: ${value(words)}`
}

function q850(words: string): string {
  return `Reason: Q.850;cause=21;text="${words}";location=RLN`
}

function sipAt(location: string): string {
  return `Reason: SIP;cause=603;text="${text()}";location=${location}`
}

/** A url that makes the whole text this long. */
function urlOfText(characters: number): string {
  return `${URL}?${'x'.repeat(characters - text().length - 1)}`
}

function contactOf(parts: Parameters<typeof redressContact>[0]): RedressContact {
  return sound(redressContact(parts))
}

function sound<T>(checked: Checked<T>): T {
  if (checked.kind === 'refused') throw new Error(checked.faults.join('; '))
  return checked.value
}

const URL = 'https://redress.northwire.example/c'
const URL_QUERY = 'https://redress.northwire.example:8443/c?a=1,2&b==%3B&c=%22'
const TEL = '+18005550142'
const EMAIL = 'unblock@northwire.example'
const ALL = { url: URL, tel: TEL, email: EMAIL }
const ID: RedressId = sound(redressId('nw-7Q_42'))
const LONG_ID = `nw-${'0123456789_'.repeat(6).slice(0, 61)}`
const BARE_Q850 = 'Q.850;cause=21;location=RLN'
const STIR = 'Reason: STIR;cause=438;text="Invalid Identity Header"'
const CALL_INFO = 'Call-Info: <{card}>;purpose=jwscard'
const CARD_STAND_IN = 'https://cards.northwire.example/card'
const REJECTED_WITH_CARD: Notice = { kind: 'rejected', cardUri: sound(cardUri(CARD_STAND_IN)) }
/** With cause, text and location: 64. */
const PARAMETERS_61 = Array.from({ length: 61 }, (_, at) => `;p${at + 1}=${at + 1}`).join('')
const USUAL = 'The usual form: what a provider has to send, and every provider in the path to relay.'
const BLOCK: readonly Part[] = ['status', 'phrase', 'reason', 'no-reason-added', 'no-new-attempt', 'to-tag']
const WITHOUT_REASON: readonly Part[] = ['status', 'phrase', 'no-new-attempt', 'to-tag']
const UNREADABLE = WITHOUT_REASON

/** Every scenario, in the order of their numbers. */
export const SCENARIOS: readonly Scenario[] = makeScenarios()
