import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CAUSES, type Cause } from '#core/rules/verdict.ts'
import {
  NOTICE_CHOICES,
  NOTICE_WORDS,
  type NoticeChoice,
  PROFILES,
  noticeChoices,
  noticeFault,
} from './notice-choices.ts'

type Refused = [profile: 'us' | 'rfc', cause: Cause, choice: NoticeChoice, paragraph: RegExp]
const REFUSED: Refused[] = [
  ['us', 'analytics', '603', /since 2026-03-25 .*64\.1200\(k\)\(9\)\(i\)/],
  ['us', 'analytics', '607', /called party.*RFC 8197 §1, RFC 8688 §1/],
  ['us', 'analytics', '608', /64\.1200\(k\)\(9\)\(i\).*profile rfc/],
  ['us', 'do-not-originate', '603+', /analytics blocked the call, which a do-not-originate list does not \(47 CFR/],
  ['us', 'invalid', '603+', /which a number that cannot exist does not \(47 CFR/],
  ['us', 'unallocated', '603+', /which a number that is assigned to nobody does not \(47 CFR/],
  ['us', 'ordered', '603+', /which an order of the government does not \(47 CFR/],
  ['us', 'ordered', '608', /^in the United States a 608 .*64\.1200\(k\)\(9\)\(i\).*profile rfc/],
  ['us', 'called-party', '608', /somebody on the way refused.*RFC 8688 §1/],
  ['us', 'called-party', '403', /RFC 8197 §1/],
  ['rfc', 'called-party', '603+', /which the called party’s own list does not/],
  ['rfc', 'invalid', '607', /called party, who had no part/],
  ['rfc', 'analytics', '403', /whom he can ask/],
]
for (const [profile, cause, choice, paragraph] of REFUSED) {
  test(`under ${profile} a block by ${cause} may not be told by ${choice}, and the paragraph is named`, () => {
    assert.match(noticeFault(profile, cause, choice) ?? 'nothing', paragraph)
  })
}

test('every choice is either in its profile’s table or refused with a citation', () => {
  let allowed = 0
  let refused = 0
  for (const profile of PROFILES) {
    for (const cause of CAUSES) {
      const table: readonly NoticeChoice[] = NOTICE_CHOICES[profile][cause]
      for (const choice of NOTICE_WORDS) {
        const why = noticeFault(profile, cause, choice)
        assert.equal(why === undefined, table.includes(choice), `${profile} ${cause} ${choice}`)
        if (why === undefined) allowed++
        else {
          assert.match(why, /\((RFC \d+|47 CFR)/)
          refused++
        }
      }
    }
  }
  assert.ok(allowed >= 25 && refused >= 30, `${allowed} allowed, ${refused} refused`)
})

test('a cause that is not chosen is told as the profile says', () => {
  assert.equal(noticeChoices('rfc').analytics, '608')
  assert.deepEqual(noticeChoices('us', { 'called-party': '603', invalid: undefined }), {
    ...noticeChoices('us'),
    'called-party': '603',
  })
})
