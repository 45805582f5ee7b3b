// One thing: a file of call records, line by line, as attempts, by a mapping of its columns.
import { hash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import type { Attempt } from '#core/observe/attempt.ts'
import { attemptOfRecord, isCallTime } from '#core/observe/call-record.ts'
import { type FilePlace, START, isSameFile, placeIn } from './file-place.ts'
import { type FieldMapping, type RecordField, type RecordMapping, WrongMapping } from './record-mapping.ts'

export type RecordOptions = {
  readonly mapping: RecordMapping
  /** What the file is called in attempts: `records NAME`. */
  readonly name: string
  readonly nowMs: number
  readonly onAttempt: (attempt: Attempt, place: LinePlace) => void | Promise<void>
  /** Told of each line that cannot be used, up to `TOLD_LINES_MAX`. */
  readonly onFault?: (fault: LineFault) => void
  readonly from?: FilePlace | undefined
  /** The file still grows: a last line without an end is left for the next time. */
  readonly isGrowing?: boolean
  /** The known word nearest to one that is not, for the words of a fault. */
  readonly nearest?: (word: string, known: Iterable<string>) => string | undefined
}

/** A line, from 1, and where in the file it begins. */
export type LinePlace = { readonly line: number; readonly offset: number }
export type LineFault = LinePlace & { readonly problem: string }

export type RecordSummary = {
  readonly place: FilePlace
  readonly lines: number
  readonly attempts: number
  /** Records of calls that came in. */
  readonly others: number
  readonly faults: number
}

/**
 * Reads the records behind a place, each line once. A line that cannot be used is counted and told with its number; memory is
 * bounded by the longest line that is read. Rejects with `WrongMapping` where the mapping names a column that is not there.
 */
export async function readCallRecords(path: string, options: RecordOptions): Promise<RecordSummary> {
  const file = await open(path)
  try {
    const { mapping, nowMs, onAttempt, isGrowing = false } = options
    const isOn = options.from !== undefined && (await isSameFile(file, options.from))
    const start = isOn ? options.from : START
    const counts = { lines: 0, attempts: 0, others: 0, faults: 0 }
    let place: LinePlace = { line: start.lines, offset: start.offset }
    let header = mapping.format === 'csv' ? mapping.columns : undefined
    if (mapping.format === 'csv' && header === undefined && start.offset > 0) header = await readHeader(file, mapping)
    if (header !== undefined) checkColumns(header, options)
    const tell = (problem: string, at: LinePlace): void => {
      counts.faults++
      if (counts.faults <= TOLD_LINES_MAX) options.onFault?.({ ...at, problem })
    }
    for await (const piece of linesOf(file, start.offset, isGrowing)) {
      const at: LinePlace = { line: place.line + 1, offset: piece.offset }
      place = { line: place.line + piece.lines, offset: piece.next }
      counts.lines++
      if (piece.text === undefined) {
        tell(`found more than ${LINE_BYTES_MAX} octets, expected a record`, at)
        continue
      }
      const text = piece.text.replace(/\r?\n$/, '')
      if (text.trim() === '') continue
      if (mapping.format === 'csv' && header === undefined) {
        header = splitCsv(text.replace(/^\uFEFF/, ''), mapping.separator) ?? []
        checkColumns(header, options)
        continue
      }
      const values = mapping.format === 'csv' ? csvValues(text, header ?? [], mapping) : jsonValues(text, mapping)
      const reading = typeof values === 'string' ? values : read(values, text, options, nowMs)
      if (typeof reading === 'string') tell(reading, at)
      else if (reading === undefined) counts.others++
      else {
        counts.attempts++
        await onAttempt(reading, at)
      }
    }
    return { ...counts, place: await placeIn(file, place.offset, place.line) }
  } finally {
    await file.close()
  }
}

type Values = ReadonlyMap<string, string>

/** An attempt; undefined for a call that came in; or what is wrong. */
function read(values: Values, text: string, options: RecordOptions, nowMs: number): Attempt | string | undefined {
  const { mapping, name } = options
  const of = (field: RecordField): string | undefined => valueOf(values, mapping.fields.get(field))
  if (of('direction') === 'in') return undefined
  const atField = mapping.fields.get('at')!
  const written = of('at')
  if (written === undefined) return `found no ${atField.columns.join(' or ')}, expected when the call was placed`
  const atMs = momentOf(written, atField)
  if (atMs === undefined || !isCallTime(atMs, nowMs))
    return `found ${show(written)} in ${atField.columns.join(' or ')}, expected a time as ${atField.as}`
  const status = of('status')
  if (status !== undefined && !/^[1-6]\d\d$/.test(status))
    return `found ${show(status)} in ${mapping.fields.get('status')!.columns.join(' or ')}, expected a SIP status from 100 to 699, or a value of the table`
  const [from, to] = [of('from'), of('to')]
  if (from === undefined || to === undefined) {
    const missing = from === undefined ? 'from' : 'to'
    return `found no ${mapping.fields.get(missing)!.columns.join(' or ')}, expected a number`
  }
  const cause = of('cause')
  const reason = of('reason')
  const spanOf = (field: RecordField): number | undefined => spanMs(of(field), mapping.fields.get(field))
  return attemptOfRecord(
    {
      // A record without an id is the same where all of it is.
      id: of('id') ?? hash('sha256', text, 'base64url'),
      kind: 'records',
      source: `records ${name}`,
      atMs,
      from,
      to,
      carrier: of('carrier') ?? '',
      status: status === undefined ? undefined : Number(status),
      phrase: of('phrase'),
      reasons: [reason, cause === undefined ? undefined : reasonOf(cause)].filter((one) => one !== undefined),
      callId: of('callId'),
      isAnswered: isYes(of('answered')),
      isCancelled: isYes(of('cancelled')),
      ringMs: spanOf('ring'),
      setupMs: spanOf('setup'),
      durationMs: spanOf('duration'),
    },
    mapping.plan,
  )
}

/** A cause of Q.850 as the Reason that says it. RFC 3326 §2. */
function reasonOf(cause: string): string | undefined {
  return /^\d{1,3}$/.test(cause) && cause !== '0' ? `Q.850;cause=${Number(cause)}` : undefined
}

function valueOf(values: Values, field: FieldMapping | undefined): string | undefined {
  if (field === undefined) return undefined
  for (const column of field.columns) {
    const value = values.get(column)?.trim()
    if (value === undefined || value === '') continue
    const meant = field.values.get(value) ?? field.otherwise ?? value
    return meant === '' ? undefined : meant
  }
  return undefined
}

function momentOf(text: string, { as, offsetMinutes }: FieldMapping): number | undefined {
  if (as === 'seconds' || as === 'milliseconds' || as === 'microseconds') {
    if (!/^\d{1,17}(?:\.\d{1,9})?$/.test(text)) return undefined
    return Math.round(Number(text) * UNITS[as])
  }
  const found = DATE.exec(text)
  if (found === null) return undefined
  const [, date, time, fraction = '', zone] = found
  const iso = `${date!.replaceAll('/', '-')}T${time}.${fraction.slice(0, 3).padEnd(3, '0')}`
  const zoned = zone?.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2')
  const ms = Date.parse(`${iso}${zoned ?? 'Z'}`)
  return Number.isNaN(ms) ? undefined : zoned === undefined ? ms - offsetMinutes * 60_000 : ms
}

function spanMs(text: string | undefined, field: FieldMapping | undefined): number | undefined {
  if (text === undefined || field === undefined) return undefined
  const clock = /^(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2}(?:\.\d{1,6})?)$/.exec(text)
  if (clock !== null) return ((Number(clock[1] ?? 0) * 60 + Number(clock[2])) * 60 + Number(clock[3])) * 1000
  if (!/^\d{1,12}(?:\.\d{1,9})?$/.test(text)) return undefined
  const { as } = field
  return Number(text) * (as === 'milliseconds' || as === 'microseconds' ? UNITS[as] : 1000)
}

