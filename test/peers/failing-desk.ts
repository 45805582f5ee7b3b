// Preloaded into a gate under test (`--import`): the thread of the desk dies of an error as soon as a file `fail-desk` is there.
import { existsSync, unlinkSync } from 'node:fs'
import { isMainThread, workerData } from 'node:worker_threads'

const FILE = 'fail-desk'
const task = workerData as { readonly config?: { readonly desk?: unknown }; readonly secret?: unknown } | undefined
if (!isMainThread && task?.config?.desk !== undefined && task.secret !== undefined) {
  const watch = setInterval(() => {
    if (!existsSync(FILE)) return
    unlinkSync(FILE)
    throw new Error('the desk fails, as the test wishes')
  }, 20)
  watch.unref()
}
