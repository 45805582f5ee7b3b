import { hash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'

/** How far a file was read: what a store keeps so that reading goes on there. Plain data. */
export type FilePlace = {
  /** Octets that need not be read again. */
  readonly offset: number
  /** Lines among them, for what is told of lines. */
  readonly lines: number
  /** How many of the file's first octets were there, and their digest: a log that was rotated has others. */
  readonly frontBytes: number
  readonly front: string
}

export const START: FilePlace = { offset: 0, lines: 0, frontBytes: 0, front: '' }

/** The place at an offset of a file. */
export async function placeIn(file: FileHandle, offset: number, lines = 0): Promise<FilePlace> {
  const frontBytes = Math.min(offset, FRONT_BYTES_MAX)
  return { offset, lines, frontBytes, front: await digestFront(file, frontBytes) }
}

/** Tells whether a place is one of this file: it begins as it did then, and reaches as far. */
export async function isSameFile(file: FileHandle, place: FilePlace): Promise<boolean> {
  const { size } = await file.stat()
  if (place.offset > size) return false
  return (await digestFront(file, place.frontBytes)) === place.front
}

/** Reads a place as a store keeps it (JSON). One that another release wrote, or nobody, is the beginning. */
export function parsePlace(text: string | undefined): FilePlace | undefined {
  if (text === undefined || !text.startsWith('{')) return undefined
  const { offset, lines, frontBytes, front } = JSON.parse(text) as Partial<FilePlace>
  if (offset === undefined || lines === undefined || frontBytes === undefined || front === undefined) return undefined
  return { offset, lines, frontBytes, front }
}

async function digestFront(file: FileHandle, length: number): Promise<string> {
  if (length === 0) return ''
  const { buffer, bytesRead } = await file.read(new Uint8Array(length), 0, length, 0)
  return bytesRead < length ? 'short' : hash('sha256', buffer, 'base64').slice(0, 22)
}

const FRONT_BYTES_MAX = 1024
