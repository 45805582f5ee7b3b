import { hash } from 'node:crypto'
import type { CaseTerms } from '#core/redress/case.ts'
import { isFederalHoliday } from '#core/redress/calendar.ts'
import type { Claim } from '#core/redress/claim.ts'
import { type Opening, openCase } from '#core/redress/steps.ts'
import type { DeskChange } from '#core/redress/change.ts'

/** A case that is opened, different from every other number's in all that should differ. */
export function sampleOpening(number: number, given: Partial<Opening> = {}): Opening {
  const id = sampleId(`case ${number}`)
  const calling = `+1212${String(5_550_000 + (number % 10_000)).padStart(7, '0')}`
  const claim: Claim = {
    receipts: [hash('sha384', `receipt ${number}`, 'base64url')],
    numbers: [calling],
    calls: [],
    claimant: {
      name: `Ann ${number}`,
      email: `ann${number}@caller.example`,
      organisation: undefined,
      tel: undefined,
      acts: 'for-itself',
    },
    purpose: 'Reminders of appointments',
    changed: '',
    webhook: undefined,
  }
  const token = sampleId(`token ${number}`)
  const confirm = sampleId(`confirm ${number}`)
  return {
    id,
    at: SAMPLE_AT,
    way: 'page',
    claim,
    request: undefined,
    blocks: [],
    by: undefined,
    statusToken: { hash: hash('sha256', token), case: id, purpose: 'status', until: undefined },
    confirmToken: { token: confirm, hash: hash('sha256', confirm) },
    marks: [],
    letters: SAMPLE_LETTERS,
    terms: SAMPLE_TERMS,
    ...given,
  }
}

export function sampleOpened(number: number, given: Partial<Opening> = {}): DeskChange {
  return openCase(sampleOpening(number, given))
}

/** 22 characters, the same for the same words. */
export function sampleId(words: string): string {
  return hash('sha256', words, 'base64url').slice(0, 21).concat('A')
}

export const SAMPLE_AT = Date.UTC(2026, 10, 23, 15)
export const SAMPLE_LETTERS = { operator: 'Northwire', public: 'https://desk.northwire.example', timeZone: 'UTC' }
export const SAMPLE_TERMS: CaseTerms = {
  statusWithinMs: 24 * 3_600_000,
  decideWithinMs: 24 * 3_600_000,
  answerWithinMs: 14 * 86_400_000,
  confirmWithinMs: 7 * 86_400_000,
  listWithinDays: 3,
  calendar: { timeZone: 'America/New_York', weekend: [0, 6], isHoliday: isFederalHoliday },
}
