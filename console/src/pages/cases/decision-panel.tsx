// One thing: the decision of one case, with what its claimant will read and what gates will hear before it is made.
import { Button, Group, Text, Title } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { type AnswerOf, send } from '../../client.ts'
import { Moment } from '../../parts/moment.tsx'
import { Outside } from '../../parts/outside.tsx'
import { PhoneNumber } from '../../parts/phone-number.tsx'
import { ProblemBox } from '../../parts/problem-box.tsx'
import { useShortcuts } from '../../shell/shortcuts.ts'
import { scopeWords } from './case-words.ts'
import classes from './cases.module.css'
import { DecisionFields, OverrideField } from './decision-fields.tsx'
import { type DecisionDraft, NO_DRAFT, decisionOf } from './decision-draft.ts'
import type { CaseAnswer, EvidenceAnswer, Steps } from './case-steps.ts'

/** The form, what it would do, and the button that does it once that was to be seen. */
export function DecisionPanel({ found, evidence, steps }: DecisionPanelProps) {
  const [draft, setDraft] = useState<DecisionDraft>(NO_DRAFT)
  const [problem, setProblem] = useState<unknown>()
  const [isRunning, setRunning] = useState(false)
  const filled = decisionOf(draft)
  const body = 'decision' in filled ? JSON.stringify(filled.decision) : ''
  const [shownBody] = useDebouncedValue(body, PAUSE_MS)
  const preview = useQuery({
    queryKey: ['preview', found.case, found.seq, shownBody],
    queryFn: ({ signal }) =>
      send('post', '/v1/cases/{id}/decision/preview', {
        params: { id: found.case },
        body: { decision: JSON.parse(shownBody) as unknown },
        signal,
      }),
    enabled: shownBody !== '',
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  })
  const seen = shownBody === body && body !== '' ? preview.data : undefined
  const needsOverride = seen !== undefined && seen.unproven.length > 0
  const isReady = seen !== undefined && (!needsOverride || draft.override.trim() !== '')
  const decide = async (): Promise<void> => {
    if (!isReady || isRunning) return
    setRunning(true)
    setProblem(undefined)
    try {
      await steps.take('It is decided.', (match) =>
        send('post', '/v1/cases/{id}/decision', {
          params: { id: found.case },
          body: {
            decision: JSON.parse(body) as unknown,
            ...(needsOverride && { override: draft.override.trim() }),
          },
          match,
        }),
      )
      setDraft(NO_DRAFT)
    } catch (cause) {
      setProblem(cause)
    } finally {
      setRunning(false)
    }
  }
  useShortcuts('On this page', [
    { keys: 'Control+Enter', words: 'Make the decision that is previewed', run: () => void decide() },
  ])
  const rules = [...new Set(evidence?.blocks.map(({ rule }) => rule).filter((rule) => rule !== '') ?? [])]
  const grounds = [...new Set(evidence?.blocks.map((block) => block.grounds).filter((text) => text !== '') ?? [])]
  return (
    <section className={classes['decide']} aria-label="Decide">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void decide()
        }}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
          event.preventDefault()
          void decide()
        }}
      >
        <Title order={2} size="h4" mb="xs">
          Decide
        </Title>
        <DecisionFields
          draft={draft}
          change={setDraft}
          isRequest={found.request !== undefined}
          numbers={found.numbers}
          rules={rules}
          grounds={grounds}
        />
        {draft.outcome !== undefined && (
          <>
            <div
              className={classes['preview']}
              aria-live="polite"
              aria-busy={body !== '' && seen === undefined && !preview.isError}
            >
              {'missing' in filled ? (
                <Text size="sm" c="dimmed">
                  {filled.missing} Then stands here what the claimant will read, and what changes.
                </Text>
              ) : preview.isError && shownBody === body ? (
                <ProblemBox problem={preview.error} />
              ) : seen === undefined ? (
                <Text size="sm" c="dimmed">
                  Looking at what it would do…
                </Text>
              ) : (
                <Preview preview={seen} isLift={draft.outcome !== 'uphold'} />
              )}
            </div>
            {needsOverride && (
              <OverrideField
                numbers={seen.unproven}
                value={draft.override}
                change={(override) => setDraft({ ...draft, override })}
              />
            )}
            {problem !== undefined && <ProblemBox problem={problem} />}
            <Group justify="flex-end" gap="xs" mt="sm">
              <Button variant="default" onClick={() => setDraft(NO_DRAFT)}>
                Clear
              </Button>
              <Button type="submit" loading={isRunning} disabled={!isReady}>
                {ACTS[draft.outcome]}
              </Button>
            </Group>
          </>
        )}
      </form>
    </section>
  )
}

/** What would be done and said. */
export function Preview({ preview, isLift }: { readonly preview: PreviewAnswer; readonly isLift: boolean }) {
  const { mail, words, standing, stillLifted } = preview
  return (
    <>
      <h3 className={classes['small']}>What changes</h3>
      <ul className={classes['changes']}>
        {standing.map((fact) => (
          <li key={JSON.stringify(fact)}>
            {FACT_WORDS[fact.kind]}{' '}
            <Outside text={fact.scope === undefined ? ofCall(fact) : scopeWords(fact.scope)} max={120} />
            {fact.rule !== undefined && (
              <>
                , for rule <Outside text={fact.rule} max={64} /> only
              </>
            )}
            {fact.attestation !== undefined && `, signed ${fact.attestation} at least`}
            {fact.until === undefined ? ', without an end' : ', until '}
            {fact.until !== undefined && <Moment at={fact.until} />}.
          </li>
        ))}
        {standing.length === 0 && <li>{isLift ? 'Nothing changes at the gates.' : 'The gates go on as they are.'}</li>}
        {stillLifted.map(({ number, case: other, until }) => (
          <li key={`${number} ${other}`} className={classes['wait']}>
            Calls from <PhoneNumber of={number} /> are let through all the same: case {other} lifted it
            {until === undefined ? ', without an end' : ', until '}
            {until !== undefined && <Moment at={until} />}. If that is to end, decide that case too.
          </li>
        ))}
      </ul>
      <h3 className={classes['small']}>
        {mail === undefined
          ? 'What the claimant reads on the page of the case; no mail goes'
          : 'What the claimant reads'}
      </h3>
      <div className={classes['letter']}>
        {mail !== undefined && (
          <p className={classes['letterhead']}>
            To <Outside text={mail.to} max={200} />
            <br />
            <strong>
              <Outside text={mail.subject} max={300} />
            </strong>
          </p>
        )}
        <Outside text={mail?.text ?? words.join('\n\n')} lines max={16_000} />
      </div>
    </>
  )
}

type PreviewAnswer = AnswerOf<'post', '/v1/cases/{id}/decision/preview'>
type DecisionPanelProps = {
  readonly found: CaseAnswer
  readonly evidence: EvidenceAnswer | undefined
  readonly steps: Steps
}

function ofCall({
  calling,
  called,
}: {
  readonly calling?: string | undefined
  readonly called?: string | undefined
}): string {
  return [calling, called].filter((one) => one !== undefined).join(' to ')
}

const ACTS = { lift: 'Lift', partly: 'Lift in part', uphold: 'Uphold the block', grant: 'Grant' } as const
const FACT_WORDS = {
  lift: 'No rule of analytics blocks',
  registered: 'Registered:',
  refuses: 'Refused for the subscriber:',
  accepts: 'Let through for the subscriber:',
  'opted-out': 'No rule of analytics blocks calls to',
} as const
/** What is typed is previewed when typing pauses. */
const PAUSE_MS = 350
