import { SECRET, checked, duration, durationWords, integer, key, secret, section } from './keys.ts'

const breaker = section({
  failures: key(
    integer(1, 10_000).prefault(20),
    'After so many late or failed answers within `per` the service is not asked.',
    'a number from 1 to 10000',
  ),
  per: key(
    duration('1s', '10m').prefault('10s'),
    'The time over which failures are counted.',
    durationWords('1s', '10m'),
  ),
  open: key(
    duration('1s', '1h').prefault('30s'),
    'How long it is not asked; then one call tries.',
    durationWords('1s', '1h'),
  ),
})

/** The rule that asks an outside service. */
export const scoreSchema = key(
  section({
    url: key(
      checked((text) => (isServiceUrl(text) ? text : undefined)),
      'The service. It gets a POST with what is known of the call, and answers {"score": 0 to 100}.',
      'an http or https URL without user, password and fragment',
    ),
    limit: key(integer(1, 100), 'From this score on a call does not pass.', 'a number from 1 to 100'),
    within: key(
      duration('5ms', '400ms').prefault('50ms'),
      'How long a call waits for its score; a later one is no opinion.',
      durationWords('5ms', '400ms'),
    ),
    token: key(secret().optional(), 'What it is asked with: Authorization: Bearer.', SECRET),
    cache: key(
      duration('0s', '1d').prefault('10m'),
      'How long a score holds for the same caller and called area. 0s asks for every call.',
      durationWords('0s', '1d'),
    ),
    breaker: key(breaker.prefault({}), 'When the service is left alone.', 'a mapping'),
  }).optional(),
  'Blocks calls that an outside service rates high. An answer that is late, failed or absent is no opinion.',
  'a mapping with url and limit',
)

function isServiceUrl(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return false
  return url.username === '' && url.password === '' && url.hash === ''
}
