import { isE164, isMailbox, isPublicHost } from '#codec/notice/contact.ts'

/** Who registers, in his own words; checked and whole. */
export type Business = {
  readonly legalName: string
  /** A person. */
  readonly contact: string
  readonly email: string
  /** E.164; undefined where none was given. */
  readonly tel: string | undefined
  /** Begins with https:// or http://. */
  readonly site: string
  /** What the calls are for. */
  readonly purpose: string
  /** How many calls a day there will be. */
  readonly callsPerDay: number
  /** Who carries the calls into the network. */
  readonly provider: string
}

/** The same as a form has it: texts, of which any may be missing. */
export type BusinessFields = { readonly [field in keyof Business]?: string | undefined }

/** A field that cannot be used. */
export type FieldFault = { readonly field: keyof Business; readonly problem: string }

export type ReadBusiness =
  | { readonly kind: 'business'; readonly business: Business }
  | { readonly kind: 'faults'; readonly faults: readonly FieldFault[] }

/** Reads what somebody filled in; all that is wrong is told at once. */
export function parseBusiness(fields: BusinessFields): ReadBusiness {
  const faults: FieldFault[] = []
  const fault = (field: keyof Business, problem: string): void => void faults.push({ field, problem })
  const line = (field: 'legalName' | 'contact' | 'provider', what: string): string => {
    const text = (fields[field] ?? '').trim()
    if (text === '') fault(field, `expected ${what}`)
    else if (text.length > LINE_MAX || UNSAFE.test(text))
      fault(field, `expected ${what} of at most ${LINE_MAX} characters, in one line`)
    return text
  }
  const legalName = line('legalName', 'the name as the public register has it')
  const contact = line('contact', 'the name of a person whom we can ask')

  const email = (fields.email ?? '').trim()
  if (!isMailbox(email) || email.length > EMAIL_MAX)
    fault('email', 'expected an e-mail address such as ann@clinic.example')
  const given = (fields.tel ?? '').replaceAll(/[\s().-]/g, '')
  if (given !== '' && !isE164(given)) fault('tel', 'expected a number with + and its country code, or nothing')
  const site = readSite((fields.site ?? '').trim())
  if (site === undefined) fault('site', 'expected the address of your web site, such as https://clinic.example')
  const purpose = (fields.purpose ?? '').replaceAll(/\r\n?/g, '\n').trim()
  if (purpose === '' || purpose.length > PURPOSE_MAX || UNSAFE.test(purpose.replaceAll('\n', ' ')))
    fault('purpose', `expected what the calls are for, in at most ${PURPOSE_MAX} characters`)
  const volume = (fields.callsPerDay ?? '').replaceAll(/[\s,._']/g, '')
  const callsPerDay = Number(volume)
  if (!/^\d{1,9}$/.test(volume) || callsPerDay < 1) fault('callsPerDay', 'expected how many calls a day, such as 250')

  const provider = line('provider', 'the provider who carries your calls into the network')

  if (faults.length > 0 || site === undefined) return { kind: 'faults', faults }
  const tel = given === '' ? undefined : given
  return { kind: 'business', business: { legalName, contact, email, tel, site, purpose, callsPerDay, provider } }
}

/** A text of a person in several lines: an answer, a reason. Undefined where it is empty, too long or holds what no eye sees. */
export function parseWords(text: string): string | undefined {
  const words = text.replaceAll(/\r\n?/g, '\n').trim()
  return words === '' || words.length > PURPOSE_MAX || UNSAFE.test(words.replaceAll('\n', ' ')) ? undefined : words
}

function readSite(text: string): string | undefined {
  const whole = /^https?:\/\//i.test(text) ? text : `https://${text}`
  if (whole.length > SITE_MAX || !SITE.test(whole) || !URL.canParse(whole)) return undefined
  const { hostname, username, port } = new URL(whole)
  return username === '' && port === '' && isPublicHost(hostname) ? whole : undefined
}

const LINE_MAX = 200
const EMAIL_MAX = 254
const SITE_MAX = 500
/** Characters of what somebody writes in a field of several lines. */
export const PURPOSE_MAX = 2_000
/** Visible ASCII without what ends an attribute or a header field. */
const SITE = /^https?:\/\/[!#-;=?-[\]_a-z~]+$/i
/** Control, format (direction, zero width), line and paragraph ends, halves of surrogate pairs. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u
