import { type CountryCode, getCountries, getCountryCallingCode, isSupportedCountry } from 'libphonenumber-js/min'

export type { CountryCode }

/** A country by its two letters of ISO 3166, in whatever case; undefined for none whose numbers can be read. */
export function parseCountry(text: string): CountryCode | undefined {
  const code = text.toUpperCase()
  return isSupportedCountry(code) ? code : undefined
}

/** The country of a calling code: the one of those that share it that it is mostly used for; undefined for none. */
export function countryOfCallingCode(code: number): CountryCode | undefined {
  const countries = getCountries().filter((country) => getCountryCallingCode(country) === String(code))
  return MAIN.find((country) => countries.includes(country)) ?? (countries.length === 1 ? countries[0] : undefined)
}

/** Of codes that several countries share. */
const MAIN: readonly CountryCode[] = ['US', 'GB', 'RU', 'IT', 'NO', 'FI', 'AU', 'MA', 'GP', 'RE', 'CW', 'SH']
