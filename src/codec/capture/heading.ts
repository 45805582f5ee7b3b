/** What a tool wrote in front of a message that it printed: when it passed, between whom. */
export type Heading = {
  /** Where in the file its first line begins. */
  readonly offset: number
  /** Microseconds since 1970, UTC; 0 where the line tells no time. */
  readonly atUs: number
  readonly transport: 'UDP' | 'TCP' | 'TLS' | undefined
  /** Undefined where the tool leaves out its own side. */
  readonly source: string | undefined
  readonly sourcePort: number | undefined
  readonly destination: string | undefined
  readonly destinationPort: number | undefined
  /** The message stands between two rules, each of its lines behind so many blanks; 0 where it stands as it is. */
  readonly indent: number
}

/** How times without a zone, a year or a date are to be read. */
export type TraceTimes = {
  /** Minutes that local time is ahead of UTC at a moment (milliseconds since 1970 in UTC). */
  readonly offsetMinutes: (atMs: number) => number
  /** When the trace ended, or now: what tells no year or no day lies within the year, or the day, before. Undefined: such times are not told. */
  readonly untilMs: number | undefined
}

/**
 * Reads the lines between the messages of a text: those of sngrep, Asterisk (PJSIP and SIP), FreeSWITCH, Kamailio's sipdump,
 * ngrep, and any that says `address:port -> address:port`. What is none of them is passed over.
 */
export class Headings {
  #pending: Heading | undefined
  #dayMs: number | undefined
  #hour = ''
  readonly #times: TraceTimes

  constructor(times: TraceTimes = UTC) {
    this.#times = times
  }

  /** The heading that no message has followed yet. */
  get pending(): Heading | undefined {
    return this.#pending
  }

  /** Takes the heading for the message that follows it. */
  take(): Heading | undefined {
    const heading = this.#pending
    this.#pending = undefined
    return heading
  }

  /** Passes over a line that is no heading. */
  pass(): void {
    this.#pending = undefined
  }

  /** The same for one that may begin with a date, which times without one are near to. */
  passDated(front: string): void {
    this.#pending = undefined
    const hour = front.slice(0, 'yyyy-mm-dd hh'.length)
    if (hour === this.#hour) return
    this.#hour = hour
    this.#timeAhead(front)
  }

  /** Reads a line, without its end. */
  see(line: string, offset: number): void {
    const plain = line.replace(COLOURS, '').trimEnd()
    if (RULE.test(plain)) return
    const lead = this.#timeAhead(plain)
    const heading =
      this.#readAsterisk(plain, offset, lead) ??
      this.#readFreeswitch(plain, offset) ??
      this.#readDump(plain, offset) ??
      this.#readArrow(plain, offset, lead)
    this.#pending = heading
  }

  /** `<--- Received SIP response (491 bytes) from UDP:192.0.2.1:5060 --->`, and the same of its older SIP driver. */
  #readAsterisk(line: string, offset: number, atUs: number): Heading | undefined {
    const found = ASTERISK.exec(line) ?? ASTERISK_OLD.exec(line)
    if (found === null) return undefined
    const [, verb = '', transport, address = '', port] = found
    return told(offset, atUs, /^(?:Received|SIP read)/i.test(verb), transport, address, port)
  }

