import { isIPv6 } from 'node:net'
import { rangesOf } from '#edge/gate/peers.ts'
import type { OursConfig } from '#main/config/monitor.ts'

/**
 * Tells calls of ours from those that come in: by the address that sent them, where own addresses are configured and it is
 * known, for a number can be forged, or be that of a caller whose call we pass on; else by the number. Undefined where nothing
 * says which are ours.
 */
export function oursOf(ours: OursConfig | undefined): ((from: string, sender: string) => boolean) | undefined {
  if (ours === undefined) return undefined
  const { numbers, from: ranges } = ours
  const addresses = ranges.length === 0 ? undefined : rangesOf(ranges)
  const prefixes = new Set(numbers)
  const lengths = [...new Set(numbers.map(({ length }) => length))]
  return (from, sender) => {
    if (addresses !== undefined && sender !== '') return addresses.check(sender, isIPv6(sender) ? 'ipv6' : 'ipv4')
    if (prefixes.size === 0) return true
    return writtenAs(from).some((one) => lengths.some((length) => prefixes.has(one.slice(0, length))))
  }
}

/** A number as a list of own numbers may have it: with the country code that ten digits and eleven leave to be guessed. */
function writtenAs(number: string): string[] {
  if (number.startsWith('+')) return [number, number.slice(1)]
  if (/^\d{10}$/.test(number)) return [number, `+1${number}`]
  return /^\d{11,15}$/.test(number) ? [number, `+${number}`] : [number]
}
