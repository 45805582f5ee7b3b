import { z } from 'zod'
import type { Place } from '#core/call/place.ts'
import { FILLS, parseRedirect } from '#core/notify/redirect.ts'
import { checked, integer, key, name, section, text } from './keys.ts'

// One thing: what a peer and the gate have agreed on beside addresses, as keys of `gate` and of `gate.peers`.

const redirect = () => checked(parseRedirect)
const REDIRECT = `a SIP or tel URI, in which ${FILLS.map((fill) => `{${fill}}`).join(', ')} are filled in, such as sip:{user}@192.0.2.9`

const statusKey = integer(300, 599)

/** The status that continues a call, with the Contact of a 302. */
export const continueKey = key(
  z.union([
    statusKey.transform((status) => ({ status, contact: undefined })),
    section({
      status: key(z.literal(302), 'The status.', '302'),
      contact: key(
        redirect().optional(),
        'Where the Contact points. Without it, back to the peer: the Request-URI with the address and port it asked from.',
        REDIRECT,
      ),
    }),
  ]),
  'The status that tells this peer to carry on with a call: 404, 503, 302 with a Contact, or any other from 300 to 599. What is right depends on the switch ([peers.md](peers.md)): behind Kamailio take 404, not 503.',
  'a status from 300 to 599, or a mapping with status: 302 and contact',
)

const place = key(
  z.union([
    section({
      header: key(
        checked((text) => (isToken(text) ? text : undefined)),
        'A header field.',
        'the name of a header field, such as X-Trunk',
      ),
    }).transform(({ header }): Place => ({ kind: 'header', name: header.toLowerCase() })),
    section({
      parameter: key(
        checked((text) => (isToken(text) ? text : undefined)),
        'A parameter of the Request-URI, of From or of Contact.',
        'the name of a URI parameter, such as otg',
      ),
    }).transform(({ parameter }): Place => ({ kind: 'parameter', name: parameter.toLowerCase() })),
  ]),
  'One place.',
  '{ header: X-Trunk } or { parameter: otg }',
)
const places = z.union([place.transform((one) => [one]), z.array(place).min(1).max(8)])
const PLACES = '{ header: X-Trunk }, { parameter: otg }, or a list of such places'

/** Where a peer names its trunk. */
export const trunkKey = key(
  places.optional(),
  'Where this peer names the trunk: header fields, and parameters of the Request-URI, From or Contact; the first that says something counts. Without it, `tgrp` or `trgp` in the Request-URI, else `otg` in From.',
  PLACES,
)

/** Whose traffic a peer's is. */
export const tenantKey = key(
  z
    .union([text(100).transform((fixed) => ({ fixed, at: undefined })), places.transform((at) => ({ fixed: '', at }))])
    .prefault(''),
  'Whose traffic this is, where one gate serves several: a name, or the places where the peer says it.',
  `a name of up to 100 characters, ${PLACES}`,
)

const ownField = checked((text) => (/^[PX]-[A-Za-z0-9-]{1,60}$/i.test(text) ? text : undefined))

/** What a peer is told beside *continue*. */
export const tellsKey = key(
  section({
    verdict: key(
      ownField.optional(),
      'The field that says `continue`, `allowed`, `exempt`, `unjudged` or `unrecorded`.',
      'the name of a P- or X- header field, such as X-Recourse-Verdict',
    ),
    label: key(
      ownField.optional(),
      'The field that says what else was found: `shadow:` and a rule that would have blocked, `allow:` and a rule that let go on, `forwarded`.',
      'the name of a P- or X- header field, such as X-Recourse-Label',
    ),
  }).optional(),
  'Header fields of *continue* that tell this peer the verdict. Never a list’s name, a figure or a score.',
  'a mapping with verdict and label',
)

/** Whether a peer announces 608 by itself. */
export const announcesKey = key(
  z.boolean().prefault(false),
  'Whether this peer itself plays an announcement to callers whom a 608 does not reach (RFC 8688 §3.4).',
  'true or false',
)

/** Named places to send calls to. */
export const treatmentsKey = key(
  z.record(name(), key(redirect(), 'One place.', REDIRECT)).prefault({}),
  'Places that calls can be sent to by 302 instead of being refused: an announcement, a captcha, another route. Rules and `policy.announce` name them.',
  `names, each with ${REDIRECT}`,
)

/** What strangers get. */
export const strangersKey = key(
  z.union([z.literal('silent'), z.literal(403)]).prefault('silent'),
  'What addresses get that no peer has: nothing, or 403 (without state, at most 100 a second, never much larger than the question).',
  'silent or 403',
)

/** What is done with what is too much. */
export const overloadKey = key(
  section({
    answer: key(
      z.union([z.literal('continue'), z.literal(503)]).prefault('continue'),
      'What calls are told that are not judged because more come than can be: the peer’s continue status, or 503 with Retry-After (at most 100 a second; the others continue).',
      'continue or 503',
    ),
  }).prefault({}),
  'Overload: the newest calls are answered unjudged. Emergency calls never are.',
  'a mapping with answer',
)

/** How many calls may wait to be inquired about. */
export const inquiriesKey = key(
  integer(0, 1_000_000).prefault(10_000),
  'How many calls may wait at a time until something is found out about them (a verified PASSporT, an outside score); beyond, calls are judged without.',
  'a number from 0 to 1000000',
)

function isToken(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/.test(text)
}
