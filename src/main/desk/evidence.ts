import type { EvidenceUpload } from '#core/redress/desk.ts'

/** The name and type that a file is kept under, or why it is not. A file is what its first octets say, whatever it is called. */
export function checkEvidence(
  { name, type, octets }: EvidenceUpload,
  bytesMax: number,
): { name: string; type: string } | { problem: string } {
  if (octets.length === 0) return { problem: 'expected a file that is not empty' }
  if (octets.length > bytesMax) return { problem: `expected a file of at most ${Math.floor(bytesMax / 1024)} KiB` }
  const given = type.split(';')[0]!.trim().toLowerCase()
  const known = KINDS.find((kind) => kind.type === given)
  if (known === undefined || !known.fits(octets))
    return { problem: 'expected a PDF, a PNG or JPEG picture, a text or a CSV file' }
  return { name: nameOf(name, known.ending), type: known.type }
}

/** Letters, digits and a few marks, so that it is harmless in a header field, on a disk and on a page. */
function nameOf(name: string, ending: string): string {
  const last = name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1)
  const stem = last
    .replace(/\.[A-Za-z0-9]{1,5}$/, '')
    .replaceAll(/[^\p{L}\p{N} _.-]/gu, '_')
    .replace(/^[. ]+/, '')
  return `${Array.from(stem).slice(0, NAME_MAX).join('').trim() || 'file'}${ending}`
}

function begins(octets: Uint8Array, ...expected: readonly number[]): boolean {
  return expected.every((octet, at) => octets[at] === octet)
}

function isText(octets: Uint8Array): boolean {
  try {
    return !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.test(
      new TextDecoder('utf-8', { fatal: true }).decode(octets),
    )
  } catch {
    return false
  }
}

const KINDS: readonly {
  readonly type: string
  readonly ending: string
  readonly fits: (octets: Uint8Array) => boolean
}[] = [
  { type: 'application/pdf', ending: '.pdf', fits: (octets) => begins(octets, 0x25, 0x50, 0x44, 0x46, 0x2d) },
  {
    type: 'image/png',
    ending: '.png',
    fits: (octets) => begins(octets, 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
  },
  { type: 'image/jpeg', ending: '.jpg', fits: (octets) => begins(octets, 0xff, 0xd8, 0xff) },
  { type: 'text/plain', ending: '.txt', fits: isText },
  { type: 'text/csv', ending: '.csv', fits: isText },
]
/** Files of one case. */
export const EVIDENCE_FILES_MAX = 10
const NAME_MAX = 80
