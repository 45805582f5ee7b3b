import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EvidenceFiles } from '#edge/store/evidence-files.ts'
import { YOUNG_MS, sweepEvidence } from './sweep-evidence.ts'

test('a file that is named between the first look and the second stays, one that is not goes', () => {
  const ids = ['namedLater', 'neverNamed']
  const removed: string[] = []
  const looks = new Map<string, number>()
  const files = {
    *names() {
      yield* ids
    },
    writtenAt: () => 0,
    remove: (id: string) => void removed.push(id),
  } as unknown as EvidenceFiles
  const isNamed = (id: string): boolean => {
    const look = (looks.get(id) ?? 0) + 1
    looks.set(id, look)
    return id === 'namedLater' && look === 2
  }
  const sweep = sweepEvidence({ files, isNamed, now: () => 2 * YOUNG_MS })
  sweep.step()
  assert.deepEqual([removed, sweep.figures.removed], [['neverNamed'], 1])
  assert.deepEqual([...looks.values()], [2, 2], 'each is looked up again right before it would go')
})
