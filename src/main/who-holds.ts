import { askControl } from '#edge/control/ask.ts'
import { ABOUT, controlPath, type GateAbout } from './trials.ts'

/** The gate that runs with a store, as it says itself; undefined where none answers soon. */
export async function whoHolds(storePath: string): Promise<GateAbout | undefined> {
  const asking = await askControl(controlPath(storePath), ABOUT).catch(() => undefined)
  if (asking === undefined) return undefined
  const timer = setTimeout(() => asking.end(), ANSWER_MS)
  try {
    for await (const answer of asking.answers) return readAbout(answer)
    return undefined
  } finally {
    clearTimeout(timer)
    asking.end()
  }
}

/** One of another version may say something else. */
function readAbout(answer: unknown): GateAbout | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined
  const { pid, chain, listening } = answer as Record<string, unknown>
  if (!Number.isInteger(pid) || typeof chain !== 'string' || !Array.isArray(listening)) return undefined
  return { pid: Number(pid), chain, listening: listening.map(String) }
}

/** A gate that is busy is not waited for any longer. */
const ANSWER_MS = 1_000
