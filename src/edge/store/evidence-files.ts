import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  opendirSync,
  openSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'

/** Files that claimants hand in, under names that nobody can guess, readable by this user alone. */
export type EvidenceFiles = {
  /** Writes a file through to the disk; throws where it cannot. `id` is 22 characters of base64url. */
  write(id: string, octets: Uint8Array): void
  /** Undefined where there is none by that name, or none any more. */
  read(id: string): Uint8Array | undefined
  remove(id: string): void
  /** The names of all files, one at a time: there may be a great many. None where the folder is not there. */
  names(): Generator<string>
  /** When a file was written, in milliseconds since 1970; undefined where there is none. */
  writtenAt(id: string): number | undefined
}

/** Opens a folder for them; it is made when the first file comes. */
export function openEvidenceFiles(folder: string): EvidenceFiles {
  const pathOf = (id: string): string => {
    if (!ID.test(id)) throw new Error('no name of a file of evidence')
    return join(folder, id)
  }
  return {
    write(id, octets) {
      const path = pathOf(id)
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      const { bavail, bsize } = statfsSync(folder)
      // What the store needs to go on is left to it.
      if (bavail * bsize < octets.length + LEFT_FREE_BYTES) throw new Error('no space is left for files of evidence')
      const file = openSync(path, 'wx', 0o600)
      try {
        for (let at = 0; at < octets.length;) at += writeSync(file, octets, at)
        fsyncSync(file)
      } catch (cause) {
        rmSync(path, { force: true })
        throw cause
      } finally {
        closeSync(file)
      }
      const directory = openSync(folder, 'r')
      try {
        fsyncSync(directory)
      } finally {
        closeSync(directory)
      }
    },
    read(id) {
      try {
        return readFileSync(pathOf(id))
      } catch {
        return undefined
      }
    },
    remove: (id) => rmSync(pathOf(id), { force: true }),
    *names() {
      if (!existsSync(folder)) return
      const directory = opendirSync(folder)
      try {
        for (let entry = directory.readSync(); entry !== null; entry = directory.readSync())
          if (entry.isFile() && ID.test(entry.name)) yield entry.name
      } finally {
        directory.closeSync()
      }
    },
    writtenAt: (id) => statSync(pathOf(id), { throwIfNoEntry: false })?.mtimeMs,
  }
}

const ID = /^[A-Za-z0-9_-]{22}$/
/** Files are refused before they take the ledger its room. */
const LEFT_FREE_BYTES = 64 * 1024 * 1024
