import { encode } from 'uqr'
import { type Markup, markup } from '#edge/http/desk/markup.ts'

/**
 * A text as a picture that a phone reads (ISO/IEC 18004, level M), dark on white in every colour scheme; `label` says what it is.
 * Undefined where it is longer than `QR_OCTETS_MAX`.
 */
export function qrCode(text: string, label: string): Markup | undefined {
  if (Buffer.byteLength(text) > QR_OCTETS_MAX) return undefined
  const { data, size } = encode(text, { ecc: 'M', border: QUIET_ZONE })
  const path = data
    .map((row, y) =>
      runsOf(row)
        .map(([x, width]) => `M${x} ${y}h${width}v1h-${width}z`)
        .join(''),
    )
    .join('')
  return markup`<svg class="qr" role="img" aria-label="${label}" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h${size}v${size}h-${size}z"/><path fill="#000" d="${path}"/></svg>`
}

/** Where dark modules begin in a row, and how many follow one another. */
function runsOf(row: readonly boolean[]): [start: number, width: number][] {
  const runs: [number, number][] = []
  for (const [x, isDark] of row.entries()) {
    if (!isDark) continue
    const last = runs.at(-1)
    if (last !== undefined && last[0] + last[1] === x) last[1]++
    else runs.push([x, 1])
  }
  return runs
}

/** Modules of white on each side: §6.3.8 there asks for four. */
const QUIET_ZONE = 4
/** With more octets, as a very long name makes them, its modules are too small for a camera before a screen. */
export const QR_OCTETS_MAX = 600
