import { type FileHandle, open } from 'node:fs/promises'
import { type CaptureCounts, type CaptureOptions, CaptureReader } from '#codec/capture/capture-reader.ts'
import { PROBLEMS, type Problem } from '#codec/capture/problems.ts'
import { Malformed } from '#codec/sip/malformed.ts'
import { type FilePlace, START, isSameFile, placeIn } from './file-place.ts'
import { localTimes } from './read-capture.ts'

export type TraceOptions = Omit<CaptureOptions, 'rawText' | 'isText'> & {
  /** Where reading ended before; a file that was replaced or cut short since is read from its beginning. */
  readonly from?: FilePlace | undefined
  /** The file still grows: a message that has not come whole is left for the next time. */
  readonly isGrowing?: boolean
}

/** What was read of a text trace, and where to go on. Offsets of problems count from where reading began. */
export type TraceSummary = {
  readonly place: FilePlace
  readonly startedAt: number
  readonly counts: CaptureCounts
  readonly problems: readonly (Problem & { readonly text: string })[]
}

/**
 * Reads what a text trace (sngrep, Asterisk, FreeSWITCH, Kamailio, plain messages) holds behind a place: a log is read again and
 * again as it grows, each message once. Memory is bounded by the longest message. Rejects for what cannot be opened or is no text.
 */
export async function readTextTrace(path: string, options: TraceOptions): Promise<TraceSummary> {
  const file = await open(path)
  try {
    return await readTraceIn(file, options)
  } finally {
    await file.close()
  }
}

/** The same of a file that is open, which may have lost its name since. */
export async function readTraceIn(file: FileHandle, options: TraceOptions): Promise<TraceSummary> {
  const { from = START, isGrowing = false, onMessage, ...rest } = options
  const startedAt = (await isSameFile(file, from)) ? from.offset : 0
  const { mtimeMs } = await file.stat()
  await checkText(file)
  const reader = new CaptureReader({ times: localTimes(mtimeMs), ...rest, isText: true, onMessage })
  const read = await pushAll(file, reader, startedAt)
  if (!isGrowing) endReading(reader, read)
  const offset = startedAt + (isGrowing ? reader.place : read)
  const problems = reader.problems.map((problem) => ({ ...problem, text: PROBLEMS[problem.code] }))
  return { place: await placeIn(file, offset), startedAt, counts: reader.counts, problems }
}

async function pushAll(file: FileHandle, reader: CaptureReader, startedAt: number): Promise<number> {
  const buffer = new Uint8Array(CHUNK_BYTES)
  let read = 0
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, startedAt + read)
    if (bytesRead === 0) return read
    reader.push(buffer.subarray(0, bytesRead))
    read += bytesRead
  }
}

/** What holds no message is no fault of a log: nobody called since. */
function endReading(reader: CaptureReader, read: number): void {
  try {
    if (read > 0) reader.finish()
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
  }
}

async function checkText(file: FileHandle): Promise<void> {
  const { buffer, bytesRead } = await file.read(new Uint8Array(FRONT_BYTES), 0, FRONT_BYTES, 0)
  const binary = buffer.subarray(0, bytesRead).findIndex((octet) => octet < BELL)
  if (binary >= 0) throw new Malformed('capture', binary, 'a file that is no text')
}

/** The lowest control character that a text may hold. */
const BELL = 0x07
const FRONT_BYTES = 512
const CHUNK_BYTES = 256 * 1024
