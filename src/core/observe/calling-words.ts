import type { GroupState } from './group.ts'

/** What the first line about one's own calls is made of. */
export type CallingFacts = {
  /** Whether anything was ever seen. */
  readonly isEmpty: boolean
  /** Own numbers in groups that stand open, and those who block them. */
  readonly numbers: number
  readonly blockers: number
  readonly states: ReadonlyMap<GroupState, number>
  readonly disputes: { readonly open: number; readonly overdue: number; readonly ours: number }
}

/** Says in a sentence or two whether numbers are blocked and what wants somebody; without times, which are the reader's. */
export function tellCalling({ isEmpty, numbers, blockers, states, disputes }: CallingFacts): string {
  if (isEmpty) return 'No call of yours has been seen yet.'
  const open = OPEN_STATES.reduce((sum, state) => sum + (states.get(state) ?? 0), 0)
  const sentences = [open === 0 ? 'None of your numbers is known to be blocked.' : tellBlocked(numbers, blockers, open)]
  const back = states.get('regressed') ?? 0
  const rising = states.get('escalating') ?? 0
  const wants = [
    ...(back > 0 ? [`${counted(back, 'block')} came back after being resolved`] : []),
    ...(rising > 0 ? [`${counted(rising, 'block')} ${rising === 1 ? 'is' : 'are'} rising`] : []),
    ...(disputes.overdue > 0 ? [`${counted(disputes.overdue, 'dispute')} overdue`] : []),
    ...(disputes.ours > 0
      ? [`${counted(disputes.ours, 'dispute')} ${disputes.ours === 1 ? 'waits' : 'wait'} for you`]
      : []),
  ]
  if (wants.length > 0) sentences.push(`${wants.join('; ')}.`)
  return sentences.join(' ')
}

/** Whether somebody has something to do. */
export function needsSomebody({ states, disputes }: CallingFacts): boolean {
  return (states.get('regressed') ?? 0) + (states.get('escalating') ?? 0) + disputes.overdue + disputes.ours > 0
}

function tellBlocked(numbers: number, blockers: number, groups: number): string {
  if (numbers === 0) return `Calls without a number of yours are blocked by ${counted(blockers, 'network')}.`
  const verb = numbers === 1 ? 'is' : 'are'
  const more = groups > blockers ? ` in ${counted(groups, 'group')}` : ''
  return `${numbers} of your numbers ${verb} blocked by ${counted(blockers, 'network')}${more}.`
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

/** States in which a block stands, and nobody has said that it may. */
export const OPEN_STATES: readonly GroupState[] = ['regressed', 'escalating', 'new', 'ongoing']
