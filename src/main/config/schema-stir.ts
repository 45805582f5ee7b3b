import { z } from 'zod'
import { isIP } from 'node:net'
import { isHostEntry } from '#edge/fetch/guarded-url.ts'
import { checked, duration, durationWords, key, section, text } from './keys.ts'

/** Whether a peer’s word about the caller’s signature is taken. */
export const verstatKey = key(
  z.enum(['trust', 'ignore']).prefault('trust'),
  'Whether what this peer says of the caller’s signature (`verstat`, P-Attestation-Indicator) is believed. `ignore` it of a peer that passes on what others wrote there.',
  'trust or ignore',
)

const host = key(
  checked((text) => (isHostEntry(text) ? text.toLowerCase() : undefined)),
  'One host.',
  'a host name such as cert.example.com, *.example.com for all below it, or * for any',
)

const fetching = section({
  private: key(
    z
      .array(
        key(
          checked((text) => (isIP(text) === 0 ? undefined : text)),
          'One address.',
          'an address such as 10.0.0.7',
        ),
      )
      .max(100)
      .prefault([]),
    'Addresses of your own repositories that are not public. No other private address is ever connected to.',
    'a list of addresses',
  ),
})

/** How signed calls are verified by this gate itself. */
export const stirSchema = section({
  verify: key(
    z.boolean().prefault(true),
    'Whether the signatures of calls are verified here. `false` leaves it to what peers say.',
    'true or false',
  ),
  roots: key(
    text(4096).optional(),
    'The file of the authorities that are trusted, PEM: those of the STI-PA’s list, or of your country’s.',
    'a path',
  ),
  hosts: key(
    z.array(host).max(10_000).prefault([]),
    'The hosts that certificates are fetched from; `"*"` for any public one. A call whose certificate lies elsewhere is not verified, and has not failed.',
    'a list such as ["cert.example.com", "*.example.net"]',
  ),
  budget: key(
    duration('1ms', '500ms').prefault('50ms'),
    'How long a call may wait for its verification; after that it is judged as not verified.',
    durationWords('1ms', '500ms'),
  ),
  maxAge: key(
    duration('1s', '10m').prefault('60s'),
    'How old a signature may be, and how far its clock may be ahead.',
    durationWords('1s', '10m'),
  ),
  fetch: key(fetching.prefault({}), 'How certificates are fetched.', 'a mapping with private'),
})
