/** A time for people, with its zone: `22 November 2026, 12:00 UTC`. */
export function formatMoment(atMs: number, timeZone: string): string {
  const format = formatsOf(timeZone)
  const zone = format.zone.formatToParts(atMs).find(({ type }) => type === 'timeZoneName')?.value ?? timeZone
  return `${format.day.format(atMs)}, ${format.time.format(atMs)} ${zone}`
}

/** A day for people: `22 November 2026`. */
export function formatDay(atMs: number, timeZone: string): string {
  return formatsOf(timeZone).day.format(atMs)
}

/** Formats are dear to make. Zones are those of the form and of the operator, so few are kept. */
function formatsOf(timeZone: string): ReturnType<typeof makeFormats> {
  const format = formats.get(timeZone) ?? makeFormats(timeZone)
  formats.set(timeZone, format)
  return format
}

function makeFormats(timeZone: string) {
  // American English knows the abbreviations of American zones, British English those of Europe.
  const isAmerican = /^(?:America|Pacific|US)\//.test(timeZone)
  return {
    day: new Intl.DateTimeFormat('en-GB', { timeZone, dateStyle: 'long' }),
    time: new Intl.DateTimeFormat('en-GB', { timeZone, timeStyle: 'short' }),
    zone: isAmerican
      ? new Intl.DateTimeFormat('en-US', { timeZone, hour: '2-digit', timeZoneName: 'short' })
      : new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', timeZoneName: 'short' }),
  }
}

const formats = new Map<string, ReturnType<typeof makeFormats>>()
