import { setFlagsFromString } from 'node:v8'

/**
 * Has a process that only monitors collect what is dead before it has piled up: left alone, the heap grows to a multiple of the
 * calls that are followed before anybody looks. Files can wait for a more careful collector, copies of calls under way cannot.
 * For whole processes only: it holds for all threads.
 */
export function keepHeapLow(isLive: boolean): void {
  setFlagsFromString(`--heap-growing-percent=${GROWING_PERCENT}`)
  setFlagsFromString('--semi-space-growth-factor=1')
  if (!isLive) setFlagsFromString('--memory-saver-mode')
}

/** How much more than what was alive may be there before the next collection. */
const GROWING_PERCENT = 20
