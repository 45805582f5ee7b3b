import { Refused, formatPointer } from './problem.ts'

/**
 * Reads a JSON text as strictly as it can be read: RFC 8259 to the letter, and beyond it no key twice, no `__proto__`, no
 * lone surrogate, no number that a double cannot hold, and no deeper than eight levels. What two readers could understand
 * differently is refused. Objects have no prototype. Throws `Refused` with the place.
 */
export function readJson(octets: Uint8Array): unknown {
  let text: string
  try {
    text = STRICT_UTF8.decode(octets)
  } catch {
    throw new Refused('bad-json', 'found octets that are no UTF-8')
  }
  return new Reader(text).readWhole()
}

/** Reads by descent; where it is in the text and in the value goes along. */
class Reader {
  readonly #text: string
  #at = 0
  readonly #path: (string | number)[] = []

  constructor(text: string) {
    this.#text = text
  }

  readWhole(): unknown {
    const value = this.#value()
    this.#space()
    if (this.#at < this.#text.length) this.#fail('something behind the end of the value')
    return value
  }

  #value(): unknown {
    this.#space()
    const character = this.#text[this.#at]
    if (character === '{') return this.#object()
    if (character === '[') return this.#array()
    if (character === '"') return this.#string()
    for (const [word, value] of WORDS) {
      if (!this.#text.startsWith(word, this.#at)) continue
      this.#at += word.length
      return value
    }
    return this.#number()
  }

  #object(): unknown {
    this.#enter()
    const object = Object.create(null) as Record<string, unknown>
    if (this.#takes('}')) return object
    do {
      this.#space()
      if (this.#text[this.#at] !== '"') this.#fail('no name in quotes')
      const name = this.#string()
      if (name === '__proto__') this.#fail('the name __proto__')
      if (name in object) this.#fail(`the name ${JSON.stringify(name.slice(0, NAME_SHOWN))} twice`)
      if (!this.#takes(':')) this.#fail('no colon behind a name')
      this.#path.push(name)
      object[name] = this.#value()
      this.#path.pop()
    } while (this.#takes(','))
    if (!this.#takes('}')) this.#fail('an object that does not end')
    return object
  }

  #array(): unknown[] {
    this.#enter()
    const array: unknown[] = []
    if (this.#takes(']')) return array
    do {
      this.#path.push(array.length)
      array.push(this.#value())
      this.#path.pop()
    } while (this.#takes(','))
    if (!this.#takes(']')) this.#fail('a list that does not end')
    return array
  }

  #string(): string {
    STRING.lastIndex = this.#at
    const found = STRING.exec(this.#text)?.[0]
    if (found === undefined)
      this.#fail('a string that does not end, or with a control character or escape that may not be')
    this.#at += found.length
    const value = JSON.parse(found) as string
    if (!value.isWellFormed()) this.#fail('half of a surrogate pair')
    return value
  }

  #number(): number {
    NUMBER.lastIndex = this.#at
    const found = NUMBER.exec(this.#text)?.[0]
    if (found === undefined) this.#fail('no JSON value')
    const value = Number(found)
    if (!Number.isFinite(value)) this.#fail('a number too large')
    this.#at += found.length
    return value
  }

  #enter(): void {
    if (this.#path.length >= JSON_DEPTH_MAX) this.#fail(`more than ${JSON_DEPTH_MAX} levels`)
    this.#at++
  }

  #takes(character: string): boolean {
    this.#space()
    if (this.#text[this.#at] !== character) return false
    this.#at++
    return true
  }

  #space(): void {
    while (SPACE.has(this.#text.charCodeAt(this.#at))) this.#at++
  }

  #fail(found: string): never {
    throw new Refused('bad-json', `found ${found} at character ${this.#at}`, { pointer: formatPointer(this.#path) })
  }
}

/** Levels of objects and lists; nothing that is asked here has more than three. */
export const JSON_DEPTH_MAX = 8
const STRICT_UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
// oxlint-disable-next-line no-control-regex -- control characters are what it must not take
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*"/y
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
const WORDS: readonly (readonly [word: string, value: unknown])[] = [
  ['true', true],
  ['false', false],
  // eslint-disable-next-line -- JSON has it; the schemas take none
  ['null', null],
]
/** Space, tab, line feed and carriage return; a byte order mark is none. RFC 8259 §2. */
const SPACE: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d])
const NAME_SHOWN = 40
