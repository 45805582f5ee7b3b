import { type Cause, CAUSES } from '#core/rules/verdict.ts'

/** By which notice each cause is told, as a policy says it. */
export type NoticeChoices = { readonly [cause in Cause]: NoticeChoice }

/** What a policy may write; which cause may have which, and under which profile, says `noticeFault`. */
export const NOTICE_WORDS = ['603+', '603', '607', '608', '403'] as const
export type NoticeChoice = (typeof NOTICE_WORDS)[number]

/** Under whose rules calls are blocked: those of the United States, or the RFCs alone, as nearly everywhere else. */
export const PROFILES = ['us', 'rfc'] as const
export type Profile = (typeof PROFILES)[number]

/** What may be chosen for each cause; the first is what the profile says where nothing is chosen. */
export const NOTICE_CHOICES = {
  /** Since 2026-03-25. 47 CFR 64.1200(k)(9). */
  us: {
    analytics: ['603+'],
    'do-not-originate': ['603', '403'],
    invalid: ['603', '403'],
    unallocated: ['603', '403'],
    'called-party': ['607', '603'],
    ordered: ['603', '403'],
  },
  rfc: {
    analytics: ['608', '603+', '603'],
    'do-not-originate': ['603', '403', '608'],
    invalid: ['603', '403', '608'],
    unallocated: ['603', '403', '608'],
    'called-party': ['607', '603'],
    ordered: ['603', '403', '608'],
  },
} as const satisfies { [profile in Profile]: { [cause in Cause]: readonly NoticeChoice[] } }

/** A profile with single causes told otherwise. */
export function noticeChoices(
  profile: Profile,
  chosen: { readonly [cause in Cause]?: NoticeChoice | undefined } = {},
): NoticeChoices {
  const row = (cause: Cause): NoticeChoice => chosen[cause] ?? NOTICE_CHOICES[profile][cause][0]
  return Object.fromEntries(CAUSES.map((cause) => [cause, row(cause)])) as NoticeChoices
}

/** What the United States require of a provider that blocks calls on its IP network. */
export const US_NOTICES: NoticeChoices = noticeChoices('us')

/** Why a cause may not be told so, with the paragraph that forbids it; `undefined` where it may. */
export function noticeFault(profile: Profile, cause: Cause, choice: NoticeChoice): string | undefined {
  const allowed: readonly NoticeChoice[] = NOTICE_CHOICES[profile][cause]
  if (allowed.includes(choice)) return undefined
  if (choice === '603+' && cause !== 'analytics')
    return `a 603+ says that analytics blocked the call, which ${CAUSE_WORDS[cause]} does not (47 CFR 64.1200(k)(9)(i), ATIS-1000099)`
  if (choice === '607' && cause !== 'called-party')
    return 'a 607 speaks for the called party, who had no part in it (RFC 8197 §1, RFC 8688 §1)'
  if (cause === 'called-party')
    return choice === '608'
      ? 'a 608 says that somebody on the way refused the call, and here the called party did (RFC 8688 §1)'
      : 'what the called party refuses is told as the called party’s refusal (RFC 8197 §1)'
  if (cause === 'analytics' && profile === 'us')
    return 'since 2026-03-25 a call that analytics block on an IP network is told by a 603+ and nothing else (47 CFR 64.1200(k)(9)(i)); outside the United States choose the profile rfc'
  if (cause === 'analytics') return 'a caller whom analytics block shall learn that, and whom he can ask (RFC 8688 §1)'
  return 'in the United States a 608 is no notice of a block (47 CFR 64.1200(k)(9)(i)); outside them choose the profile rfc'
}

const CAUSE_WORDS: Readonly<Record<Cause, string>> = {
  analytics: 'analytics',
  'do-not-originate': 'a do-not-originate list',
  invalid: 'a number that cannot exist',
  unallocated: 'a number that is assigned to nobody',
  'called-party': 'the called party’s own list',
  ordered: 'an order of the government',
}
