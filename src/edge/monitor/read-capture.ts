import type { CaptureCounts, CaptureFormat, CaptureOptions } from '#codec/capture/capture-reader.ts'
import type { TraceTimes } from '#codec/capture/heading.ts'
import type { ProblemCode } from '#codec/capture/problems.ts'

import { closeSync, createReadStream, fstatSync, openSync, readSync } from 'node:fs'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setImmediate } from 'node:timers/promises'
import { createGunzip } from 'node:zlib'

import { CaptureReader } from '#codec/capture/capture-reader.ts'
import { PROBLEMS } from '#codec/capture/problems.ts'
import { Malformed } from '#codec/sip/malformed.ts'

export type ReadOptions = CaptureOptions & {
  /** Told now and then how far the file is read; the total is undefined for what has no size, such as a pipe. */
  readonly onProgress?: (bytesRead: number, totalBytes: number | undefined) => void
  /** What `-` stands for; the standard input of the process by default. */
  readonly stdin?: Readable
}

/** What a capture file was and held. `bytes` in the counts is after decompression. */
export type CaptureSummary = {
  readonly format: CaptureFormat | undefined
  readonly compressed: boolean
  readonly counts: CaptureCounts
  readonly problems: readonly FileProblem[]
}

/** A problem with words to show: `offset` is into the file, or into its decompressed form. */
export type FileProblem = {
  readonly code: ProblemCode | 'gzip'
  readonly offset: number
  readonly count: number
  readonly text: string
}

/**
 * Reads a capture from a file, or from standard input for `-`; gzip is told by its first bytes.
 *
 * Throws an `Error` that names the file and what is wrong when there is none, it cannot be read, or it is no capture.
 */
export async function readCapture(path: string, options: ReadOptions): Promise<CaptureSummary> {
  const name = path === '-' ? 'standard input' : path
  try {
    if (path === '-')
      return await readStream(options.stdin ?? process.stdin, undefined, { times: localTimes(Date.now()), ...options })
    const descriptor = openSync(path, 'r')
    const stat = fstatSync(descriptor)
    if (stat.isDirectory()) {
      closeSync(descriptor)
      throw new Error(`${path} is a directory; name a capture file in it`)
    }
    const dated = { times: localTimes(stat.isFile() ? stat.mtimeMs : Date.now()), ...options }
    if (!stat.isFile() || isGzipFile(descriptor)) {
      const stream = createReadStream(path, {
        fd: descriptor,
        highWaterMark: CHUNK_BYTES,
        ...(stat.isFile() && { start: 0 }),
      })
      return await readStream(stream, stat.isFile() ? stat.size : undefined, dated)
    }
    try {
      return await readPlainFile(descriptor, stat.size, dated)
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    throw explain(error, name)
  }
}

/** Times in the zone of this machine (`TZ`), up to a moment. */
export function localTimes(untilMs: number): TraceTimes {
  return { offsetMinutes: (atMs) => -new Date(atMs).getTimezoneOffset(), untilMs }
}

async function readPlainFile(descriptor: number, size: number, options: ReadOptions): Promise<CaptureSummary> {
  const reader = new CaptureReader(options)
  const buffer = new Uint8Array(CHUNK_BYTES)
  let bytesRead = 0
  for (let chunks = 1; ; chunks += 1) {
    const length = readSync(descriptor, buffer, 0, CHUNK_BYTES, bytesRead)
    if (length === 0) break
    reader.push(length === CHUNK_BYTES ? buffer : buffer.subarray(0, length))
    bytesRead += length
    options.onProgress?.(bytesRead, size)
    // Lets timers and signals in, as a stream would.
    if (chunks % CHUNKS_BETWEEN_TURNS === 0) await setImmediate()
  }
  reader.finish()
  return summarise(reader, false, [])
}

async function readStream(source: Readable, size: number | undefined, options: ReadOptions): Promise<CaptureSummary> {
  const reader = new CaptureReader(options)
  const progress = { bytesRead: 0 }
  const { compressed, chunks } = await peek(countBytes(source, progress, size, options.onProgress))
  const problems: FileProblem[] = []
  if (compressed) {
    try {
      await pipeline(
        Readable.from(chunks, { objectMode: false }),
        createGunzip({ chunkSize: CHUNK_BYTES }),
        into(reader),
      )
    } catch (error) {
      if (!isGzipError(error)) throw error
      // What came out before the damage is as good as any.
      const text = `the gzip data is damaged: ${error.message}`
      problems.push({ code: 'gzip', offset: progress.bytesRead, count: 1, text })
    }
  } else {
    for await (const chunk of chunks) reader.push(chunk)
  }
  reader.finish()
  return summarise(reader, compressed, problems)
}

/** A sink rather than a loop: what a loop has not taken yet is lost when the stream before it fails. */
function into(reader: CaptureReader): Writable {
  return new Writable({
    write(chunk: Uint8Array, _, done) {
      try {
        reader.push(chunk)
        done()
      } catch (error) {
        done(error as Error)
      }
    },
  })
}

async function* countBytes(
  source: Readable,
  progress: { bytesRead: number },
  size: number | undefined,
  onProgress: ReadOptions['onProgress'],
): AsyncGenerator<Uint8Array> {
  for await (const chunk of source as AsyncIterable<Uint8Array>) {
    progress.bytesRead += chunk.length
    onProgress?.(progress.bytesRead, size)
    yield chunk
  }
}

async function peek(
  source: AsyncGenerator<Uint8Array>,
): Promise<{ compressed: boolean; chunks: AsyncIterable<Uint8Array> }> {
  const front: Uint8Array[] = []
  let length = 0
  while (length < GZIP.length) {
    const next = await source.next()
    if (next.done === true) break
    front.push(next.value)
    length += next.value.length
  }
  const first = Buffer.concat(front)
  const chunks = (async function* () {
    yield first
    yield* source
  })()
  return { compressed: first[0] === GZIP[0] && first[1] === GZIP[1], chunks }
}

function isGzipFile(descriptor: number): boolean {
  const magic = new Uint8Array(2)
  return readSync(descriptor, magic, 0, 2, 0) === 2 && magic[0] === GZIP[0] && magic[1] === GZIP[1]
}

function summarise(reader: CaptureReader, compressed: boolean, problems: FileProblem[]): CaptureSummary {
  const found = reader.problems.map((problem) => ({ ...problem, text: PROBLEMS[problem.code] }))
  return { format: reader.format, compressed, counts: reader.counts, problems: [...found, ...problems] }
}

function explain(error: unknown, name: string): unknown {
  if (error instanceof Malformed && error.code === 'capture') {
    return new Error(`${name} is not a capture: expected pcap, pcapng or SIP messages as text (${error.cite})`, {
      cause: error,
    })
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const why = FAULTS[code]
  return why === undefined ? error : new Error(`${name} ${why}`, { cause: error })
}

function isGzipError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')
}

const CHUNK_BYTES = 1024 * 1024
const CHUNKS_BETWEEN_TURNS = 32
const GZIP = [0x1f, 0x8b] as const
const FAULTS: Record<string, string> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist: a part of its path is not a directory',
  EACCES: 'cannot be read: permission denied',
  EPERM: 'cannot be read: permission denied',
  EISDIR: 'is a directory; name a capture file in it',
  EIO: 'cannot be read: the device reports an error',
}
