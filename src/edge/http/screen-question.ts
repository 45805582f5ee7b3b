import { z } from '@hono/zod-openapi'
import { writeRequest } from '#codec/sip/write-request.ts'

// One thing: what a switch says of a call when it asks by JSON or by a form, and the INVITE that this stands for.

// A blank in front is a plus that a form has lost: taken as a number it would be another caller's.
const NUMBER = /^\+?[0-9*#\-.(][0-9*#\-.() ]{0,39}$/
const URI = /^(?:sips?|tel):[!#-+\--;=?-[\]-~]{1,400}$/i
const SERVICE_URN = /^urn:service:[A-Za-z0-9.-]{1,100}$/i
const WITHHELD = /^(?:anonymous|withheld|unavailable|unknown)$/i
const LINE = /^[^\p{Cc}]*$/u
const FIELD_LINE = /^([A-Za-z0-9\-.!%*_+`'~]{1,64}): ?([^\p{Cc}]{0,2000})$/u
/** What is written here already: another of them would be another request. */
const OWN_FIELDS = new Set(
  'via v max-forwards from f to t call-id i cseq content-length l content-type c identity y p-asserted-identity'.split(
    ' ',
  ),
)
const FIELDS_MAX = 32
const IDENTITIES_MAX = 8
/** A line of a SIP message may be no longer (`LINE_BYTES_MAX`), its name included. */
const IDENTITY_MAX = 8000

const line = (max: number, what: string) => {
  const error = `expected ${what} of up to ${max} characters in one line`
  return z.string({ error }).max(max, { error }).regex(LINE, { error })
}
const matching = (pattern: RegExp, error: string) => z.string({ error }).regex(pattern, { error })
const where = (test: (text: string) => boolean, error: string) => z.string({ error }).refine(test, { error })
const said = <Schema extends z.ZodType>(schema: Schema, description: string, example?: string): Schema =>
  schema.openapi({ description, ...(example !== undefined && { example }) })

/** What a switch says of a call. */
export const screenSchema = z
  .strictObject({
    callId: said(
      matching(/^[!-~]{1,256}$/, 'expected the Call-ID of the INVITE, up to 256 visible characters'),
      'The Call-ID of the INVITE. With `branch` it names the question: asked again, it gets the same answer.',
      'f81d4fae@192.0.2.7',
    ),
    branch: said(
      matching(
        /^[A-Za-z0-9\-.!%*_+`'~]{1,128}$/,
        'expected a branch of up to 128 characters of a SIP token',
      ).optional(),
      'The branch of the top Via, or any name for this attempt. Another branch of the same call gets the same verdict and is counted once.',
      'z9hG4bK776asdhds',
    ),
    calling: said(
      where(
        (text) => NUMBER.test(text) || URI.test(text) || WITHHELD.test(text),
        'expected a number such as +12125550117 (in a form the plus is written %2B), a sip, sips or tel URI, or anonymous',
      ),
      'Who calls, as From has it: a number, a URI, or `anonymous`.',
      '+12125550117',
    ),
    called: said(
      where(
        (text) => NUMBER.test(text) || URI.test(text) || SERVICE_URN.test(text),
        'expected a number such as +14155550163 (in a form the plus is written %2B), a sip, sips or tel URI, or a service URN',
      ),
      'Who is called, as the Request-URI has it.',
      '+14155550163',
    ),
    displayName: said(
      line(128, 'a display name').optional(),
      'The caller’s display name, for the record.',
      'Acme Clinic',
    ),
    pai: said(
      where((text) => NUMBER.test(text) || URI.test(text), 'expected a number, or a sip, sips or tel URI').optional(),
      'The number in P-Asserted-Identity. Where it is given the rules judge by it.',
    ),
    identity: said(
      z
        .array(line(IDENTITY_MAX, 'the value of an Identity field'), { error: 'expected a list of values of Identity' })
        .max(IDENTITIES_MAX, { error: `expected at most ${IDENTITIES_MAX} values of Identity` })
        .optional(),
      'The values of the Identity fields (RFC 8224).',
    ),
    trunk: said(
      matching(/^[A-Za-z0-9\-._~]{1,64}$/, 'expected a trunk of up to 64 letters, digits, -, ., _ and ~').optional(),
      'The trunk the call came by.',
    ),
    attestation: said(
      z.enum(['A', 'B', 'C'], { error: 'expected A, B or C' }).optional(),
      'The attestation that your own verification found.',
    ),
    verstat: said(
      matching(/^[A-Za-z-]{1,40}$/, 'expected a verstat such as TN-Validation-Passed-A').optional(),
      'The same in the words of 3GPP TS 24.229; it goes before `attestation`.',
      'TN-Validation-Passed-A',
    ),
    userAgent: said(line(256, 'a user agent').optional(), 'User-Agent of the INVITE, for the record.'),
    sourceAddress: said(
      where(
        (text) => z.ipv4().safeParse(text).success || z.ipv6().safeParse(text).success,
        'expected an IP address',
      ).optional(),
      'Where the INVITE came from. It is kept with the call as P-Source-Device.',
      '198.51.100.7',
    ),
    fields: said(
      z
        .array(
          where((text) => {
            const name = FIELD_LINE.exec(text)?.[1]
            return name !== undefined && !OWN_FIELDS.has(name.toLowerCase())
          }, 'expected a header line such as "Diversion: <tel:+12125550100>", not one that has a key of its own'),
          { error: 'expected a list of header lines' },
        )
        .max(FIELDS_MAX, { error: `expected at most ${FIELDS_MAX} header lines` })
        .optional(),
      'Further header lines of the INVITE that matter: Diversion, Priority, Resource-Priority, Feature-Caps, your own X- fields.',
    ),
  })
  .openapi('Screen')

