import { readReasonValues } from '#codec/notice/reason-value.ts'
import type { Message } from '#codec/sip/message.ts'
import type { Finding, FindingKind } from './compare.ts'
import type { Part, Scenario } from './scenario.ts'

/**
 * Compares the Reason values of two answers: byte for byte but for white space outside quotes, which RFC 3261 §7.3.1 leaves
 * free, and then by meaning: parameters in another order and other quoting say the same, and are told as such.
 */
export function compareReasons(scenario: Scenario, sent: Message, arrived: Message): Finding[] {
  const before = readValues(sent)
  const after = readValues(arrived)
  const findings: Finding[] = []
  const add = (kind: FindingKind, part: Part, was: string, is: string, note = ''): void => {
    findings.push({ kind, part, sent: was, arrived: is, note })
  }
  const rest = [...after]
  const isOwed = scenario.intact.includes('reason')
  if (isOwed && after.length === 0 && before.length > 0)
    add('reason-stripped', 'reason', before.map(({ raw }) => raw).join(', '), '')
  else if (isOwed) {
    const pairs = pair(before, rest)
    for (const { was, is } of pairs) {
      if (is === undefined) add('reason-value-lost', 'reason', was.raw, '')
      else if (was.bytes !== is.bytes) {
        const [kind, note] = nameChange(was, is)
        add(kind, 'reason', was.raw, is.raw, note)
      }
    }
    const order = pairs.flatMap(({ is }) => (is === undefined ? [] : [after.indexOf(is)]))
    if (order.some((place, index) => index > 0 && place < order[index - 1]!))
      add('reason-form', 'reason', 'the values in this order', 'in another', 'the order of the values changed')
  } else for (const value of before) take(rest, (other) => other.protocol === value.protocol)
  const isHeld = scenario.intact.includes('no-reason-added')
  for (const added of rest) {
    const isNotice = added.isNotice && !before.some((value) => value.isNotice)
    // Whoever may add a Reason to a refusal without one may still not make a network's block of it.
    if (!isHeld && !(isNotice && before.length === 0)) continue
    if (isNotice) add('notice-made', 'no-reason-added', '', added.raw, 'a refusal that says nothing was made a block')
    else if (before.some(({ protocol }) => protocol === added.protocol))
      add('reason-doubled', 'no-reason-added', '', added.raw, `a second value of ${added.protocol.toUpperCase()}`)
    else add('reason-added', 'no-reason-added', '', added.raw, 'lawful under a protocol that is not there yet')
  }
  return findings
}

type Value = {
  readonly raw: string
  /** The value without white space outside quotes. */
  readonly bytes: string
  readonly protocol: string
  readonly parameters: readonly (readonly [name: string, value: string])[]
  /** The same for all values that say the same. */
  readonly meaning: string
  readonly isNotice: boolean
}

function readValues(message: Message): Value[] {
  return readReasonValues(message).map(({ raw }) => {
    const bytes = squeeze(raw)
    const [protocol = '', ...parameters] = splitAt(bytes, ';')
    const pairs = parameters.map((text): [string, string] => {
      const [name = '', ...value] = text.split('=')
      return [name.toLowerCase(), unquote(value.join('='))]
    })
    const meant = pairs.map(([name, value]) => `${name}=${name === 'location' ? value.toUpperCase() : value}`)
    return {
      raw,
      bytes,
      protocol: protocol.toLowerCase(),
      parameters: pairs,
      meaning: JSON.stringify([protocol.toLowerCase(), ...meant.toSorted()]),
      isNotice: raw.toLowerCase().includes('v=analytics'),
    }
  })
}

/** For each value that was sent the one that arrived for it: the same octets, else the same meaning, else the same protocol. */
function pair(before: readonly Value[], rest: Value[]): { was: Value; is: Value | undefined }[] {
  const found = new Map<Value, Value>()
  for (const fits of [
    (was: Value, is: Value) => was.bytes === is.bytes,
    (was: Value, is: Value) => was.meaning === is.meaning,
    (was: Value, is: Value) => was.protocol === is.protocol,
  ])
    for (const was of before) {
      const is = found.has(was) ? undefined : take(rest, (value) => fits(was, value))
      if (is !== undefined) found.set(was, is)
    }
  return before.map((was) => ({ was, is: found.get(was) }))
}

function take(rest: Value[], fits: (value: Value) => boolean): Value | undefined {
  const at = rest.findIndex(fits)
  return at < 0 ? undefined : rest.splice(at, 1)[0]
}

function nameChange(was: Value, is: Value): [kind: FindingKind, note: string] {
  if (was.meaning === is.meaning) {
    const names = ({ parameters }: Value): string => parameters.map(([name]) => name).join()
    return [
      'reason-form',
      names(was) === names(is) ? 'written another way, the same meaning' : 'reordered, the same meaning',
    ]
  }
  const [text, arrivedText] = [valueOf(was, 'text'), valueOf(is, 'text')]
  if (text !== undefined && arrivedText === undefined) return ['reason-cut', 'its text is gone']
  if (text !== undefined && arrivedText !== undefined && text !== arrivedText && text.startsWith(arrivedText))
    return ['reason-cut', `its text ends after ${arrivedText.length} of ${text.length} characters`]
  if (was.bytes.startsWith(is.bytes)) return ['reason-cut', `it ends after ${is.bytes.length} characters`]
  const others = (value: Value): string =>
    JSON.stringify(
      value.parameters
        .filter(([name]) => name !== 'location')
        .map((pair) => pair.join('='))
        .toSorted(),
    )
  if (others(was) === others(is)) {
    const location = valueOf(is, 'location')
    return ['location-changed', location === undefined ? 'location is gone' : `location is ${location}`]
  }
  return ['reason-changed', '']
}

function valueOf({ parameters }: Value, wanted: string): string | undefined {
  return parameters.find(([name]) => name === wanted)?.[1]
}

function squeeze(raw: string): string {
  let [out, isQuoted] = ['', false]
  for (let at = 0; at < raw.length; at++) {
    const character = raw[at]!
    if (isQuoted && character === '\\') out += character + (raw[++at] ?? '')
    else if (character === '"') {
      isQuoted = !isQuoted
      out += character
    } else if (isQuoted || (character !== ' ' && character !== '\t')) out += character
  }
  return out
}

function splitAt(text: string, separator: string): string[] {
  const pieces = ['']
  let isQuoted = false
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!
    if (character === separator && !isQuoted) {
      pieces.push('')
      continue
    }
    const isEscape = isQuoted && character === '\\'
    if (character === '"') isQuoted = !isQuoted
    pieces[pieces.length - 1] += isEscape ? character + (text[++at] ?? '') : character
  }
  return pieces
}

function unquote(value: string): string {
  const inner = /^"(.*)"$/s.exec(value)?.[1]
  return inner === undefined ? value : inner.replace(/\\(.)/gs, '$1')
}
