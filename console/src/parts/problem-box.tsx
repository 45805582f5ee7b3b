import { Alert, Text } from '@mantine/core'
import { Problem } from '../client.ts'
import { formatLength } from './moment-words.ts'
import { Outside } from './outside.tsx'
import classes from './problem-box.module.css'

/** What went wrong and what to do now, where it happened. Takes whatever was thrown; undefined shows a fault of ours. */
export function ProblemBox({ problem }: { readonly problem: unknown }) {
  const { title, detail, advice } = wordsOf(problem)
  return (
    <Alert title={title} role="alert" classNames={{ root: classes['box'] ?? '', title: classes['title'] ?? '' }}>
      <Text inherit>
        <Outside text={/[.!?]$/.test(detail) ? detail : `${detail}.`} /> {advice}
      </Text>
    </Alert>
  )
}

function wordsOf(problem: unknown): { readonly title: string; readonly detail: string; readonly advice: string } {
  if (!(problem instanceof Problem)) {
    const detail = problem instanceof Error ? problem.message : 'Something here is wrong, and it is not your doing.'
    return { title: 'This page failed', detail, advice: 'Load the page again.' }
  }
  const { kind, title, message, retryAfterS } = problem
  const wait = retryAfterS === undefined ? '' : `Try again in ${formatLength(retryAfterS * 1000)}. `
  return { title: TITLES.get(kind) ?? title, detail: message, advice: wait + (ADVICE.get(kind) ?? '') }
}

const TITLES: ReadonlyMap<string, string> = new Map([
  ['bad-field', 'It cannot be taken so'],
  ['changed', 'Somebody else was faster'],
  ['not-allowed', 'Your role may not do that'],
  ['fault', 'Recourse failed at this'],
])
const ADVICE: ReadonlyMap<string, string> = new Map([
  ['changed', 'Nothing was changed. Load it again to see how it stands now.'],
  ['not-saved', 'Nothing was changed. Try again in a moment.'],
  ['busy', 'Nothing was changed. Try again in a moment.'],
  ['offline', 'Nothing that you typed is lost.'],
])
