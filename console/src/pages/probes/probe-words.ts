import type { ProbeState } from '#core/probe/kept-probe.ts'
import type { Tone } from '../../parts/status-word.tsx'

/** How a probe stands. */
export const PROBE_WORDS: { readonly [state in ProbeState]: string } = {
  running: 'Running',
  done: 'No grade',
  cancelled: 'Cancelled',
  failed: 'Failed',
  interrupted: 'Interrupted',
}
export const PROBE_TONES: { readonly [state in ProbeState]: Tone } = {
  running: 'quiet',
  done: 'wait',
  cancelled: 'quiet',
  failed: 'wait',
  interrupted: 'wait',
}
