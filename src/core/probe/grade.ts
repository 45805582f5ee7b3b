import type { Comparison, FindingKind } from './compare.ts'
import type { Scenario } from './scenario.ts'

/** A to F; undefined where nothing was measured. */
export type Grade = 'A' | 'B' | 'C' | 'D' | 'F'

/** What one kind of damage cost, where it was seen, and what mends it. */
export type Deduction = {
  readonly kind: FindingKind
  readonly points: number
  readonly title: string
  readonly fix: string
  /** The ids of the scenarios that it was seen in. */
  readonly scenarios: readonly string[]
  readonly sent: string
  readonly arrived: string
  readonly note: string
}

export type Verdict = {
  readonly id: string
  readonly cite: string
  readonly text: string
  readonly verdict: 'kept' | 'broken' | 'not tested'
  /** How many scenarios could have broken it, and which did. */
  readonly looked: number
  readonly brokenBy: readonly string[]
}

export type Grading = {
  readonly grade: Grade | undefined
  readonly points: number
  /** Why there is no grade; empty where there is one. */
  readonly why: string
  readonly deductions: readonly Deduction[]
  readonly verdicts: readonly Verdict[]
}

/**
 * Grades a path. Each kind of damage costs its points once, however many scenarios it was seen in: whole where a good form
 * suffered, half where only odd forms did, a quarter where only broken ones did, rounded up.
 */
export function gradePath(comparisons: readonly Comparison[]): Grading {
  const measured = comparisons.filter(({ state }) => state !== 'apart')
  const verdicts = RULES.map((rule) => judge(rule, measured))
  const why = whyNoGrade(measured)
  if (why !== undefined) return { grade: undefined, points: 0, why, deductions: [], verdicts: verdicts.map(untested) }
  const deductions = (Object.keys(POINTS) as FindingKind[])
    .flatMap((kind) => deduct(kind, measured))
    .toSorted((one, other) => other.points - one.points)
  const points = Math.max(0, 100 - deductions.reduce((sum, deduction) => sum + deduction.points, 0))
  const grade = GRADES.find(({ from }) => points >= from)!.grade
  return { grade, points, why: '', deductions, verdicts }
}

/** Nothing came back at all, or the same came back for everything: then no scenario is known to have been reached. */
function whyNoGrade(measured: readonly Comparison[]): string | undefined {
  if (measured.length === 0) return 'no scenario was measured'
  if (measured.every(({ arrived }) => arrived === ''))
    return 'no call was answered at all: check where it goes, and that the path leads to the mock blocker'
  const isBlind = measured.every(({ against }) => against === 'scenario')
  const statuses = new Set(measured.map(({ arrived }) => arrived.slice(0, 3)))
  const wanted = new Set(measured.map(({ scenario }) => scenario.answer.status))
  if (isBlind && statuses.size === 1 && wanted.size > 1 && !wanted.has(Number([...statuses][0])))
    return `every call was answered ${[...statuses][0]}, as no scenario is: the path does not lead to the mock blocker, or refuses these calls itself`
  return undefined
}

function deduct(kind: FindingKind, measured: readonly Comparison[]): Deduction[] {
  const seen = measured.flatMap(({ scenario, findings }) =>
    findings.filter((finding) => finding.kind === kind).map((finding) => ({ scenario, finding })),
  )
  if (seen.length === 0) return []
  const worst = GROUPS.find((group) => seen.some(({ scenario }) => scenario.group === group))!
  const shown = seen.find(({ scenario }) => scenario.group === worst)!
  const { points, title, fix } = POINTS[kind]
  return [
    {
      kind,
      points: Math.ceil(points * SHARES[worst]),
      title,
      fix,
      scenarios: [...new Set(seen.map(({ scenario }) => scenario.id))],
      sent: shown.finding.sent,
      arrived: shown.finding.arrived,
      note: shown.finding.note,
    },
  ]
}

