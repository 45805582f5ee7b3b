import { openSync, readSync, closeSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { readCallRecords } from '#edge/monitor/call-records.ts'
import { parsePlace } from '#edge/monitor/file-place.ts'
import { readFreeswitchFiles } from '#edge/monitor/freeswitch-files.ts'
import type { RecordMapping } from '#edge/monitor/record-mapping.ts'
import { nearest } from '#core/words/nearest.ts'
import { many, nameInput, visible } from './words.ts'
import type { MonitorRoom } from '#main/monitor/room.ts'

/** Records of calls: lines whose columns a mapping names, or a record of FreeSWITCH. */
export type RecordKind = 'columns' | 'freeswitch'

export type RecordTerms = {
  /** Must be there for `columns`. */
  readonly mapping: RecordMapping | undefined
  readonly room: MonitorRoom
  readonly placeOf: (source: string) => string | undefined
  /** Told of lines and files that cannot be used. */
  readonly tell: (line: string) => void
}

/** What a file holds by its name, and for `.json` and `.xml` by its first octets; undefined for a capture or a trace. */
export function recordKind(path: string): RecordKind | undefined {
  if (/\.(?:csv|tsv|ndjson|jsonl)$/i.test(path)) return 'columns'
  if (!/\.(?:json|xml)$/i.test(path)) return undefined
  return /^\uFEFF?\s*(?:\{|<\?xml|<cdr)/.test(frontOf(path)) ? 'freeswitch' : undefined
}

/**
 * Reads what records are new since the last time, and notes with them how far that was. Answers with what was read, in words.
 * Rejects with `WrongMapping`, and for what cannot be opened.
 */
export async function readRecords(path: string, kind: RecordKind, terms: RecordTerms): Promise<string> {
  return kind === 'columns' ? readLines(path, terms) : readCdr(path, terms)
}

async function readLines(path: string, { mapping, room, placeOf, tell }: RecordTerms): Promise<string> {
  const source = `records ${resolve(path)}`
  const read = await readCallRecords(path, {
    mapping: mapping!,
    name: path,
    nowMs: Date.now(),
    onAttempt: (attempt) => room.add(attempt),
    onFault: ({ line, problem }) => tell(`${nameInput(path)}: line ${line}: ${visible(problem)}`),
    from: parsePlace(placeOf(source)),
    isGrowing: true,
    nearest,
  })
  room.reach({ source, place: JSON.stringify(read.place) })
  if (read.lines === 0) return `${nameInput(path)}: nothing new since it was read last`
  const parts = [
    many(read.attempts, 'call'),
    ...(read.others === 0 ? [] : [`${read.others} that came in`]),
    ...(read.faults === 0 ? [] : [`${many(read.faults, 'line')} that cannot be used`]),
  ]
  return `${nameInput(path)}: ${many(read.lines, 'line')}: ${parts.join(', ')}`
}

async function readCdr(path: string, { room, placeOf, tell }: RecordTerms): Promise<string> {
  const source = `freeswitch ${resolve(path)}`
  const { size, mtimeMs } = statSync(path)
  const place = `${size} ${Math.trunc(mtimeMs)}`
  if (placeOf(source) === place) return `${nameInput(path)}: read before, and unchanged since`
  const read = await readFreeswitchFiles(path, {
    sinceMs: 0,
    nowMs: Date.now(),
    onAttempt: (attempt) => room.add(attempt),
    onFault: (file, problem) => tell(`${nameInput(file)}: ${visible(problem)}`),
  })
  if (read.faults === 0) room.reach({ source, place })
  return `${nameInput(path)}: ${many(read.attempts, 'call')}${read.others === 0 ? '' : ', another leg of one'}`
}

function frontOf(path: string): string {
  const file = openSync(path, 'r')
  try {
    const buffer = Buffer.alloc(FRONT_BYTES)
    return buffer.toString('utf8', 0, readSync(file, buffer, 0, FRONT_BYTES, 0))
  } finally {
    closeSync(file)
  }
}

const FRONT_BYTES = 64
