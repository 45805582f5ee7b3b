/** What a person looks at before a business is registered, each with what to look for. */
export const VETTING_ITEMS = {
  identity: 'the legal name stands in a public register, and is this business',
  contact: 'the contact was reached at a number or address that was published by the business itself',
  site: 'the web site is the business’s own and names what it does',
  purpose: 'the purpose is plain, lawful, and fits the business',
  volume: 'the volume fits the purpose',
  provider: 'the originating provider exists, carries these calls, and is in the database that the law asks for',
  numbers: 'how control of the numbers was shown is enough, and no claim of somebody else is open',
} as const

export type VettingItem = keyof typeof VETTING_ITEMS

export type VettingStep = {
  readonly item: VettingItem
  readonly outcome: VettingOutcome
  /** What was looked at, and what was seen there. */
  readonly reason: string
}

export type VettingOutcome = 'passed' | 'failed' | 'not-applicable'

export function parseVettingItem(text: string): VettingItem | undefined {
  return Object.hasOwn(VETTING_ITEMS, text) ? (text as VettingItem) : undefined
}

export function parseVettingOutcome(text: string): VettingOutcome | undefined {
  return VETTING_OUTCOMES.find((outcome) => outcome === text)
}

/** The items that nobody has looked at yet, and those that failed: while there are any, nothing is approved. */
export function missingSteps(steps: ReadonlyMap<VettingItem, VettingStep>): readonly VettingItem[] {
  return ITEMS.filter((item) => (steps.get(item)?.outcome ?? 'failed') === 'failed')
}

export const ITEMS: readonly VettingItem[] = Object.keys(VETTING_ITEMS) as VettingItem[]
export const VETTING_OUTCOMES: readonly VettingOutcome[] = ['passed', 'failed', 'not-applicable']
