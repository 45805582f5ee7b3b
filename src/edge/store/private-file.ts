import { closeSync, fsyncSync, linkSync, openSync, unlinkSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { StoreError } from './store-error.ts'

/**
 * Writes a file that only its owner may read (mode 0600), whole or not at all, and only if there is none by that name:
 * a secret is never half written, overwritten, or lost to a power cut after it was used.
 */
export function writePrivateFile(path: string, content: string): void {
  const draft = `${path}.${process.pid}.new`
  try {
    const file = openSync(draft, 'wx', 0o600)
    try {
      writeSync(file, content)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    try {
      linkSync(draft, path)
    } finally {
      unlinkSync(draft)
    }
    const directory = openSync(dirname(path), 'r')
    fsyncSync(directory)
    closeSync(directory)
  } catch (cause) {
    throw new StoreError('key', `${path}: a new key cannot be written there (${(cause as Error).message})`, cause)
  }
}
