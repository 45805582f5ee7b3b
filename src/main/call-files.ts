import { createReadStream } from 'node:fs'
import { createGunzip } from 'node:zlib'
import type { DialPlan } from '#core/call/number.ts'
import { type CallRecord, type Column, findColumns, isFault, readCallRecord } from '#core/replay/call-record.ts'
import { cellOf, type Row } from '#core/rules/rows.ts'

/** What is wrong with a file of calls, with its line. */
export class CallFileFault extends Error {}

/** How a file of calls was read. */
export type CallFileCounts = { lines: number; calls: number; shadows: number }

/**
 * Reads the calls of an NDJSON or CSV file (gzip too), told apart by the first character; rows that a journal has beside
 * a call for rules in shadow mode are passed over. Throws `CallFileFault` at the first line that is no call, or that is
 * older than one before it by more than `DISORDER_MS`: windows are only true in order of time.
 */
export async function readCallFile(
  path: string,
  plan: DialPlan | undefined,
  onCall: (call: CallRecord) => void,
  onBytes: (bytes: number) => void,
): Promise<CallFileCounts> {
  const counts: CallFileCounts = { lines: 0, calls: 0, shadows: 0 }
  let reader: LineReader | undefined
  let latestMs = 0
  let latestLine = 0
  const take = (line: string): void => {
    counts.lines++
    if (line === '' || line === '\r') return
    reader ??= line.trimStart().startsWith('{') ? readJsonLines() : undefined
    if (reader === undefined) {
      // The first line of a CSV file names its columns.
      reader = readCsvLines({ line: counts.lines, text: line.trimEnd() }, path)
      return
    }
    const cells = reader(line, counts.lines, path)
    if (cells('verdict') === 'shadow') {
      counts.shadows++
      return
    }
    const call = readCallRecord(cells, plan)
    if (isFault(call)) throw fault(path, counts.lines, `found ${call.found}, expected ${call.expected}`)
    const { atMs } = call.facts
    if (atMs < latestMs - DISORDER_MS) {
      const times = `${new Date(atMs).toISOString()} after ${new Date(latestMs).toISOString()} of line ${latestLine}`
      throw fault(
        path,
        counts.lines,
        `found ${times}, expected calls in order of time: sort the file by its time first`,
      )
    }
    if (atMs > latestMs) {
      latestMs = atMs
      latestLine = counts.lines
    }
    counts.calls++
    onCall(call)
  }
  const rest = await readLines(path, take, onBytes)
  if (rest !== '') take(rest)
  return counts
}

type LineReader = (line: string, number: number, path: string) => (column: Column) => unknown

function readJsonLines(): LineReader {
  let names: { readonly [column in Column]?: string } = {}
  let record: Record<string, unknown> = {}
  // The names are those of columns, which no object has from its prototype.
  const cells = (column: Column): unknown => {
    const name = names[column]
    return name === undefined ? undefined : record[name]
  }
  return (line, number, path) => {
    record = parseObject(line, number, path)
    if (names.at === undefined || MUSTS.some((column) => cells(column) === undefined))
      names = Object.fromEntries(findColumns(Object.keys(record)))
    return cells
  }
}

function parseObject(line: string, number: number, path: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    throw fault(path, number, `found ${JSON.stringify(line.slice(0, 60))}, expected a JSON object such as ${EXAMPLE}`)
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw fault(path, number, `found ${JSON.stringify(value)?.slice(0, 60)}, expected a JSON object such as ${EXAMPLE}`)
}

function readCsvLines(header: Row, path: string): LineReader {
  const names = Array.from({ length: COLUMNS_MAX }, (_, index) => cellOf(header, index).text)
  const found = findColumns(names)
  const missing = MUSTS.filter((column) => !found.has(column))
  if (missing.length > 0) {
    const said = `found a first line without ${missing.join(' and ')}: ${JSON.stringify(header.text.slice(0, 80))}`
    throw fault(path, header.line, `${said}, expected the names of the columns, at least at,calling,called`)
  }
  const places = new Map(Array.from(found, ([column, name]) => [column, names.indexOf(name)]))
  let row: Row = header
  const cells = (column: Column): unknown => {
    const place = places.get(column)
    return place === undefined ? undefined : cellOf(row, place).text
  }
  return (line, number) => {
    row = { line: number, text: line.endsWith('\r') ? line.slice(0, -1) : line }
    return cells
  }
}

/** Calls `take` with each line; answers what stands behind the last line end. */
async function readLines(
  path: string,
  take: (line: string) => void,
  onBytes: (bytes: number) => void,
): Promise<string> {
  const file = path === '-' ? process.stdin : createReadStream(path, { highWaterMark: CHUNK_BYTES })
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of path.endsWith('.gz') ? file.pipe(createGunzip()) : file) {
    const octets = chunk as Uint8Array
    onBytes(octets.length)
    const text = rest + decoder.decode(octets, { stream: true })
    let start = 0
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      take(text.slice(start, end))
      start = end + 1
    }
    rest = text.slice(start)
    if (rest.length > LINE_CHARACTERS_MAX)
      throw new CallFileFault(
        `${path}: found a line of more than ${LINE_CHARACTERS_MAX} characters, expected one call a line`,
      )
  }
  return rest + decoder.decode()
}

function fault(path: string, line: number, message: string): CallFileFault {
  return new CallFileFault(`${path}:${line}: ${message}`)
}

const MUSTS = ['at', 'calling', 'called'] as const
const EXAMPLE = '{"at":"2026-11-22T12:00:00Z","calling":"+12125550117","called":"+14155550163"}'
const CHUNK_BYTES = 1024 * 1024
const LINE_CHARACTERS_MAX = 1024 * 1024
const COLUMNS_MAX = 256

/** Records are written when calls end or by several threads: a little disorder is no fault. */
const DISORDER_MS = 60_000
