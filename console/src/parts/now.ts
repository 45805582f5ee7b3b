import { useSyncExternalStore } from 'react'

/** The time, in milliseconds since 1970, as of the last half minute: all clocks of a page step together. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now)
}

function subscribe(changed: () => void): () => void {
  listeners.add(changed)
  if (listeners.size === 1) {
    now = Date.now()
    timer = setInterval(() => {
      now = Date.now()
      for (const one of listeners) one()
    }, STEP_MS)
  }
  return () => {
    listeners.delete(changed)
    if (listeners.size === 0) clearInterval(timer)
  }
}

const listeners = new Set<() => void>()
let now = Date.now()
let timer: ReturnType<typeof setInterval> | undefined
const STEP_MS = 30_000
