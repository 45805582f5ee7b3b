// Tests run in one process, where the runner passes over a test file that throws after its first test: what stands behind
// is never run, and nothing says so. Loaded before the runner, this fails the run for every test file that was begun and
// not read to its end.
import { registerHooks } from 'node:module'

const begun = new Set<string>()
const whole = new Set<string>()
Object.defineProperty(globalThis, Symbol.for('recourse.whole'), { value: whole })

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context)
    if (!url.endsWith('.test.ts') || loaded.source === undefined || loaded.source === null) return loaded
    begun.add(url)
    const source =
      typeof loaded.source === 'string' ? loaded.source : Buffer.from(loaded.source as Uint8Array).toString()
    return { ...loaded, source: `${source}\n;globalThis[Symbol.for('recourse.whole')].add(import.meta.url)\n` }
  },
})

process.on('exit', () => {
  const broken = [...begun].filter((url) => !whole.has(url))
  if (broken.length === 0) return
  process.exitCode = 1
  for (const url of broken) process.stderr.write(`not read to its end: ${url}\n`)
})
