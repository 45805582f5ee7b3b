import { opendir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Attempt } from '#core/observe/attempt.ts'
import { readFreeswitchCdr } from '#core/observe/freeswitch-cdr.ts'

export type CdrFilesOptions = {
  /** Only files that changed since; 0 for all. What is read twice is the same attempt. */
  readonly sinceMs: number
  readonly nowMs: number
  readonly onAttempt: (attempt: Attempt) => void | Promise<void>
  /** Told of files that cannot be read as a record. */
  readonly onFault?: (path: string, problem: string) => void
}

/** What was read; the next time begins at `sinceMs`. */
export type CdrFilesSummary = {
  readonly sinceMs: number
  readonly files: number
  readonly attempts: number
  readonly others: number
  readonly faults: number
}

/**
 * Reads a record of FreeSWITCH, or all of a folder (`log-dir` of mod_json_cdr or mod_xml_cdr), one file at a time. Rejects for
 * a path that cannot be opened.
 */
export async function readFreeswitchFiles(path: string, options: CdrFilesOptions): Promise<CdrFilesSummary> {
  const counts = { files: 0, attempts: 0, others: 0, faults: 0 }
  let newestMs = options.sinceMs
  const one = async (file: string): Promise<void> => {
    const { size, mtimeMs } = await stat(file)
    if (mtimeMs < options.sinceMs) return
    newestMs = Math.max(newestMs, mtimeMs)
    counts.files++
    const reading =
      size > CDR_FILE_BYTES_MAX
        ? { kind: 'fault' as const, problem: `found ${size} octets, expected at most ${CDR_FILE_BYTES_MAX}` }
        : readFreeswitchCdr(await readFile(file, 'utf8'), `freeswitch ${path}`, options.nowMs)
    if (reading.kind === 'attempt') {
      counts.attempts++
      await options.onAttempt(reading.attempt)
    } else if (reading.kind === 'other-leg') counts.others++
    else {
      counts.faults++
      options.onFault?.(file, reading.problem)
    }
  }
  if ((await stat(path)).isDirectory()) {
    for await (const entry of await opendir(path)) {
      if (!entry.isFile() || !/\.(?:json|xml)$/i.test(entry.name)) continue
      try {
        await one(join(path, entry.name))
      } catch (error) {
        // Moved away or not readable: one file does not keep the others from being read.
        counts.faults++
        options.onFault?.(join(path, entry.name), error instanceof Error ? error.message : String(error))
      }
    }
  } else await one(path)
  return { ...counts, sinceMs: newestMs }
}

/** A larger file is no record. */
export const CDR_FILE_BYTES_MAX = 4_194_304
