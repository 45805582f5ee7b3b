/**
 * What is wrong with a password, in words that complete "expected …"; undefined for a good one. Length is what counts; no
 * digit or sign is asked for, but what everybody tries first is refused. NIST SP 800-63B §3.1.1.2.
 */
export function objectToPassword(password: string, name: string): string | undefined {
  const text = password.normalize('NFKC')
  const length = Array.from(text).length
  if (length < PASSWORD_CHARACTERS_MIN)
    return `at least ${PASSWORD_CHARACTERS_MIN} characters, several words for example`
  if (text.length > PASSWORD_CHARACTERS_MAX) return `at most ${PASSWORD_CHARACTERS_MAX} characters`
  const plain = text.toLowerCase()
  // "passwordpassword" and "password1234" are "password" to whoever guesses.
  const bare = plain.replaceAll(/[^a-z]/g, '')
  const isWorn = WORN.has(plain) || WORN_WORDS.some((word) => bare !== '' && bare.replaceAll(word, '') === '')
  if (isWorn || new Set(plain).size <= FEW_CHARACTERS) return 'a password that is not among the first to be guessed'
  if (name.length >= NAME_CHARACTERS_MIN && plain.replaceAll(name, '').length < PASSWORD_CHARACTERS_MIN / 2) {
    return 'more than the account’s own name'
  }
  return undefined
}

export const PASSWORD_CHARACTERS_MIN = 12
/** Longer ones cost time and make nothing safer. */
export const PASSWORD_CHARACTERS_MAX = 256
const NAME_CHARACTERS_MIN = 3
/** `aaaaaaaaaaaa`, `121212121212`, `123123123123`. */
const FEW_CHARACTERS = 3
/** Long ones that head every list of leaked passwords. */
const WORN: ReadonlySet<string> = new Set([
  '123456789012',
  '1234567890123',
  '0123456789012',
  '012345678901',
  '123456789123',
  '987654321098',
  '1234567890qwertyuiop',
  '1q2w3e4r5t6y',
  '1q2w3e4r5t6y7u8i',
  '1qaz2wsx3edc',
  '1qaz2wsx3edc4rfv',
  'qazwsxedcrfv',
  'qwertyuiop[]',
  'zaq12wsxcde3',
  'abcdefghijkl',
  'abcdefghijklmnopqrstuvwxyz',
  'abcd1234abcd',
  'abc123abc123',
  'p@ssw0rd1234',
  'p@ssword1234',
  'correcthorsebatterystaple',
  'correct horse battery staple',
])
/** Words that make no password, however often they stand there and whatever digits stand around them. */
const WORN_WORDS = [
  'password',
  'passwort',
  'passw',
  'qwertyuiop',
  'qwerty',
  'asdfghjkl',
  'zxcvbnm',
  'letmein',
  'iloveyou',
  'administrator',
  'admin',
  'welcome',
  'changeme',
  'recourse',
  'secret',
  'monkey',
  'dragon',
  'football',
  'baseball',
  'sunshine',
  'princess',
  'default',
  'login',
  'trustno',
]