function isYes(text: string | undefined): boolean | undefined {
  return text === undefined ? undefined : /^(?:yes|true|1|answered|y)$/i.test(text)
}

function csvValues(text: string, header: readonly string[], { separator }: RecordMapping): Values | string {
  const cells = splitCsv(text, separator)
  if (cells === undefined) return 'found a quote without its end, expected a record in one line'
  if (cells.length !== header.length) return `found ${cells.length} values, expected ${header.length}`
  return new Map(cells.map((cell, index) => [header[index]!, cell]))
}

function jsonValues(text: string, { fields }: RecordMapping): Values | string {
  let record: unknown
  try {
    record = JSON.parse(text)
  } catch {
    return 'found broken JSON, expected an object in one line'
  }
  if (typeof record !== 'object' || record === null || Array.isArray(record))
    return 'found no object, expected one in one line'
  const values = new Map<string, string>()
  for (const { columns } of fields.values()) {
    for (const column of columns) {
      const value = reach(record, column)
      if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
        values.set(column, String(value).slice(0, VALUE_CHARACTERS_MAX))
    }
  }
  return values
}

/** `a.b` is the member `a.b`, else the member `b` of `a`. */
function reach(value: unknown, path: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  if (Object.hasOwn(value, path)) return (value as Record<string, unknown>)[path]
  const dot = path.indexOf('.')
  if (dot < 0 || !Object.hasOwn(value, path.slice(0, dot))) return undefined
  return reach((value as Record<string, unknown>)[path.slice(0, dot)], path.slice(dot + 1))
}

