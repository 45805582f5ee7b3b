import type { Message } from '#codec/sip/message.ts'
import type { Reply } from '#codec/sip/reply.ts'
import { lint } from './lint.ts'
import type { CallInfoValue } from './call-info-value.ts'
import { parseLocation } from './location.ts'
import {
  type BlockLocation,
  type RedressContact,
  cardUri,
  isBlockLocation,
  redressContact,
  redressId,
} from './notice.ts'
import { claimsAnalytics, hasFieldsOutside, readNotice, readRetryAfter } from './read.ts'
import { type ReasonValue, readReasonValues } from './reason-value.ts'
import { writeNotice } from './write.ts'

/** What a blocker should have sent instead of a deviant notice. */
export type Correction =
  /** The linter has nothing against it. */
  | { readonly kind: 'right' }
  | { readonly kind: 'corrected'; readonly reply: Reply }
  /** Too little is left of it: what only the blocker can say. */
  | { readonly kind: 'incomplete'; readonly needs: readonly string[] }
  /** No notice of blocking, so nothing to put right. */
  | { readonly kind: 'none' }

/**
 * Writes a notice anew from what can be read of it, for its author; an element that only relays one must leave it as it is
 * (47 CFR 64.1200(k)(9)). Nothing is invented: what is missing is named.
 */
export function correctNotice(response: Message): Correction {
  const report = lint(response)
  if (report.class === 'malformed') return { kind: 'incomplete', needs: ['a response that is SIP'] }
  const reasons = readReasonValues(response)
  const traces = reasons.find((reason) => claimsAnalytics(reason) || hasFieldsOutside(reason))
  const notice = readNotice(response)
  const isBlock = notice?.kind === 'network-blocked' || (notice?.kind === 'declined' && notice.residue)
  if (!isBlock && notice === undefined && traces === undefined) return { kind: 'none' }
  if (report.verdict === 'conformant' && !report.rules.includes('R603-06')) return { kind: 'right' }
  if (notice?.kind === 'unwanted') return { kind: 'corrected', reply: writeNotice({ kind: 'unwanted' }) }
  if (notice?.kind === 'anonymity-disallowed')
    return { kind: 'corrected', reply: writeNotice({ kind: 'anonymity-disallowed' }) }
  if (notice?.kind === 'rejected') return rejected(notice.callInfo)
  if (notice?.kind === 'declined' && !notice.residue)
    return { kind: 'corrected', reply: writeNotice({ kind: 'declined', retryAfterS: readRetryAfter(response) }) }
  return networkBlocked(traces ?? reasons[0])
}

function rejected(callInfo: readonly CallInfoValue[]): Correction {
  const card = callInfo.map(({ uri }) => cardUri(uri)).find(({ kind }) => kind === 'ok')
  if (card?.kind !== 'ok')
    return { kind: 'incomplete', needs: ['the https URI of a signed card, on a public host, in Call-Info'] }
  return { kind: 'corrected', reply: writeNotice({ kind: 'rejected', cardUri: card.value }) }
}

function networkBlocked(reason: ReasonValue | undefined): Correction {
  const needs: string[] = []
  const contact = contactIn(reason)
  if (contact === undefined) needs.push('a url, tel or email where the block can be contested')
  const location = locationIn(reason)
  if (location === undefined) needs.push('the location of the network that blocked: LN, TN, RLN, LPN or RPN')
  if (contact === undefined || location === undefined) return { kind: 'incomplete', needs }
  const id = redressId(reason?.analytics?.id ?? '')
  const form = reason?.isQ850 === true ? 'Q.850' : 'SIP'
  return {
    kind: 'corrected',
    reply: writeNotice({
      kind: 'network-blocked',
      form,
      contact,
      id: id.kind === 'ok' ? id.value : undefined,
      location,
    }),
  }
}

/** Every part of the contact that is good by itself. */
function contactIn(reason: ReasonValue | undefined): RedressContact | undefined {
  const { url, tel, email } = reason?.analytics ?? {}
  const good = (parts: Parameters<typeof redressContact>[0]) => redressContact(parts).kind === 'ok'
  const contact = redressContact({
    url: url !== undefined && good({ url }) ? url : undefined,
    tel: tel !== undefined && good({ tel }) ? tel : undefined,
    email: email !== undefined && good({ email }) ? email : undefined,
  })
  return contact.kind === 'ok' ? contact.value : undefined
}

function locationIn(reason: ReasonValue | undefined): BlockLocation | undefined {
  const location = reason?.location === undefined ? undefined : parseLocation(reason.location)
  return location !== undefined && isBlockLocation(location) ? location : undefined
}
