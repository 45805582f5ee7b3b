import { createReadStream } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { isPcap } from '#codec/capture/pcap.ts'
import { SECTION_HEADER } from '#codec/capture/pcapng.ts'
import { type CaptureSummary, readCapture } from '#edge/monitor/read-capture.ts'
import { stopForCapture, tellProblems } from './explain.ts'
import { type InputMessage, readTextMessages } from './lint.ts'

/**
 * Reads the SIP messages of a file as they are: of a capture (pcap, pcapng, anything in gzip) or of a text, told apart by
 * the first octets. Throws `Stop` where it can read none.
 */
export async function* readMessages(path: string): AsyncGenerator<InputMessage> {
  if (path === '-') {
    yield* isCapture(await peekStream(process.stdin)) ? readCaptured(path) : readTextMessages(path)
    return
  }
  const front = await peekFile(path)
  // What was read of a pipe is gone from it, so it is opened once.
  if (front === 'no-file') yield* readCaptured(path, createReadStream(path))
  else yield* isCapture(front) ? readCaptured(path) : readTextMessages(path)
}

/** Hands on what the reader pushes; what waits here is at most what one turn of the reader finds. */
async function* readCaptured(path: string, stream?: Readable): AsyncGenerator<InputMessage> {
  const found: InputMessage[] = []
  let outcome: { summary: CaptureSummary } | { error: unknown } | undefined
  let wake = (): void => {}
  const input = stream === undefined ? path : '-'
  readCapture(input, {
    ...(stream !== undefined && { stdin: stream }),
    rawText: true,
    onMessage(bytes, start, end, { offset }) {
      found.push({ bytes: new Uint8Array(bytes.subarray(start, end)), source: path, offset })
      wake()
    },
  })
    .then(
      (summary) => (outcome = { summary }),
      (error: unknown) => (outcome = { error }),
    )
    .finally(() => wake())
  for (;;) {
    yield* found.splice(0)
    if (found.length > 0) continue
    if (outcome !== undefined) break
    await new Promise<void>((resolve) => (wake = resolve))
  }
  if ('error' in outcome) throw stopForCapture(path, outcome.error)
  process.stderr.write(tellProblems(path, outcome.summary))
}

function isCapture(front: Uint8Array): boolean {
  if (front[0] === GZIP[0] && front[1] === GZIP[1]) return true
  if (front.length < FRONT_BYTES) return false
  const magic = new DataView(front.buffer, front.byteOffset, FRONT_BYTES).getUint32(0)
  return isPcap(magic) || magic === SECTION_HEADER
}

/** The first octets of a file; none where it cannot be read, which whoever reads it next will tell. */
async function peekFile(path: string): Promise<Uint8Array | 'no-file'> {
  let file: FileHandle | undefined
  try {
    const { isPipe } = await kindOf(path)
    if (isPipe) return 'no-file'
    file = await open(path)
    const { buffer, bytesRead } = await file.read(new Uint8Array(FRONT_BYTES), 0, FRONT_BYTES, 0)
    return buffer.subarray(0, bytesRead)
  } catch {
    return new Uint8Array(0)
  } finally {
    await file?.close()
  }
}

async function kindOf(path: string): Promise<{ isPipe: boolean }> {
  const status = await stat(path)
  return { isPipe: status.isFIFO() || status.isSocket() || status.isCharacterDevice() }
}

/** The first octets of a stream, which keeps them. */
async function peekStream(stream: Readable): Promise<Uint8Array> {
  for (;;) {
    const front = stream.read(FRONT_BYTES) as Uint8Array | null
    if (front !== null) {
      stream.unshift(front)
      return front
    }
    if (stream.readableEnded || stream.errored !== null) return new Uint8Array(0)
    await new Promise<void>((resolve) => {
      const look = (): void => {
        for (const event of ['readable', 'end', 'error']) stream.off(event, look)
        resolve()
      }
      for (const event of ['readable', 'end', 'error']) stream.on(event, look)
    })
  }
}

const FRONT_BYTES = 4
const GZIP = [0x1f, 0x8b] as const
