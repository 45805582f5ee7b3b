import type { Reply, ReplyField } from '#codec/sip/reply.ts'
import { STATUS } from '#codec/sip/status.ts'
import { formatAnalyticsText } from './analytics-text.ts'
import type { NetworkBlocked, Notice } from './notice.ts'

/** Writes a notice as the answer it is: status, phrase, header fields. Its types leave no way to write a deviant one. */
export function writeNotice(notice: Notice): Reply {
  if (notice.kind === 'network-blocked') {
    const { status, phrase } = STATUS.networkBlocked
    return { status, phrase, fields: [['Reason', formatNetworkBlocked(notice)]] }
  }
  if (notice.kind === 'unwanted') return UNWANTED
  if (notice.kind === 'anonymity-disallowed') return ANONYMITY_DISALLOWED
  if (notice.kind === 'declined')
    return notice.retryAfterS === undefined ? DECLINED : { ...DECLINED, fields: [retryAfter(notice.retryAfterS)] }
  if (notice.cardUri === undefined) return REJECTED
  return { ...REJECTED, fields: [['Call-Info', `<${notice.cardUri}>;purpose=jwscard`]] }
}

/**
 * Writes the Reason value of a 603+. Nothing in it needs an escape: its types hold no quote and no backslash.
 *
 *     SIP;cause=603;text="v=analytics1;url=https://redress.northwire.example/c";location=RLN
 */
export function formatNetworkBlocked({ form, contact, id, location }: NetworkBlocked): string {
  const start = form === 'SIP' ? 'SIP;cause=603;text="' : 'Q.850;cause=21;text="'
  return `${start}${formatAnalyticsText(contact, id)}";location=${location}`
}

function retryAfter(seconds: number): ReplyField {
  if (!Number.isInteger(seconds) || seconds < 0 || seconds > RETRY_AFTER_S_MAX)
    throw new Error(`Retry-After must be a whole number of seconds from 0 to ${RETRY_AFTER_S_MAX}, not ${seconds}`)
  return ['Retry-After', String(seconds)]
}

const DECLINED: Reply = { ...STATUS.decline, fields: [] }
const UNWANTED: Reply = { ...STATUS.unwanted, fields: [] }
const REJECTED: Reply = { ...STATUS.rejected, fields: [] }
const ANONYMITY_DISALLOWED: Reply = { ...STATUS.anonymityDisallowed, fields: [] }
/** RFC 3261 §20.33 sets no limit; beyond 32 bits receivers overflow. */
const RETRY_AFTER_S_MAX = 2 ** 32 - 1
