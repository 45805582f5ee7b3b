import { ID_CHARACTERS_MAX } from '#codec/notice/contact.ts'
import {
  cardUri,
  redressContact,
  redressContactTemplate,
  type BlockLocation,
  type Checked,
} from '#codec/notice/notice.ts'
import type { Cause } from '#core/rules/verdict.ts'
import type { NetworkBlockedTerms, NoticeTerms, Refusal } from './choose-notice.ts'

/** Which notice each cause gets, as a policy says it. What may not stand for a cause cannot be written down. */
export type NoticeChoices = { readonly [cause in Cause]: (typeof NOTICE_CHOICES)[cause][number] }

/** What may be chosen for each cause; the first is the rule in the United States since 2026-03-25. 47 CFR 64.1200(k)(9). */
export const NOTICE_CHOICES = {
  analytics: ['603+', '608'],
  'do-not-originate': ['603', '403'],
  invalid: ['603', '403'],
  unallocated: ['603', '403'],
  'called-party': ['607', '603'],
  ordered: ['603', '403'],
} as const satisfies { [cause in Cause]: readonly string[] }

/** What the United States require of a provider that blocks calls on its IP network. */
export const US_NOTICES: NoticeChoices = {
  analytics: '603+',
  'do-not-originate': '603',
  invalid: '603',
  unallocated: '603',
  'called-party': '607',
  ordered: '603',
}

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
  /** Whether an enforced rule blocks by analytics, so that a contact is a must. */
  readonly needsContact: boolean
}

/** Checks the settings and makes of them what `chooseNotice` needs; else says in words what is wrong. */
export function makeNoticeTerms(settings: NoticeSettings): Checked<NoticeTerms> {
  const { choices } = settings
  const others = {
    'do-not-originate': REFUSALS[choices['do-not-originate']],
    invalid: REFUSALS[choices.invalid],
    unallocated: REFUSALS[choices.unallocated],
    'called-party': REFUSALS[choices['called-party']],
    ordered: REFUSALS[choices.ordered],
  }
  const analytics = choices.analytics === '608' ? rejectedTerms(settings) : networkBlockedTerms(settings)
  if (analytics.kind === 'ok') return { kind: 'ok', value: { analytics: analytics.value, others } }
  const { contact } = settings
  const hasContact = contact.url !== undefined || contact.tel !== undefined || contact.email !== undefined
  if (settings.needsContact || hasContact || settings.desk !== undefined) return analytics
  return { kind: 'ok', value: { analytics: undefined, others } }
}

function rejectedTerms({ desk }: NoticeSettings): Checked<NoticeTerms['analytics']> {
  if (desk === undefined) return { kind: 'refused', faults: ['a 608 needs a desk that serves its card'] }
  const cardUriBeforeId = `${desk}/j/`
  const longest = cardUri(`${cardUriBeforeId}${'x'.repeat(ID_CHARACTERS_MAX)}`)
  return longest.kind === 'refused' ? longest : { kind: 'ok', value: { kind: 'rejected', cardUriBeforeId } }
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
} as const satisfies Record<string, Refusal>
