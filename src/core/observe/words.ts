import type { SeenNotice } from '#codec/notice/read.ts'
import { type Location, parseLocation } from '#codec/notice/location.ts'
import type { Message } from '#codec/sip/message.ts'
import type { Contest } from './observation.ts'

/** Says who refused a call, as far as its notice tells. */
export function whoOf(notice: SeenNotice | undefined, contest: Contest): string {
  if (notice === undefined) return 'not said'
  if (notice.kind === 'unwanted') return 'the called party'
  if (notice.kind === 'rejected') return 'a network or service on the way'
  if (notice.kind === 'anonymity-disallowed') return 'the called party, or a service acting for it'
  if (notice.kind === 'declined') return 'not said: a person, a telephone, or a network'
  const location = notice.location === undefined ? undefined : parseLocation(notice.location)
  const contact = hostOf(contest.url) ?? contest.email?.split('@')[1] ?? contest.tel
  const network = (location && PLACES.get(location)) ?? 'a network that does not say where it is'
  return contact === undefined ? network : `${network}: ${contact}`
}

/** Says why a call was refused, as far as the response tells. */
export function whyOf(notice: SeenNotice | undefined, contest: Contest, response: Message): string {
  if (notice === undefined) return `${response.status} ${response.phrase}: not a notice of blocking`
  if (notice.kind === 'network-blocked')
    return 'analytics: the network judged the call likely to be unwanted or illegal'
  if (notice.kind === 'rejected')
    return `the network judged the call unwanted${contest.card === undefined ? '' : '; its card, once fetched and verified, says whom to ask'}`
  if (notice.kind === 'unwanted') return 'the called party wants no calls from this caller'
  if (notice.kind === 'anonymity-disallowed') return 'calls without the caller’s number are not taken'
  const text = notice.reasons.find((reason) => reason.text !== undefined)?.text
  if (notice.residue)
    return 'a notice of blocking that was damaged on its way, or never was complete; it proves nothing'
  const again = notice.retryAfterS === undefined ? '' : `; another try may fare better after ${notice.retryAfterS} s`
  return `declined${text === undefined ? ', without a reason' : `: ${text}`}${again}`
}

/** The host of a URL, without the user name that could pose as one. */
function hostOf(url: string | undefined): string | undefined {
  return url
    ?.replace(/^https?:\/\//i, '')
    .split(/[/?#\\]/)[0]
    ?.replace(/^.*@/, '')
}

/** RFC 8606 §4, seen from the caller, who receives the response. */
const PLACES: ReadonlyMap<Location, string> = new Map([
  ['LN', 'the network that the call started in'],
  ['LPN', 'the caller’s own private network'],
  ['TN', 'a network on the way'],
  ['RLN', 'the network that serves the called party'],
  ['RPN', 'the called party’s own private network'],
  ['INTL', 'an international network'],
  ['BI', 'a network beyond a gateway'],
  ['U', 'the called party’s own equipment'],
])
