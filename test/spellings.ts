// The ways in which a header field’s name is spelled, and those in which it nearly is: one element of a path must not see a field
// where the next sees none.

/** A way to write a header line; the name is that of a field in full, `From` or `P-Asserted-Identity`. */
export type Spelling = {
  readonly name: string
  /** Whether it is that field, RFC 3261 §7.3.1. */
  readonly isName: boolean
  readonly line: (field: string, value: string) => string
}

export const SPELLINGS: readonly Spelling[] = [
  { name: 'as it is', isName: true, line: (field, value) => `${field}: ${value}` },
  { name: 'lower case', isName: true, line: (field, value) => `${field.toLowerCase()}: ${value}` },
  { name: 'upper case', isName: true, line: (field, value) => `${field.toUpperCase()}: ${value}` },
  { name: 'mixed case', isName: true, line: (field, value) => `${mixed(field)}: ${value}` },
  { name: 'no space behind the colon', isName: true, line: (field, value) => `${field}:${value}` },
  { name: 'many spaces behind the colon', isName: true, line: (field, value) => `${field}:${' '.repeat(40)}${value}` },
  { name: 'a space before the colon', isName: true, line: (field, value) => `${field} : ${value}` },
  { name: 'tabs before and behind the colon', isName: true, line: (field, value) => `${field}\t\t:\t${value}` },
  { name: 'the value folded', isName: true, line: (field, value) => `${field}:\r\n ${value}` },
  { name: 'the value folded by a tab', isName: true, line: (field, value) => `${field}: \r\n\t${value}` },
  { name: 'a NUL in the name', isName: false, line: (field, value) => `${split(field, '\0')}: ${value}` },
  { name: 'a NUL behind the name', isName: false, line: (field, value) => `${field}\0: ${value}` },
  { name: 'a space in the name', isName: false, line: (field, value) => `${split(field, ' ')}: ${value}` },
  { name: 'a vertical tab behind the name', isName: false, line: (field, value) => `${field}\v: ${value}` },
  { name: 'a no-break space behind the name', isName: false, line: (field, value) => `${field}\u00a0: ${value}` },
  {
    name: 'a byte order mark before the name',
    isName: false,
    line: (field, value) => `\u00ef\u00bb\u00bf${field}: ${value}`,
  },
  {
    name: 'an escape in the name',
    isName: false,
    line: (field, value) => `%${field.charCodeAt(0).toString(16)}${field.slice(1)}: ${value}`,
  },
  { name: 'an underscore behind the name', isName: false, line: (field, value) => `${field}_: ${value}` },
  { name: 'a name before the name', isName: false, line: (field, value) => `X-${field}: ${value}` },
  {
    name: 'a letter that only looks alike',
    isName: false,
    line: (field, value) => `${field.replace('o', '\u00d0\u00be').replace('A', '\u00ce\u0091')}: ${value}`,
  },
  { name: 'in quotes', isName: false, line: (field, value) => `"${field}": ${value}` },
  { name: 'an equals sign for the colon', isName: false, line: (field, value) => `${field}= ${value}` },
  { name: 'in the value of another field', isName: false, line: (field, value) => `Subject: x ${field}: ${value}` },
  { name: 'folded onto another field', isName: false, line: (field, value) => `Subject: x\r\n ${field}: ${value}` },
]

/** An INVITE with these lines for its From. */
export function spelled(
  lines: string,
  { callId = 'spelled', port = 5062 }: { callId?: string; port?: number } = {},
): string {
  return (
    'INVITE sip:+14155550163@127.0.0.1 SIP/2.0\r\n' +
    `Via: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bK-${callId};rport\r\nMax-Forwards: 70\r\n` +
    `${lines}\r\nTo: <sip:+14155550163@127.0.0.1>\r\n` +
    `Call-ID: ${callId}\r\nCSeq: 1 INVITE\r\nContact: <sip:127.0.0.1:${port}>\r\nContent-Length: 0\r\n\r\n`
  )
}

function mixed(field: string): string {
  return field.replace(/(.)(.?)/g, (_, one: string, two: string) => one.toLowerCase() + two.toUpperCase())
}

function split(field: string, by: string): string {
  return field.slice(0, 2) + by + field.slice(2)
}
