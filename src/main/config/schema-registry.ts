import { z } from 'zod'
import { NAME, checked, duration, durationWords, file, key, name, section, text } from './keys.ts'

const source = section({
  name: key(name(), 'What it is called, in lists and where its numbers are looked up.', NAME),
  url: key(
    checked((text) => (isFeedUrl(text) ? text : undefined)),
    'Its feed. It is fetched from this host only, over https on port 443, from a public address.',
    'an https URL such as https://redress.friend.example/v1/registry/feed',
  ),
  keys: key(
    file(),
    'Its public keys, a JWK set that you got by another way than the feed. Pages signed by any other key are refused.',
    'file: and a path',
  ),
  trust: key(
    z.enum(['none', 'note', 'full']).prefault('note'),
    'How far it is believed: `none` keeps what it says for looking at, `note` shows it to the people who work on cases, `full` tells the gates too.',
    'one of none, note, full',
  ),
  every: key(duration('1m', '7d').prefault('15m'), 'How often it is asked.', durationWords('1m', '7d')),
  addresses: key(
    z.array(text(64)).max(16).prefault([]),
    'Addresses of its host that may be connected to although they are not public.',
    'a list of addresses',
  ),
})

/** The registry of businesses and their numbers. */
export const registrySchema = section({
  feed: key(
    z.boolean().prefault(false),
    'Whether what is registered is published, signed, at /v1/registry/feed of the desk.',
    'true or false',
  ),
  key: key(
    file().optional(),
    'The private key that signs the feed: P-256, PEM (PKCS #8). Without it, one beside the store; it is made when it is missing.',
    'file: and a path',
  ),
  term: key(
    duration('30d', '1830d').prefault('365d'),
    'How long an approval lasts until it has to be renewed.',
    durationWords('30d', '1830d'),
  ),
  proof: key(
    duration('30d', '1830d').prefault('365d'),
    'How long it counts that control of a number was shown.',
    durationWords('30d', '1830d'),
  ),
  sources: key(
    z
      .array(key(source, 'One other registry.', 'a mapping with name, url and keys'))
      .max(32)
      .prefault([]),
    'Other registries whose feeds are imported.',
    'a list of mappings with name, url, keys, trust and every',
  ),
})

function isFeedUrl(text: string): boolean {
  if (!/^https:\/\/[A-Za-z0-9.-]+\/[!-;=?-~]*$/.test(text) || !URL.canParse(text)) return false
  const { port, username, hash } = new URL(text)
  return port === '' && username === '' && hash === ''
}
