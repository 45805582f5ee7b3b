import type { EvidenceFiles } from '#edge/store/evidence-files.ts'

export type SweepTerms = {
  readonly files: EvidenceFiles
  /** Whether an event of a case or a registration names a file. */
  readonly isNamed: (id: string) => boolean
  readonly now: () => number
}

/** `removed` counts files of evidence that no event named. */
export type Sweep = { readonly figures: { removed: number }; step(): void }

/**
 * Looks through the folder of evidence, a part of it with each step and all of it once a day, for files that no event names: what
 * a process left behind that died between writing a file and recording it, or between recording an erasure and removing the
 * file. One that is younger than a day may yet be named.
 *
 * Throws an Error and removes nothing where the folder looks like that of another store.
 */
export function sweepEvidence({ files, isNamed, now }: SweepTerms): Sweep {
  const figures = { removed: 0 }
  let names: Generator<string> | undefined
  let begunAt = -Infinity
  let named = 0
  let orphans: string[] = []

  const finish = (): void => {
    const gone = orphans
    names = undefined
    orphans = []
    if (gone.length > STRANGERS_MOST && gone.length > named)
      throw new Error(
        `the folder of evidence holds ${gone.length} files that the store knows nothing of, and ${named} that it knows: is it the folder of another store? Nothing was removed; see desk.evidence`,
      )
    for (const id of gone) {
      if (isNamed(id)) continue
      files.remove(id)
      figures.removed++
    }
  }

  return {
    figures,
    step() {
      if (names === undefined) {
        if (now() - begunAt < SWEEP_EVERY_MS) return
        begunAt = now()
        named = 0
        names = files.names()
      }
      for (let count = 0; count < FILES_AT_ONCE; count++) {
        const { value, done } = names.next()
        if (done === true) return finish()
        const writtenAt = files.writtenAt(value)
        if (writtenAt === undefined) continue
        if (isNamed(value)) named++
        else if (writtenAt < now() - YOUNG_MS) orphans.push(value)
      }
    },
  }
}

/** How young a file may be that no event names yet. */
export const YOUNG_MS = 86_400_000
export const SWEEP_EVERY_MS = 86_400_000
const FILES_AT_ONCE = 500
/** More files than these that nothing names, and more than are named, are not left behind by accident. */
export const STRANGERS_MOST = 100
