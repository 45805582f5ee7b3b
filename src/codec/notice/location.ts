/** The locations of RFC 8606 §4 with their four bits in an ISUP or Q.850 cause. */
export const LOCATIONS = {
  U: 0,
  LPN: 1,
  LN: 2,
  TN: 3,
  RLN: 4,
  RPN: 5,
  'LOC-6': 6,
  INTL: 7,
  'LOC-8': 8,
  'LOC-9': 9,
  BI: 10,
  'LOC-11': 11,
  'LOC-12': 12,
  'LOC-13': 13,
  'LOC-14': 14,
  'LOC-15': 15,
} as const

export type Location = keyof typeof LOCATIONS

/** Reads a location name without case; undefined where RFC 8606 has no such name. */
export function parseLocation(text: string): Location | undefined {
  if (BITS.has(text)) return text as Location
  // Beyond ASCII there are letters that become ASCII ones in upper case.
  if (NOT_ASCII.test(text)) return undefined
  const upper = text.toUpperCase()
  return BITS.has(upper) ? (upper as Location) : undefined
}

/** The name for the location bits of a cause; undefined for what four bits cannot hold. */
export function locationOf(bits: number): Location | undefined {
  return NAMES[bits]
}

const NOT_ASCII = /[^\u0000-\u007f]/
const BITS: ReadonlyMap<string, number> = new Map(Object.entries(LOCATIONS))
const NAMES = Object.keys(LOCATIONS) as Location[]
