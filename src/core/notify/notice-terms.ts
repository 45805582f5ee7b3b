import { ID_CHARACTERS_MAX } from '#codec/notice/contact.ts'
import {
  cardUri,
  redressContact,
  redressContactTemplate,
  type BlockLocation,
  type Checked,
} from '#codec/notice/notice.ts'
import type { Cause } from '#core/rules/verdict.ts'
import type { Fixed, NetworkBlockedTerms, NoticeTerms, RejectedTerms } from './choose-notice.ts'
import type { NoticeChoices } from './notice-choices.ts'

/** Where the receipt stands in a 603+: some equipment cuts long Reason values, so either can be left out. */
export type Carry = (typeof CARRIES)[number]
export const CARRIES = ['both', 'url', 'id'] as const

export type OperatorContact = {
  readonly url?: string | undefined
  readonly tel?: string | undefined
  readonly email?: string | undefined
}

/** What the terms are made of: words that were read from a configuration, not yet checked. */
export type NoticeSettings = {
  readonly choices: NoticeChoices
  readonly contact: OperatorContact
  readonly location: BlockLocation
  readonly form: 'SIP' | 'Q.850'
  readonly carry: Carry
  /** The desk's public URL without a slash at its end; `undefined` where there is no desk. */
  readonly desk: string | undefined
  /** The treatment that tells a caller by voice whom a 608 would not reach; `undefined` where there is none. */
  readonly announce?: string | undefined
  /** Whether an enforced rule blocks by analytics, so that a contact is a must. */
  readonly needsContact: boolean
}

/** Checks the settings and makes of them what `chooseNotice` needs; else says in words what is wrong. */
export function makeNoticeTerms(settings: NoticeSettings): Checked<NoticeTerms> {
  const { choices, contact, desk, needsContact } = settings
  const faults: string[] = []
  const other = (cause: Exclude<Cause, 'analytics'>): NoticeTerms['others'][typeof cause] => {
    const choice = choices[cause]
    // Who wants a 603+ here has been refused already (`noticeFault`); there is no such notice.
    if (choice === '603+') return REFUSALS['603']
    if (choice !== '608') return REFUSALS[choice]
    const terms = rejectedTerms(settings, { kind: 'ok', value: REFUSALS['603'] })
    if (terms.kind === 'ok') return terms.value
    faults.push(...terms.faults)
    return REFUSALS['603']
  }
  const others = {
    'do-not-originate': other('do-not-originate'),
    invalid: other('invalid'),
    unallocated: other('unallocated'),
    'called-party': other('called-party'),
    ordered: other('ordered'),
  }
  const analytics = analyticsTerms(settings)
  if (faults.length > 0) return { kind: 'refused', faults: [...new Set(faults)] }
  if (analytics.kind === 'ok') return { kind: 'ok', value: { analytics: analytics.value, others } }
  const hasContact = contact.url !== undefined || contact.tel !== undefined || contact.email !== undefined
  if (needsContact || hasContact || desk !== undefined) return analytics
  return { kind: 'ok', value: { analytics: undefined, others } }
}

function analyticsTerms(settings: NoticeSettings): Checked<NoticeTerms['analytics']> {
  const choice = settings.choices.analytics
  if (choice === '603+') return networkBlockedTerms(settings)
  if (choice === '608') return rejectedTerms(settings, networkBlockedTerms(settings))
  return { kind: 'ok', value: REFUSALS[choice] }
}

/** A caller whom a 608 does not reach hears an announcement where there is one, else is told by `instead`. RFC 8688 §3.4. */
function rejectedTerms(
  { desk, announce }: NoticeSettings,
  instead: Checked<NetworkBlockedTerms | Fixed>,
): Checked<RejectedTerms> {
  if (desk === undefined) return { kind: 'refused', faults: ['a 608 needs a desk that serves its card'] }
  const cardUriBeforeId = `${desk}/j/`
  const longest = cardUri(`${cardUriBeforeId}${'x'.repeat(ID_CHARACTERS_MAX)}`)
  if (longest.kind === 'refused') return longest
  if (announce !== undefined) {
    return {
      kind: 'ok',
      value: { kind: 'rejected', cardUriBeforeId, otherwise: { kind: 'announced', treatment: announce } },
    }
  }
  if (instead.kind === 'refused') return instead
  return { kind: 'ok', value: { kind: 'rejected', cardUriBeforeId, otherwise: instead.value } }
}

function networkBlockedTerms({ contact, desk, carry, form, location }: NoticeSettings): Checked<NetworkBlockedTerms> {
  const { tel, email } = contact
  if (desk !== undefined && carry !== 'id') {
    const template = redressContactTemplate({ urlBeforeId: `${desk}/r/`, tel, email })
    if (template.kind === 'refused') return template
    const perCall = { kind: 'per-call', template: template.value } as const
    return {
      kind: 'ok',
      value: { kind: 'network-blocked', form, location, contact: perCall, carriesId: carry === 'both' },
    }
  }
  const fixed = redressContact({ url: contact.url ?? desk, tel, email })
  if (fixed.kind === 'refused') return fixed
  const value = { kind: 'fixed', contact: fixed.value } as const
  return { kind: 'ok', value: { kind: 'network-blocked', form, location, contact: value, carriesId: true } }
}

const REFUSALS = {
  '603': Object.freeze({ kind: 'declined', retryAfterS: undefined }),
  '403': Object.freeze({ kind: 'forbidden' }),
  '607': Object.freeze({ kind: 'unwanted' }),
} as const satisfies Record<string, Fixed>