/** The values of a line of CSV (RFC 4180); undefined where a quote has no end. */
export function splitCsv(line: string, separator: string): string[] | undefined {
  const cells: string[] = []
  let at = 0
  for (;;) {
    if (line[at] === '"') {
      let cell = ''
      for (at += 1; ; at += 1) {
        if (at >= line.length) return undefined
        if (line[at] !== '"') cell += line[at]
        else if (line[at + 1] === '"') {
          cell += '"'
          at += 1
        } else break
      }
      const end = line.indexOf(separator, at)
      cells.push(cell.slice(0, VALUE_CHARACTERS_MAX))
      if (end < 0) return cells
      at = end + 1
    } else {
      const end = line.indexOf(separator, at)
      cells.push(line.slice(at, end < 0 ? undefined : end).slice(0, VALUE_CHARACTERS_MAX))
      if (end < 0) return cells
      at = end + 1
    }
  }
}

/** Every field needs one of its columns. */
function checkColumns(header: readonly string[], { mapping, name, nearest }: RecordOptions): void {
  const known = new Set(header)
  for (const [field, { columns }] of mapping.fields) {
    if (columns.some((column) => known.has(column))) continue
    const [column = ''] = columns
    const near = nearest?.(column, known)
    const hint =
      near === undefined ? `its columns are ${header.slice(0, 64).map(show).join(', ')}` : `did you mean ${show(near)}?`
    throw new WrongMapping(`fields.${field}`, `found the column ${show(column)}, which ${name} does not have: ${hint}`)
  }
}

async function readHeader(file: FileHandle, mapping: RecordMapping): Promise<readonly string[] | undefined> {
  for await (const { text } of linesOf(file, 0, false)) {
    const line = text?.replace(/\r?\n$/, '').replace(/^\uFEFF/, '') ?? ''
    if (line.trim() !== '') return splitCsv(line, mapping.separator) ?? []
  }
  return undefined
}

type Line = {
  readonly text: string | undefined
  readonly offset: number
  readonly next: number
  readonly lines: number
}

/** The lines of a file; `text` is undefined for one that is too long. What is no UTF-8 becomes U+FFFD. */
async function* linesOf(file: FileHandle, start: number, isGrowing: boolean): AsyncGenerator<Line> {
  const buffer = Buffer.alloc(CHUNK_BYTES)
  let pieces: Buffer[] = []
  let held = 0
  let tooLong = false
  let lineAt = start
  let at = start
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, at)
    if (bytesRead === 0) break
    for (let from = 0; from < bytesRead;) {
      const found = buffer.indexOf(LF, from)
      const isEnd = found >= 0 && found < bytesRead
      const to = isEnd ? found + 1 : bytesRead
      held += to - from
      if (held > LINE_BYTES_MAX) {
        tooLong = true
        pieces = []
      } else pieces.push(Buffer.from(buffer.subarray(from, to)))
      if (isEnd) {
        const next = at + to
        yield { text: tooLong ? undefined : Buffer.concat(pieces).toString('utf8'), offset: lineAt, next, lines: 1 }
        pieces = []
        held = 0
        tooLong = false
        lineAt = next
      }
      from = to
    }
    at += bytesRead
  }
  if (held > 0 && !isGrowing)
    yield { text: tooLong ? undefined : Buffer.concat(pieces).toString('utf8'), offset: lineAt, next: at, lines: 1 }
}

function show(text: string): string {
  return JSON.stringify(text.length > SHOWN_CHARACTERS_MAX ? `${text.slice(0, SHOWN_CHARACTERS_MAX)}…` : text)
}

/** A longer line is counted and passed over. */
export const LINE_BYTES_MAX = 1_048_576
/** Lines whose fault is told; the others are counted. */
export const TOLD_LINES_MAX = 100
const VALUE_CHARACTERS_MAX = 8_192
const SHOWN_CHARACTERS_MAX = 64
const CHUNK_BYTES = 256 * 1024
const LF = 0x0a
const UNITS = { seconds: 1000, milliseconds: 1, microseconds: 0.001 } as const
const DATE = /^(\d{4}[-/]\d\d[-/]\d\d)[ T](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?\s?(Z|[+-]\d\d:?\d\d)?(?: UTC)?$/