  /** `recv 1234 bytes from udp/[192.0.2.1]:5060 at 12:00:00.123456:` */
  #readFreeswitch(line: string, offset: number): Heading | undefined {
    const found = FREESWITCH.exec(line)
    if (found === null) return undefined
    const [, verb, transport, address = '', port, hours, minutes, seconds, fraction] = found
    const ofDayMs = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000
    const isTime = Number(hours) < 24 && Number(minutes) < 60 && Number(seconds) <= 60
    const atUs = isTime ? this.#onSomeDay(ofDayMs) * 1000 : 0
    const heading = told(
      offset,
      atUs === 0 ? 0 : atUs + microseconds(fraction),
      verb === 'recv',
      transport,
      address,
      port,
    )
    return { ...heading, indent: FREESWITCH_INDENT }
  }

  /** A block of `name: value` lines between two rules: Kamailio's sipdump. */
  #readDump(line: string, offset: number): Heading | undefined {
    const found = DUMP.exec(line)
    if (found === null) return undefined
    const [, name, value = ''] = found
    // `tag:` comes first; a name that follows nothing is a line of something else.
    const before = name === 'tag' ? { ...NOTHING, offset } : this.#pending
    if (before === undefined) return undefined
    if (name === 'time') return { ...before, atUs: epochOf(value) }
    if (name === 'proto') return { ...before, transport: transportOf(value.split(' ')[0]) }
    if (name === 'srcip') return { ...before, source: plainAddress(value) }
    if (name === 'srcport') return { ...before, sourcePort: portOf(value) }
    if (name === 'dstip') return { ...before, destination: plainAddress(value) }
    if (name === 'dstport') return { ...before, destinationPort: portOf(value) }
    return before
  }

  /** `2026/11/22 12:00:00.123456 192.0.2.1:5060 -> 192.0.2.2:5060`: sngrep, ngrep, a line of xlog. */
  #readArrow(line: string, offset: number, atUs: number): Heading | undefined {
    const found = ARROW.exec(line)
    if (found === null) return undefined
    const [, source = '', sourcePort, destination = '', destinationPort] = found
    const transport = /(?:^|\s)(UDP|TCP|TLS|U|T)(?=\s)/i.exec(line.slice(0, found.index + 1))?.[1]
    return {
      ...NOTHING,
      offset,
      atUs,
      transport: transportOf(transport === undefined || transport.length > 1 ? transport : LETTERS.get(transport)),
      source: plainAddress(source),
      sourcePort: portOf(sourcePort),
      destination: plainAddress(destination),
      destinationPort: portOf(destinationPort),
    }
  }

  /** The time at the front of a line, in microseconds since 1970; 0 where it tells none. */
  #timeAhead(line: string): number {
    const front = line.slice(0, TIME_CHARACTERS)
    const found = DATED.exec(front)
    if (found !== null) {
      const [, year, month, day, hours, minutes, seconds, fraction, zone] = found
      const fields = [year, month, day, hours, minutes, seconds].map(Number)
      const localMs = utcOf(fields[0]!, fields[1]! - 1, fields.slice(2))
      if (localMs === undefined) return 0
      const ms = zone === undefined ? this.#fromLocal(localMs) : localMs - zoneMinutes(zone) * 60_000
      this.#dayMs = ms
      return ms > 0 ? ms * 1000 + microseconds(fraction) : 0
    }
    const named = NAMED.exec(front)
    if (named === null || this.#times.untilMs === undefined) return 0
    const [, month = '', day, hours, minutes, seconds, fraction] = named
    const year = new Date(this.#times.untilMs).getUTCFullYear()
    const fields = [day, hours, minutes, seconds].map(Number)
    for (const candidate of [year + 1, year, year - 1]) {
      const localMs = utcOf(candidate, MONTHS.indexOf(month.toLowerCase()) / 3, fields)
      if (localMs === undefined) continue
      const ms = this.#fromLocal(localMs)
      if (ms > this.#times.untilMs + DAY_MS) continue
      this.#dayMs = ms
      return ms * 1000 + microseconds(fraction)
    }
    return 0
  }

  /** A time of day without a date: on the day nearest to the last line that had one, else the last before the trace ended. */
  #onSomeDay(ofDayMs: number): number {
    const near = this.#dayMs ?? this.#times.untilMs
    if (near === undefined) return 0
    const localNear = near + this.#times.offsetMinutes(near) * 60_000
    let localMs = Math.floor(localNear / DAY_MS) * DAY_MS + ofDayMs
    if (this.#dayMs === undefined) {
      if (localMs > localNear + HOUR_MS) localMs -= DAY_MS
    } else if (localMs - localNear > DAY_MS / 2) localMs -= DAY_MS
    else if (localNear - localMs > DAY_MS / 2) localMs += DAY_MS
    return Math.max(0, this.#fromLocal(localMs))
  }

  #fromLocal(localMs: number): number {
    const { offsetMinutes } = this.#times
    // Asked twice: the first answer is for a moment that may lie beyond a change of the clocks.
    const near = localMs - offsetMinutes(localMs) * 60_000
    return localMs - offsetMinutes(near) * 60_000
  }
}

