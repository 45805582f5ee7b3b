/**
 * Every rule the linter can report: how bad it is in a received message, what it means in one sentence, and where it
 * comes from. `docs/notices.md` lists the same rules; a test compares the two.
 *
 * `error` makes a message deviant, `malformed` means it is no SIP response at all, `warn` and `info` leave it conformant.
 */
export const RULES = {
  'RSIP-01': {
    severity: 'malformed',
    text: 'The first line is not a SIP/2.0 status line with a three-digit code.',
    cite: 'RFC 3261 §7.2, §25.1',
  },
  'RSIP-02': {
    severity: 'malformed',
    text: 'A header line does not end in CRLF, the blank line is missing, or a NUL stands in the header fields.',
    cite: 'RFC 3261 §7, §25.1',
  },
  'RSIP-03': {
    severity: 'error',
    text: 'Via, From, To, Call-ID or CSeq is missing.',
    cite: 'RFC 3261 §8.2.6.2',
  },
  'RSIP-04': { severity: 'warn', text: 'A final response has no tag in its To field.', cite: 'RFC 3261 §8.2.6.2' },
  'RSIP-05': {
    severity: 'malformed',
    text: 'A header line has no colon or a bad name, or a folded line comes before any header field.',
    cite: 'RFC 3261 §7.3.1',
  },
  'RSIP-06': {
    severity: 'warn',
    text: 'White space stands before the colon of a header field.',
    cite: 'RFC 3261 §7.3.1',
  },
  'RSIP-07': {
    severity: 'error',
    text: 'A Reason value breaks its grammar: unquoted text, an open quote, a bad token, a cause that is no number, or nothing at all.',
    cite: 'RFC 3326 §2',
  },
  'RSIP-08': {
    severity: 'error',
    text: 'Two Reason values name the protocol SIP, or two name Q.850.',
    cite: 'RFC 3326 §2, RFC 9366',
  },
  'RSIP-09': {
    severity: 'error',
    text: 'A parameter stands twice in one Reason or Call-Info value; the first one is read.',
    cite: 'RFC 3261 §7.3.1',
  },
  'RSIP-10': {
    severity: 'warn',
    text: 'The message is longer than 4096 octets or a header field longer than 1024, which some equipment cuts.',
    cite: 'own limit',
  },
  'RSIP-11': { severity: 'info', text: 'A header field is folded over several lines.', cite: 'RFC 3261 §7.3.1' },

  'R603-02': { severity: 'info', text: 'The phrase of a 603 is not "Decline".', cite: 'RFC 3261 §7.2' },
  'R603-03': { severity: 'info', text: 'Retry-After says the refusal is temporary.', cite: 'RFC 3261 §21.6.2' },
  'R603-04': {
    severity: 'info',
    text: 'Nothing says who refused the call or why: a person, a setting, a list or a network.',
    cite: 'RFC 3261 §21.6.2',
  },
  'R603-05': {
    severity: 'error',
    text: 'A block by analytics in the US was told by a plain 603, which no longer counts since 2026-03-25.',
    cite: '47 CFR 64.1200(k)(9)(i)',
  },
  'R603-06': {
    severity: 'warn',
    text: 'The response bears traces of a 603+ but is none: damaged on its way, or home-made.',
    cite: 'ATIS-1000099',
  },

  'R603P-01': {
    severity: 'error',
    text: 'The text of a 603+ stands in a response with another status.',
    cite: 'ATIS-1000099',
  },
  'R603P-02': { severity: 'error', text: 'The phrase is not "Network Blocked".', cite: 'ATIS-1000099' },
  'R603P-03': { severity: 'warn', text: 'The phrase differs from "Network Blocked" in case.', cite: 'ATIS-1000099' },
  'R603P-04': { severity: 'error', text: 'There is no Reason field.', cite: 'ATIS-1000099' },
  'R603P-05': {
    severity: 'error',
    text: 'No Reason value of protocol SIP or Q.850 has a quoted text.',
    cite: 'ATIS-1000099 §4.1.1',
  },
  'R603P-06': {
    severity: 'error',
    text: 'The cause is missing, or is not 603 with SIP or 21 with Q.850.',
    cite: 'ATIS-1000099',
  },
  'R603P-07': {
    severity: 'error',
    text: 'The text has no version, or one that is not exactly "analytics1".',
    cite: 'ATIS-1000099',
  },
  'R603P-08': {
    severity: 'error',
    text: 'The version is not the first pair of the text, where FreeSWITCH and others look for it.',
    cite: 'ATIS-1000099',
  },
  'R603P-09': {
    severity: 'error',
    text: 'A field of the text (v, url, tel, email or id) stands outside it, as a Reason parameter.',
    cite: 'ATIS-1000099',
  },
  'R603P-10': {
    severity: 'error',
    text: 'No usable url, tel or email is left: nobody can be asked.',
    cite: 'ATIS-1000099',
  },
  'R603P-11': { severity: 'error', text: 'The url is not an absolute https URL in ASCII.', cite: 'ATIS-1000099' },
  'R603P-12': {
    severity: 'error',
    text: 'The host of the url is an address, a single label or a local name, not a name in the public DNS.',
    cite: 'ATIS-1000099',
  },
  'R603P-13': { severity: 'warn', text: 'The url carries a user name or password.', cite: 'RFC 3986 §3.2.1' },
  'R603P-14': {
    severity: 'error',
    text: 'The tel is not "+" and 2 to 15 digits, the first of them not 0.',
    cite: 'ATIS-1000099, ITU-T E.164',
  },
  'R603P-15': {
    severity: 'error',
    text: 'The email is not an ASCII address with a dotted domain, or is longer than 254 characters.',
    cite: 'ATIS-1000099',
  },
  'R603P-16': {
    severity: 'error',
    text: 'The id is not 1 to 64 of letters, digits, "_" and "-".',
    cite: 'ATIS-1000099',
  },
  'R603P-17': { severity: 'error', text: 'A key stands twice in the text; the first one is read.', cite: 'own rule' },
  'R603P-18': { severity: 'info', text: 'The text has an unknown key: ignored here, to be relayed.', cite: 'own rule' },
  'R603P-19': {
    severity: 'warn',
    text: 'The text has white space round a pair, an empty piece, or a key that is not in lower case.',
    cite: 'own rule',
  },
  'R603P-20': { severity: 'error', text: 'The location is missing.', cite: 'ATIS-1000099' },
  'R603P-21': { severity: 'error', text: 'The location is not one of RFC 8606.', cite: 'RFC 8606 §4' },
  'R603P-22': {
    severity: 'warn',
    text: 'The location exists but is not one a 603+ is known to use: LN, TN, RLN, LPN or RPN.',
    cite: 'ATIS-1000099',
  },
  'R603P-23': { severity: 'info', text: 'The location is not in capitals.', cite: 'RFC 8606 §4' },
  'R603P-24': { severity: 'warn', text: 'The SIP and the Q.850 value name different contacts.', cite: 'own rule' },
  'R603P-25': { severity: 'warn', text: 'A 603+ carries Retry-After.', cite: 'own rule' },
  'R603P-26': {
    severity: 'warn',
    text: 'The text is longer than 512 characters, which some equipment cuts.',
    cite: 'own limit',
  },
  'R603P-27': {
    severity: 'error',
    text: 'A piece of the text has no "=" or no value; it is read as absent.',
    cite: 'own rule',
  },
  'R603P-28': { severity: 'warn', text: 'A 603+ answers something that is not an INVITE.', cite: 'ATIS-1000099' },
  'R603P-29': {
    severity: 'info',
    text: 'A card of the kind a 608 carries stands beside the 603+.',
    cite: 'RFC 8688 §3.1',
  },

  'R607-02': { severity: 'info', text: 'The phrase of a 607 is not "Unwanted".', cite: 'RFC 3261 §7.2' },
  'R607-03': {
    severity: 'error',
    text: 'A 607 answers a request inside a dialog: BYE, CANCEL, ACK, PRACK, UPDATE or INFO.',
    cite: 'RFC 8197 §4',
  },
  'R607-04': {
    severity: 'error',
    text: 'A 607 carries the text of a 603+ or fields of it, as if analytics spoke for the person called.',
    cite: 'RFC 8688 §1, 47 CFR 64.1200(k)(9)(i)',
  },
  'R607-05': {
    severity: 'warn',
    text: 'A 607 carries a card, which would expose the person called.',
    cite: 'RFC 8688 §1',
  },
  'R607-06': { severity: 'warn', text: 'A 607 carries Retry-After.', cite: 'RFC 8197 §3, RFC 3261 §20.33' },
  'R607-07': {
    severity: 'error',
    text: 'The SIP Reason of a 607 has another cause.',
    cite: 'RFC 8197 §4, RFC 3326 §2',
  },

  'R608-02': { severity: 'info', text: 'The phrase of a 608 is not "Rejected".', cite: 'RFC 3261 §7.2' },
  'R608-03': {
    severity: 'info',
    text: 'A 608 has no Call-Info, which is lawful only towards a caller who would abuse it.',
    cite: 'RFC 8688 §3.1, §6',
  },
  'R608-04': { severity: 'error', text: 'A Call-Info value of a 608 lacks purpose=jwscard.', cite: 'RFC 8688 §3.1' },
  'R608-05': {
    severity: 'error',
    text: 'The URI of a card cannot be read, or its scheme is not https, http or data.',
    cite: 'RFC 8688 §3.1',
  },
  'R608-06': {
    severity: 'warn',
    text: 'The card lies at an http URI, open to anyone on the way.',
    cite: 'RFC 8688 §6',
  },
  'R608-07': { severity: 'info', text: 'The card is in the URI itself (data).', cite: 'RFC 3261 §25.1' },
  'R608-08': {
    severity: 'error',
    text: 'The host of the card URI is an address, a single label or a local name, or a user name stands before it.',
    cite: 'RFC 8688 §6',
  },
  'R608-09': { severity: 'warn', text: 'A 608 also carries the text of a 603+.', cite: 'own rule' },
  'R608-10': {
    severity: 'info',
    text: 'In the US a 608 is no valid notice of a block by analytics since 2026-03-25.',
    cite: '47 CFR 64.1200(k)(9)(i)',
  },
  'R608-11': { severity: 'error', text: 'The SIP Reason of a 608 has another cause.', cite: 'RFC 8688 §3.1' },
  'R608-20': {
    severity: 'error',
    text: 'The algorithm of the card is missing, "none", symmetric or not supported.',
    cite: 'RFC 8688 §3.2.1',
  },
  'R608-21': { severity: 'error', text: 'The typ of the card is not vcard+json.', cite: 'RFC 8688 §3.2.1' },
  'R608-22': {
    severity: 'error',
    text: 'The card names no certificate by an https URI (x5u).',
    cite: 'RFC 8688 §3.2.1, RFC 7515 §4.1.5',
  },
  'R608-23': {
    severity: 'error',
    text: 'The time of the card (iat) is missing, no number, more than 60 s ago or more than 5 s ahead.',
    cite: 'RFC 8688 §3.2.2, §3.3',
  },
  'R608-24': {
    severity: 'error',
    text: 'The jcard of the card is missing or is no jCard.',
    cite: 'RFC 8688 §3.2.2, RFC 7095 §3.2',
  },
  'R608-25': { severity: 'error', text: 'The card has neither url, email, tel nor adr.', cite: 'RFC 8688 §3.2.2' },
  'R608-26': {
    severity: 'error',
    text: 'The signature of the card does not verify.',
    cite: 'RFC 8688 §3.2.3, RFC 7515 §5.2',
  },
  'R608-27': {
    severity: 'error',
    text: 'The card is not three parts of unpadded base64url with JSON inside.',
    cite: 'RFC 8688 §4.1, RFC 7515 §7.1',
  },
  'R608-28': {
    severity: 'warn',
    text: 'The jCard does not begin with version 4.0, or has no name (fn).',
    cite: 'RFC 7095 §3.3.1.1, RFC 6350 §6.2.1',
  },
} as const satisfies Record<string, Rule>

export type RuleId = keyof typeof RULES

export type Rule = { readonly severity: Severity; readonly text: string; readonly cite: string }

export type Severity = 'malformed' | 'error' | 'warn' | 'info'
