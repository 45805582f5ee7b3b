// One thing: the decision of one case, with what its claimant will read and what gates will hear before it is made.
import { Button, Group, Text, Title } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { isOpenStatus } from '#core/redress/case.ts'
import { type AnswerOf, Problem, send } from '../../client.ts'
import { Moment } from '../../parts/moment.tsx'
import { Outside } from '../../parts/outside.tsx'
import { PhoneNumber } from '../../parts/phone-number.tsx'
import { ProblemBox } from '../../parts/problem-box.tsx'
import { useShortcuts } from '../../shell/shortcuts.ts'
import { STATUS_WORDS, scopeWords } from './case-words.ts'
import classes from './cases.module.css'
import { DecisionFields, OverrideField } from './decision-fields.tsx'
import { type DecisionDraft, NO_DRAFT } from './decision-draft.ts'
import { useDecisionForm } from './decision-form.ts'
import { type CaseAnswer, type EvidenceAnswer, type Steps, isMeanwhile } from './case-steps.ts'

/** The form, what it would do, and the button that does it once that was to be seen; of a case that is decided, by whom. */
export function DecisionPanel({ found, evidence, steps }: DecisionPanelProps) {
  const form = useDecisionForm(`case ${found.case}`, found.numbers)
  const { draft, body, filled } = form
  const [problem, setProblem] = useState<unknown>()
  const [isRunning, setRunning] = useState(false)
  const isOpen = isOpenStatus(found.status)
  const isNews = steps.meanwhile.length > 0
  const [shownBody] = useDebouncedValue(body, PAUSE_MS)
  const isAsked = body !== '' && shownBody === body && isOpen && !isNews
  const preview = useQuery({
    queryKey: ['preview', found.case, found.seq, shownBody],
    queryFn: ({ signal }) =>
      send('post', '/v1/cases/{id}/decision/preview', {
        params: { id: found.case },
        body: { decision: JSON.parse(shownBody) as unknown },
        signal,
      }),
    // What is on its way has been looked at, and changes the case under this question.
    enabled: isAsked && !isRunning,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  })
  const seen = isAsked ? preview.data : undefined
  const refused = problem ?? (isAsked ? preview.error : undefined) ?? undefined
  const needsOverride = seen !== undefined && seen.unproven.length > 0
  const isOverrideMissing = needsOverride && draft.override.trim() === ''
  const isWaiting = body !== '' && isOpen && !isNews && seen === undefined && refused === undefined
  const [isOverrideTried, setOverrideTried] = useState(false)
  const faults = {
    ...form.faultsOf(refused),
    ...(isOverrideTried && isOverrideMissing && { override: 'Write why it goes without proof.' }),
  }
  const change = (next: DecisionDraft): void => {
    setProblem(undefined)
    form.change(next)
  }
  const { renew } = steps
  const isGone = refused instanceof Problem && refused.pointer === '/decision/outcome'
  useEffect(() => {
    if (isGone) renew()
  }, [isGone, renew])
  const decide = async (): Promise<void> => {
    if (isRunning || isWaiting || !isOpen) return
    if (isNews) {
      steps.lead()
      return
    }
    if (seen === undefined || isOverrideMissing) {
      setOverrideTried(true)
      form.tryIt()
      return
    }
    setRunning(true)
    setProblem(undefined)
    try {
      await steps.take(
        'It is decided.',
        (match) =>
          send('post', '/v1/cases/{id}/decision', {
            params: { id: found.case },
            body: {
              decision: JSON.parse(body) as unknown,
              ...(needsOverride && { override: draft.override.trim() }),
            },
            match,
          }),
        true,
      )
      form.change(NO_DRAFT)
    } catch (cause) {
      if (isMeanwhile(cause)) steps.lead()
      else setProblem(cause)
    } finally {
      setRunning(false)
    }
  }
  useShortcuts('On this page', [
    { keys: 'Control+Enter', words: 'Make the decision that is previewed', run: () => void decide() },
  ])
  const rules = [...new Set(evidence?.blocks.map(({ rule }) => rule).filter((rule) => rule !== '') ?? [])]
  const grounds = [...new Set(evidence?.blocks.map((block) => block.grounds).filter((text) => text !== '') ?? [])]
  if (!isOpen && draft.outcome === undefined) return <Decided found={found} />
  return (
    <section className={classes['decide']} aria-label="Decide">
      <form
        ref={form.form}
        noValidate
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
          form={{ ...form, change }}
          faults={faults}
          isRequest={found.request !== undefined}
          numbers={found.numbers}
          rules={rules}
          grounds={grounds}
        />
        {draft.outcome !== undefined && (
          <>
            <div className={classes['preview']} aria-live="polite" aria-busy={isWaiting}>
              {!isOpen ? (
                <Text size="sm">
                  This case is decided already. What you typed is kept until you clear it, and can be sent once the case
                  is open again.
                </Text>
              ) : isNews ? (
                <Text size="sm">
                  What you typed is kept. Look at what happened meanwhile, above, before you decide.
                </Text>
              ) : 'faults' in filled ? (
                <Text size="sm" c="dimmed">
                  {Object.values(filled.faults)[0]} Then stands here what the claimant will read, and what changes.
                </Text>
              ) : refused !== undefined && Object.keys(faults).length === 0 ? (
                <ProblemBox problem={refused} />
              ) : seen === undefined ? (
                <Text size="sm" c="dimmed">
                  {isWaiting ? 'Looking at what it would do…' : 'What it would do stands here once that is mended.'}
                </Text>
              ) : (
                <Preview preview={seen} isLift={draft.outcome !== 'uphold'} />
              )}
            </div>
            {needsOverride && (
              <OverrideField
                numbers={seen.unproven}
                value={draft.override}
                fault={faults.override}
                change={(override) => change({ ...draft, override })}
              />
            )}
            <Group justify="flex-end" gap="xs" mt="sm">
              <Button variant="default" onClick={() => change(NO_DRAFT)}>
                Clear
              </Button>
              <Button type="submit" loading={isRunning} disabled={isWaiting || !isOpen}>
                {ACTS[draft.outcome]}
              </Button>
            </Group>
          </>
        )}
      </form>
    </section>
  )
}

/** Who decided a case, and what can be done about it. */
function Decided({ found }: { readonly found: CaseAnswer }) {
  const decided = found.events.findLast(({ kind }) => kind === 'decided')
  if (found.decision === undefined || decided === undefined) return undefined
  return (
    <section className={classes['decide']} aria-label="Decided">
      <Title order={2} size="h4" mb="xs">
        {STATUS_WORDS[found.status]}
      </Title>
      <Text size="sm">
        <Outside text={decided.actor.name ?? 'Recourse'} max={80} /> decided it, <Moment at={decided.at} as="both" />.
      </Text>
      <Text size="sm" c="dimmed">
        To decide it anew, open it again, or say beside the decision that it was wrong.
      </Text>
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