/** The message in one line of syslog, whose control characters stand as `#015#012`; undefined where it holds none. */
export function messageInSyslogLine(line: string): string | undefined {
  if (!line.includes('#012')) return undefined
  const start = SYSLOG_START.exec(line)
  if (start === null) return undefined
  return line
    .slice(start.index + start[1]!.length)
    .trimEnd()
    .replace(/#([0-3][0-7][0-7])/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}

/** What a line of rules says that it cut a message. */
export function isCutMark(line: string): boolean {
  return /^\s*\*\*\* message truncated at \d+ \*\*\*/.test(line)
}

function told(
  offset: number,
  atUs: number,
  isReceived: boolean,
  transport: string | undefined,
  address: string,
  port: string | undefined,
): Heading {
  const far = { address: plainAddress(address), port: portOf(port) }
  return {
    ...NOTHING,
    offset,
    atUs,
    transport: transportOf(transport),
    ...(isReceived
      ? { source: far.address, sourcePort: far.port }
      : { destination: far.address, destinationPort: far.port }),
  }
}

function transportOf(name: string | undefined): Heading['transport'] {
  const upper = name?.toUpperCase()
  return upper === 'UDP' || upper === 'TCP' || upper === 'TLS' ? upper : undefined
}

function plainAddress(text: string): string | undefined {
  const address = text.replace(/^\[(.*)\]$/, '$1')
  return ADDRESS.test(address) ? address : undefined
}

function portOf(text: string | undefined): number | undefined {
  const port = text === undefined || !/^\d{1,5}$/.test(text) ? -1 : Number(text)
  return port >= 0 && port <= 65_535 ? port : undefined
}

/** UTC milliseconds of a date and time that exist, from 1970 to 9999. */
function utcOf(year: number, month: number, [day, hours, minutes, seconds]: number[]): number | undefined {
  const ms = Date.UTC(year, month, day, hours, minutes, Math.min(seconds!, 59))
  const date = new Date(ms)
  const isSame = date.getUTCMonth() === month && date.getUTCDate() === day && date.getUTCHours() === hours
  return isSame && ms >= 0 && year <= 9999 && minutes! < 60 && seconds! <= 60 ? ms : undefined
}

function epochOf(value: string): number {
  const found = /^(\d{1,12})\.(\d{1,6})$/.exec(value)
  return found === null ? 0 : Math.min(Number(found[1]), SECONDS_MAX) * 1e6 + microseconds(found[2])
}

function microseconds(fraction: string | undefined): number {
  return fraction === undefined ? 0 : Number(fraction.slice(0, 6).padEnd(6, '0'))
}

function zoneMinutes(zone: string): number {
  if (/^z$/i.test(zone)) return 0
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2))
  return zone.startsWith('-') ? -minutes : minutes
}

const UTC: TraceTimes = { offsetMinutes: () => 0, untilMs: undefined }
const NOTHING: Heading = {
  offset: 0,
  atUs: 0,
  transport: undefined,
  source: undefined,
  sourcePort: undefined,
  destination: undefined,
  destinationPort: undefined,
  indent: 0,
}
const LETTERS: ReadonlyMap<string, string> = new Map([
  ['U', 'UDP'],
  ['T', 'TCP'],
])
const MONTHS = 'janfebmaraprmayjunjulaugsepoctnovdec'
const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const SECONDS_MAX = 253_402_300_799
/** What stands before a time on its line: a bracket, a level, a letter of ngrep. */
const TIME_CHARACTERS = 64
const FREESWITCH_INDENT = 3

const COLOURS = /\u001b\[[0-9;]*m/g
/** Rules and empty lines, which may stand between a heading and its message. */
const RULE = /^[\s=~|*<>_-]*$/
const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f:]*:[0-9a-f:.]*(?:%[\w.-]{1,32})?)$/i
const DATED =
  /(?:^|[\s[])(\d{4})[-/](\d\d)[-/](\d\d)[ T](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?:\s?(Z|[+-]\d\d:?\d\d)(?=$|[\s\]]))?/i
const NAMED =
  /^\[?(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec) {1,2}(\d{1,2}) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?=$|[\s\]])/i
const ASTERISK =
  /<--- (Received|Transmitting) SIP (?:request|response) \(\d{1,9} bytes\) (?:from|to) ([A-Za-z]{2,4}):(\[[0-9A-Fa-f:.%]+\]|[0-9.]+):(\d{1,5}) --->/
const ASTERISK_OLD =
  /(SIP read|(?:Ret|Reliably T|T)ransmitting(?: #\d{1,4})?(?: \([^)]{1,16}\))?) (?:from|to) (?:([A-Z]{2,4}):)?(\[[0-9A-Fa-f:.%]+\]|[0-9.]+):(\d{1,5})(?: --->|:$)/
const FREESWITCH =
  /(?:^|\s)(recv|send|sent) \d{1,9} bytes (?:from|to) ([a-z]{2,4})\/\[([0-9A-Fa-f:.%]{2,64})\]:(\d{1,5})[^ ]{0,32} at (\d\d):(\d\d):(\d\d)\.(\d{1,9}):$/
const DUMP = /^(tag|pid|process|time|date|proto|srcip|srcport|dstip|dstport): (.{0,128})$/
const ARROW =
  /(?:^|[\s[(])(\[[0-9A-Fa-f:.]{2,64}\]|\d{1,3}(?:\.\d{1,3}){3}):(\d{1,5}) ?[-=]{1,2}> ?(\[[0-9A-Fa-f:.]{2,64}\]|\d{1,3}(?:\.\d{1,3}){3}):(\d{1,5})(?=$|[\s,;:)\]])/
const SYSLOG_START = /(^|[^A-Za-z0-9#])(?:SIP\/2\.0 \d{3} |[A-Z]{3,16} [a-z]{2,8}:[^ #]{1,512} SIP\/2\.0#015#012)/
