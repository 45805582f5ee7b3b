import { z } from 'zod'
import { ENDPOINT, RANGES, checked, endpoint, key, ranges, section, text } from './keys.ts'

const reached = section({
  host: key(
    checked((given) => (/^[A-Za-z0-9.-]{1,253}$/.test(given) ? given.toLowerCase() : undefined)),
    'The host as notices name it.',
    'a host such as redress.northwire.example',
  ),
  at: key(endpoint(), 'Where it is.', ENDPOINT),
})

/** What people inside may do on the calling side from their browser; a command takes the same as options. */
export const callingSchema = section({
  disputes: key(
    section({
      reach: key(
        z
          .array(key(reached, 'One desk.', 'a mapping with host and at'))
          .max(64)
          .prefault([]),
        'Desks that are elsewhere than their names say, such as in a laboratory.',
        'a list of mappings with host and at',
      ),
      private: key(
        z.boolean().prefault(false),
        'Whether desks are asked at addresses that are not public, and on this machine without TLS. A notice from outside names where: with `true` it may name what only this machine reaches.',
        'true or false',
      ),
      authorities: key(
        text(4096).optional(),
        'The authorities to trust for the certificates of desks, PEM, in place of the system’s.',
        'a path',
      ),
    }).prefault({}),
    'With which desks disputes are filed.',
    'a mapping with reach, private and authorities',
  ),
  probes: key(
    section({
      to: key(
        ranges().optional(),
        'Where probes, and calls that test a lift, may go besides this machine. An administrator may send a probe elsewhere, and has to say so each time.',
        RANGES,
      ),
    }).prefault({}),
    'Where calls may go that people inside place.',
    'a mapping with to',
  ),
})