export type ScreenQuestion = z.output<typeof screenSchema>

/** The keys that a form may hold more than once. */
export const SCREEN_LISTS: ReadonlySet<string> = new Set(['identity', 'fields'])

/**
 * Writes the INVITE that a question stands for, so that the gate sees one kind of call whatever door it comes in by. Its
 * host is `http.invalid`: nobody is to answer there.
 */
export function writeInvite(question: ScreenQuestion): Uint8Array {
  const { callId, branch = '', calling, called, displayName, pai, trunk, attestation, verstat } = question
  const from = uriOf(calling, pai === undefined ? verstat : undefined, trunk)
  const fields: (readonly [name: string, value: string])[] = []
  if (pai !== undefined) fields.push(['P-Asserted-Identity', `<${uriOf(pai, verstat, undefined)}>`])
  for (const value of question.identity ?? []) fields.push(['Identity', value])
  if (attestation !== undefined) fields.push(['P-Attestation-Indicator', attestation])
  if (question.sourceAddress !== undefined) fields.push(['P-Source-Device', question.sourceAddress])
  if (question.userAgent !== undefined) fields.push(['User-Agent', question.userAgent])
  for (const text of question.fields ?? []) {
    const [, name = '', value = ''] = FIELD_LINE.exec(text) ?? []
    fields.push([name, value])
  }
  const to = uriOf(called, undefined, undefined)
  return writeRequest({
    method: 'INVITE',
    requestUri: to,
    sentBy: HOST,
    transport: 'TCP',
    branch: `-http-${branch}`,
    from: `${displayName === undefined ? '' : `${quote(displayName)} `}<${from}>;tag=http`,
    to: `<${to}>`,
    callId,
    cseq: 1,
    fields,
    body: NOTHING,
  })
}

/** A number becomes a SIP URI; `verstat` goes to the number (3GPP TS 24.229 §7.2A.20), `otg` to the URI. */
function uriOf(text: string, verstat: string | undefined, trunk: string | undefined): string {
  const parameter = verstat === undefined ? '' : `;verstat=${verstat}`
  const trunkGroup = trunk === undefined ? '' : `;otg=${trunk}`
  if (WITHHELD.test(text)) return `sip:anonymous@anonymous.invalid${trunkGroup}`
  if (NUMBER.test(text)) {
    const user = text.replaceAll(/[-.() ]/g, '').replaceAll('#', '%23')
    return `sip:${user}${parameter}@${HOST}${trunkGroup}`
  }
  const at = text.indexOf('@')
  return at < 0 ? `${text}${parameter}${trunkGroup}` : `${text.slice(0, at)}${parameter}${text.slice(at)}${trunkGroup}`
}

/** RFC 3261 §25.1: quoted-string. */
function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, (character) => `\\${character}`)}"`
}

const HOST = 'http.invalid'
const NOTHING = new Uint8Array(0)
