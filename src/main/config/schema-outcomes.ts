import { z } from 'zod'
import { parseListening } from './addresses.ts'
import { RANGES, SECRET, checked, key, ranges, secret, section } from './keys.ts'

/** Where copies of calls are taken, to see how they end. */
export const outcomesSchema = section({
  hep: key(
    z
      .array(
        key(
          checked((text) => {
            const { transport, ...endpoint } = parseListening(text) ?? { transport: 'tls' }
            return transport === 'tls' || !('port' in endpoint) ? undefined : { ...endpoint, transport }
          }),
          'One address.',
          'udp: or tcp: and an address with a port, such as udp:127.0.0.1:9061',
        ),
      )
      .min(1)
      .max(16),
    'Where HEPv3 is taken.',
    'a list such as ["udp:127.0.0.1:9061"]',
  ),
  from: key(
    ranges().optional(),
    'The addresses that copies come from; nobody else is heard. Without it, programs on this machine.',
    RANGES,
  ),
  password: key(
    secret().optional(),
    'The authentication key that copies must carry. It passes unencrypted, so it keeps mistakes out rather than attackers.',
    SECRET,
  ),
})
