import { SegmentedControl, Text, UnstyledButton } from '@mantine/core'
import { useState } from 'react'
import { Moment } from '../../parts/moment.tsx'
import { Outside } from '../../parts/outside.tsx'
import { Part } from '../../parts/part.tsx'
import { type EventAnswer, whoOf } from './case-steps.ts'
import classes from './cases.module.css'

/** What was said, both ways, and what else happened, newest first. `correct` is there for who may say that one was wrong. */
export function History({ events, correct }: HistoryProps) {
  const [shown, setShown] = useState('all')
  const wanted = shown === 'all' ? events : events.filter(({ said }) => said !== undefined && !said.isInside)
  return (
    <Part
      title="Events and messages"
      act={
        <SegmentedControl
          size="xs"
          aria-label="What is shown"
          value={shown}
          onChange={setShown}
          data={[
            { value: 'all', label: 'Everything' },
            { value: 'said', label: 'With the claimant' },
          ]}
        />
      }
    >
      <ol className={classes['history']}>
        {wanted.toReversed().map((event) => (
          <Event key={event.seq} event={event} correct={correct} />
        ))}
      </ol>
      {wanted.length === 0 && <Text c="dimmed">Nothing was said yet.</Text>}
    </Part>
  )
}

/** One event in the words of those inside. */
export function Event({ event, correct }: { readonly event: EventAnswer; readonly correct?: HistoryProps['correct'] }) {
  const { actor, at, kind, said, told } = event
  const who = whoOf(event)
  const way =
    said === undefined
      ? 'plain'
      : said.isInside
        ? 'note'
        : actor.kind === 'claimant' || kind === 'answered'
          ? 'theirs'
          : 'ours'
  return (
    <li className={classes['event']} data-way={way}>
      <div className={classes['eventhead']}>
        <span>
          <Outside text={who} max={80} />{' '}
          <Text span inherit c="dimmed">
            {said !== undefined && `${SAID_WORDS.get(kind) ?? (said.isInside ? 'noted' : 'wrote')}, `}
            <Moment at={at} as="both" />
          </Text>
        </span>
        {correct !== undefined && !FIXED.has(kind) && (
          <UnstyledButton
            className={classes['wrong']}
            aria-label={`Event ${event.seq} was wrong`}
            onClick={() => correct(event)}
          >
            Was wrong…
          </UnstyledButton>
        )}
      </div>
      <div className={classes['eventtext']}>
        {said === undefined ? <Told told={told} /> : <Outside text={said.text} lines />}
        {kind === 'decided' && (
          <Text size="sm" c="dimmed" mt={4}>
            <Told told={told} />
          </Text>
        )}
      </div>
    </li>
  )
}

type HistoryProps = {
  readonly events: readonly EventAnswer[]
  readonly correct?: ((event: EventAnswer) => void) | undefined
}

/** What happened, with its times on the viewer's clock. */
function Told({ told }: Pick<EventAnswer, 'told'>) {
  const last = told.at(-1)
  return (
    <>
      {told.map((part, index) =>
        typeof part === 'string' ? (
          // oxlint-disable-next-line react/no-array-index-key -- the parts of an event do not move
          <Outside key={index} text={index === 0 ? upper(part) : part} lines max={16_000} />
        ) : (
          <Moment key={part.at} at={part.at} />
        ),
      )}
      {typeof last === 'string' && /[.!?]$/.test(last) ? '' : '.'}
    </>
  )
}

function upper(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1)
}

const SAID_WORDS: ReadonlyMap<string, string> = new Map([
  ['asked', 'asked'],
  ['answered', 'noted the answer'],
  ['decided', 'decided'],
])
/** What is not corrected: that a case was opened, and a correction. */
const FIXED: ReadonlySet<string> = new Set(['opened', 'corrected'])
