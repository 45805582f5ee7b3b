import { Malformed } from './malformed.ts'

/**
 * Reads the Date of a message, in seconds since 1970. RFC 3261 §20.17: the form of RFC 1123, in GMT and no other zone.
 *
 *     Sat, 13 Nov 2010 23:29:00 GMT
 */
export function parseDate(text: string): number {
  const parts = DATE.exec(text.trim())?.groups
  if (parts === undefined) throw new Malformed('number', 0, CITE)
  const { day = '', month = '', year = '', hour = '', minute = '', second = '' } = parts
  const [monthIndex, dayOfMonth] = [MONTHS.indexOf(month.toLowerCase()), Number(day)]
  const atMs = Date.UTC(Number(year), monthIndex, dayOfMonth, Number(hour), Number(minute), Number(second))
  const isReal = new Date(atMs).getUTCDate() === dayOfMonth
  if (!isReal || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) throw new Malformed('number', 0, CITE)
  return atMs / 1000
}

const CITE = 'RFC 3261 §20.17'
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const DATE =
  /^(?:mon|tue|wed|thu|fri|sat|sun), (?<day>\d\d) (?<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec) (?<year>\d{4}) (?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d) gmt$/i