type Rule = {
  readonly id: string
  readonly cite: string
  readonly text: string
  readonly concerns: (scenario: Scenario) => boolean
  readonly breaks: readonly FindingKind[]
  /** Only a far end can see it. */
  readonly needsFarEnd?: true
}

function judge({ id, cite, text, concerns, breaks, needsFarEnd }: Rule, measured: readonly Comparison[]): Verdict {
  const looked = measured.filter(
    ({ scenario, against }) => concerns(scenario) && (needsFarEnd !== true || against === 'far-end'),
  )
  const broken = looked.filter(({ findings }) => findings.some(({ kind }) => breaks.includes(kind)))
  return {
    id,
    cite,
    text,
    verdict: looked.length === 0 ? 'not tested' : broken.length === 0 ? 'kept' : 'broken',
    looked: looked.length,
    brokenBy: broken.map(({ scenario }) => scenario.id),
  }
}

function untested(verdict: Verdict): Verdict {
  return { ...verdict, verdict: 'not tested', looked: 0, brokenBy: [] }
}

/** A 603+. Since 25 March 2026 no other code is a notice by 47 CFR 64.1200(k)(9)(i). */
function isNetworkBlocked({ answer, intact, group }: Scenario): boolean {
  return group !== 'broken' && answer.status === 603 && intact.includes('reason')
}

const NOTICE_LOST: readonly FindingKind[] = [
  'answer-lost',
  'status-changed',
  'phrase-changed',
  'reason-stripped',
  'reason-cut',
  'reason-value-lost',
  'reason-changed',
  'location-changed',
]

/** The rules a path is held to, each with what breaks it. */
export const RULES: readonly Rule[] = [
  {
    id: 'transmit',
    cite: '47 CFR 64.1200(k)(9)',
    text: 'every provider in the path transmits the 603+ of a block to the origin',
    concerns: isNetworkBlocked,
    breaks: NOTICE_LOST,
  },
  {
    id: '603+',
    cite: 'ATIS-1000099',
    text: 'a 603+ arrives as one: 603, Network Blocked, its text and its location',
    concerns: isNetworkBlocked,
    breaks: NOTICE_LOST,
  },
  {
    id: '607',
    cite: 'RFC 8197 §4, RFC 3261 §16.7',
    text: 'a 607 is handled as any 6xx: it arrives as 607, and no network’s block is made of a person’s word',
    concerns: ({ answer, group }) => answer.status === 607 && group !== 'broken',
    breaks: ['answer-lost', 'status-changed', 'notice-made'],
  },
  {
    id: '608',
    cite: 'RFC 8688 §3.1, §3.4',
    text: 'a 608 arrives as 608 with its card in Call-Info',
    concerns: ({ answer, group }) => answer.status === 608 && group !== 'broken',
    breaks: ['answer-lost', 'status-changed', 'call-info-lost', 'call-info-changed'],
  },
  {
    id: 'one-per-protocol',
    cite: 'RFC 3326 §2',
    text: 'no second Reason value of a protocol is added to one that is there',
    concerns: ({ intact }) => intact.includes('no-reason-added'),
    breaks: ['reason-doubled', 'notice-made'],
  },
  {
    id: 'reason-in-answers',
    cite: 'RFC 6432 §3, RFC 3261 §16.7',
    text: 'an answer that may carry a Q.850 cause in Reason arrives with it',
    concerns: ({ answer, intact }) => intact.includes('reason') && answer.lines.some((line) => /Q\.850/i.test(line)),
    breaks: ['reason-stripped', 'reason-value-lost', 'reason-cut', 'reason-changed'],
  },
  {
    id: 'relay',
    cite: 'RFC 3261 §16.7',
    text: 'the best answer is forwarded as it came; 1xx other than 100 are too',
    concerns: () => true,
    breaks: [
      ...NOTICE_LOST,
      'call-info-lost',
      'call-info-changed',
      'notice-made',
      'phrase-case',
      'retry-after-changed',
      'provisional-lost',
    ],
  },
  {
    id: 'end-of-search',
    cite: 'RFC 3261 §16.7 step 5',
    text: 'no new branch is made after a 6xx',
    concerns: ({ intact }) => intact.includes('no-new-attempt'),
    breaks: ['tried-again'],
    needsFarEnd: true,
  },
  {
    id: 'to-tag',
    cite: 'RFC 3261 §8.2.6.2',
    text: 'the answer has a tag in To',
    concerns: ({ intact }) => intact.includes('to-tag'),
    breaks: ['tag-missing'],
  },
]

