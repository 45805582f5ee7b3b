import type { PolicyReader, PolicyVersion } from '#edge/store/policy-store.ts'

/** The newest version before this one in which a list was another one: what taking it back goes to. */
export function earlierList(reader: PolicyReader, inForce: PolicyVersion, name: string): PolicyVersion | undefined {
  return walk(reader, inForce, (at) => at.lists.has(name) && at.lists.get(name) !== inForce.lists.get(name))
}

/** The version in which a list became what it is in this one. */
export function listSince(reader: PolicyReader, inForce: PolicyVersion, name: string): PolicyVersion {
  let since = inForce
  walk(reader, inForce, (at) => {
    if (at.lists.get(name) !== inForce.lists.get(name)) return true
    since = at
    return false
  })
  return since
}

/** Goes the way the policies came into force, newest first, from the one before this, until one is what is looked for. */
function walk(
  reader: PolicyReader,
  inForce: PolicyVersion,
  isIt: (at: PolicyVersion) => boolean,
): PolicyVersion | undefined {
  let at = inForce
  for (let steps = 0; steps < STEPS_MAX; steps++) {
    const base = at.steps.find(({ step }) => step === 'applied')?.base
    const before = base === undefined ? undefined : reader.find(base)
    if (before === undefined) return undefined
    at = before
    if (isIt(at)) return at
  }
  return undefined
}

/** How far back a list is looked for. */
const STEPS_MAX = 1_000
