import { z } from 'zod'
import { urlFaults } from '#codec/notice/contact.ts'
import { ROLES } from '#core/account/permission.ts'
import { ENDPOINT, SECRET, checked, duration, durationWords, endpoint, key, secret, section, text } from './keys.ts'

/** Whether a URL is one that browsers reach the inside by: https, or http on this machine; no path. */
function officeUrl(given: string): string | undefined {
  if (!URL.canParse(given) || !/^https?:\/\/[^/?#@]+$/.test(given)) return undefined
  const { protocol, hostname, origin } = new URL(given)
  return (protocol === 'https:' || LOOPBACK.has(hostname)) && origin === given ? given : undefined
}

/** An issuer: https, or http on this machine. */
function issuerUrl(given: string): string | undefined {
  if (urlFaults(given).length === 0) return given
  if (!URL.canParse(given)) return undefined
  const { protocol, hostname, search, hash } = new URL(given)
  const isFine = protocol === 'https:' || (protocol === 'http:' && LOOPBACK.has(hostname))
  return isFine && search === '' && hash === '' ? given : undefined
}

/** The section `office`: where a provider's own people and programs ask. `tls` is made by the schema of all doors. */
export function officeSchema<Tls extends z.ZodType>(tls: Tls) {
  return section({
    listen: key(
      endpoint().prefault('127.0.0.1:8082'),
      'Where your own people and programs reach the desk: cases, the registry, accounts. Not for the public.',
      ENDPOINT,
    ),
    public: key(
      checked(officeUrl).optional(),
      'Its URL as browsers see it. Without it, http and the address of `listen`, which works on this machine only.',
      'an https URL of a host and no path, such as https://office.northwire.example',
    ),
    tls,
  })
}

const oidc = section({
  label: key(text(64).prefault('single sign-on'), 'What people call it, on the page to sign in.', 'a short text'),
  issuer: key(
    checked(issuerUrl),
    'The provider of identities, by its issuer. It is asked for `/.well-known/openid-configuration` there.',
    'an https URL',
  ),
  client: key(text(256), 'The name by which the provider knows this desk.', 'a client id'),
  secret: key(secret(), 'What the provider gave out with it.', SECRET),
  claim: key(text(128).prefault('groups'), 'The claim of the ID token that `roles` reads.', 'the name of a claim'),
  roles: key(
    z.record(z.string().min(1).max(256), z.enum(ROLES)).prefault({}),
    'Which role a value of the claim gives; the first that somebody has counts. Without any, identities come by invitation only.',
    `a mapping of values to ${ROLES.join(', ')}`,
  ),
})

/** The section `accounts`. */
export const accountsSchema = section({
  secondFactor: key(
    z.enum(['required', 'optional']).prefault('required'),
    'Whether who signs in by a password needs a second factor (TOTP).',
    'required or optional',
  ),
  idle: key(
    duration('1m', '24h').prefault('30m'),
    'A session that nobody uses ends after this.',
    durationWords('1m', '24h'),
  ),
  session: key(duration('5m', '7d').prefault('12h'), 'Every session ends after this.', durationWords('5m', '7d')),
  oidc: key(
    oidc.optional(),
    'Sign-in by a provider of identities (OpenID Connect). Without it there is none.',
    'a mapping with issuer, client and secret',
  ),
})

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost'])