/** What each kind of damage costs where a good form suffers it, and what mends it. */
export const POINTS: Readonly<Record<FindingKind, { points: number; title: string; fix: string }>> = {
  'answer-lost': {
    points: 60,
    title: 'no final answer arrived',
    fix: 'find where the answer stays: message size over UDP (offer TCP), a filter, or a timer of the path',
  },
  'status-changed': {
    points: 60,
    title: 'the status was changed',
    fix: 'relay 603, 607 and 608 with the status they came with; take mappings of codes off',
  },
  'reason-stripped': {
    points: 60,
    title: 'every Reason was stripped',
    fix: 'relay Reason in answers as it came',
  },
  'notice-made': {
    points: 50,
    title: 'a plain refusal was made to look like a network’s block',
    fix: 'add no Reason with v=analytics1 to a refusal that came without',
  },
  'phrase-changed': {
    points: 45,
    title: 'the phrase was rewritten',
    fix: 'relay the phrase as it came: with 603 it is what marks a network’s block',
  },
  'reason-cut': {
    points: 40,
    title: 'a Reason was cut',
    fix: 'give Reason room for 1,000 characters, and pass its text on, not its cause alone',
  },
  'reason-changed': { points: 40, title: 'a Reason was changed', fix: 'relay Reason octet for octet' },
  'call-info-lost': {
    points: 40,
    title: 'Call-Info was stripped',
    fix: 'relay Call-Info in answers: it leads to the card',
  },
  'call-info-changed': { points: 40, title: 'Call-Info was changed', fix: 'relay Call-Info octet for octet' },
  'tried-again': {
    points: 40,
    title: 'the call was tried another way after a 6xx',
    fix: 'end route advance at any 6xx: a 6xx is the answer of all routes',
  },
  'reason-value-lost': {
    points: 30,
    title: 'one of several Reason values was lost',
    fix: 'relay every Reason value and every Reason line',
  },
  'reason-doubled': {
    points: 30,
    title: 'a second Reason of the same protocol was added',
    fix: 'add no Reason of your own to an answer that has one',
  },
  'location-changed': { points: 30, title: 'the location was changed or lost', fix: 'relay location as it came' },
  'retry-after-changed': { points: 10, title: 'Retry-After was changed or lost', fix: 'relay Retry-After as it came' },
  'provisional-lost': {
    points: 10,
    title: 'a provisional answer was lost',
    fix: 'relay 180 and 183 before the refusal',
  },
  'phrase-case': { points: 5, title: 'the case of the phrase was changed', fix: 'relay the phrase octet for octet' },
  'reason-added': {
    points: 5,
    title: 'a Reason of another protocol was added',
    fix: 'lawful (RFC 3326 §2), but who reads one value only may read yours: put it last, or leave it out',
  },
  'reason-form': {
    points: 5,
    title: 'a Reason was written another way, with the same meaning',
    fix: 'copy Reason instead of writing it anew: some read the first parameters only',
  },
  'tag-missing': { points: 5, title: 'the answer has no tag in To', fix: 'put a tag in To of every final answer' },
}

/** The points a grade begins at. */
export const GRADES: readonly { readonly grade: Grade; readonly from: number }[] = [
  { grade: 'A', from: 95 },
  { grade: 'B', from: 80 },
  { grade: 'C', from: 65 },
  { grade: 'D', from: 45 },
  { grade: 'F', from: 0 },
]

const GROUPS = ['good', 'odd', 'broken'] as const
const SHARES = { good: 1, odd: 0.5, broken: 0.25 } as const
