// One thing: the cases of one campaign, decided alike: who they are, what each would be told, and what became of each.
import { Anchor, Button, Checkbox, Group, Text } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQueries, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { type AnswerOf, send } from '../../client.ts'
import { asProblem } from '../../parts/as-problem.ts'
import { useFilters } from '../../parts/filters.tsx'
import { Outside } from '../../parts/outside.tsx'
import { PageState } from '../../parts/page-state.tsx'
import { Page } from '../../parts/page.tsx'
import { Columns, Part } from '../../parts/part.tsx'
import { PhoneNumber } from '../../parts/phone-number.tsx'
import { ProblemBox } from '../../parts/problem-box.tsx'
import { StatusWord } from '../../parts/status-word.tsx'
import { useMay } from '../../shell/session.ts'
import { type CaseAnswer, caseQuery } from './case-steps.ts'
import { STATUS_TONES, STATUS_WORDS, countOf } from './case-words.ts'
import classes from './cases.module.css'
import { NO_DRAFT } from './decision-draft.ts'
import { useDecisionForm } from './decision-form.ts'
import { DecisionFields, OverrideField } from './decision-fields.tsx'
import { Preview } from './decision-panel.tsx'

/** Many cases, one decision; the address says which. */
export function DecideManyPage() {
  const filters = useFilters()
  const mayDecide = useMay('cases.decide')
  const ids = [...new Set((filters.get('cases') ?? '').split('.').filter((id) => PUBLIC_ID.test(id)))].slice(
    0,
    CASES_MAX,
  )
  const found = useQueries({ queries: ids.map((id) => caseQuery(id)) })
  const cases = found.flatMap(({ data }) => (data === undefined ? [] : [data]))
  const failed = found.find(({ error }) => error !== null)
  return (
    <Page
      title="Decide together"
      up={UP}
      words="Each case is decided by itself. What cannot be decided so is said, and stays as it is."
    >
      {!mayDecide ? (
        <PageState needs="cases.decide" />
      ) : ids.length === 0 ? (
        <PageState
          empty={{ title: 'No case is chosen', words: 'Choose some in the list of cases, by their boxes or by x.' }}
        />
      ) : failed !== undefined && cases.length === 0 ? (
        <PageState failed={asProblem(failed.error)} again={() => void failed.refetch()} />
      ) : cases.length < ids.length && failed === undefined ? (
        <PageState isLoading />
      ) : (
        <Together cases={cases} />
      )}
    </Page>
  )
}

function Together({ cases }: { readonly cases: readonly CaseAnswer[] }) {
  const queries = useQueryClient()
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set())
  const form = useDecisionForm(`cases ${cases.map((one) => one.case).join(' ')}`, [])
  const { body, change, draft, filled } = form
  const [shown, setShown] = useState<string>()
  const [results, setResults] = useState<ReadonlyMap<string, Result>>(new Map())
  const [problem, setProblem] = useState<unknown>()
  const [isRunning, setRunning] = useState(false)
  const isDone = (id: string): boolean => results.get(id)?.seq !== undefined
  const wanted = cases.filter((one) => !left.has(one.case) && !isDone(one.case))
  const [shownBody] = useDebouncedValue(body, PAUSE_MS)
  const previews = useQueries({
    queries: cases.map((one) => ({
      queryKey: ['preview', one.case, one.seq, shownBody],
      queryFn: ({ signal }: { readonly signal: AbortSignal }) =>
        send('post', '/v1/cases/{id}/decision/preview', {
          params: { id: one.case },
          body: { decision: JSON.parse(shownBody) as unknown },
          signal,
        }),
      enabled: body !== '' && shownBody === body && !isRunning && !left.has(one.case) && !isDone(one.case),
      staleTime: Number.POSITIVE_INFINITY,
      retry: false,
    })),
  })
  const previewOf = new Map(cases.map((one, at) => [one.case, previews[at]!] as const))
  const isSeen = shownBody === body && body !== '' && wanted.every((one) => !previewOf.get(one.case)!.isPending)
  const able = isSeen ? wanted.filter((one) => previewOf.get(one.case)!.data !== undefined) : []
  const unproven = [...new Set(able.flatMap((one) => previewOf.get(one.case)!.data!.unproven))]
  const isOverrideMissing = unproven.length > 0 && draft.override.trim() === ''
  const isWaiting = body !== '' && !isSeen
  const [isTried, setTried] = useState(false)
  // What every case refuses is about the form, not about a case.
  const refused = isSeen && able.length === 0 ? wanted.map((one) => previewOf.get(one.case)!.error)[0] : undefined
  const example = able.find((one) => one.case === shown) ?? able[0]
  const decide = async (): Promise<void> => {
    if (isRunning || isWaiting) return
    if (able.length === 0 || isOverrideMissing) {
      setTried(true)
      form.tryIt()
      return
    }
    setRunning(true)
    setProblem(undefined)
    try {
      const answer = await send('post', '/v1/cases/decisions', {
        body: {
          cases: able.map((one) => ({ case: one.case, seq: one.seq })),
          decision: JSON.parse(body) as unknown,
          ...(unproven.length > 0 && { override: draft.override.trim() }),
        },
      })
      setResults(new Map([...results, ...answer.results.map((one) => [one.case, one] as const)]))
      if (answer.results.every(({ seq }) => seq !== undefined)) change(NO_DRAFT)
      await Promise.all([
        queries.invalidateQueries({ queryKey: ['cases'] }),
        queries.invalidateQueries({ queryKey: ['case'] }),
      ])
    } catch (cause) {
      setProblem(cause)
    } finally {
      setRunning(false)
    }
  }
  const decided = [...results.values()].filter(({ seq }) => seq !== undefined).length
  return (
    <Columns>
      <Part title={countOf(cases.length, 'case')}>
        <div role="status">
          {results.size > 0 && (
            <Text fw={600} mb="xs">
              {decided === results.size
                ? `${countOf(decided, 'case is', 'cases are')} decided.`
                : `${decided} of ${results.size} are decided; what kept the others stands beside them.`}
            </Text>
          )}
        </div>
        <ul className={classes['list']} aria-label="Cases">
          {cases.map((one) => (
            <Line
              key={one.case}
              found={one}
              isIn={!left.has(one.case)}
              change={(isIn) => {
                const next = new Set(left)
                if (isIn) next.delete(one.case)
                else next.add(one.case)
                setLeft(next)
              }}
              result={results.get(one.case)}
              problem={isSeen && previewOf.get(one.case)!.isError ? previewOf.get(one.case)!.error : undefined}
              isUnproven={isSeen && (previewOf.get(one.case)!.data?.unproven.length ?? 0) > 0}
              show={able.some((other) => other.case === one.case) ? () => setShown(one.case) : undefined}
              isShown={example?.case === one.case}
            />
          ))}
        </ul>
      </Part>
      <section className={classes['decide']} aria-label="Decide">
        <form
          ref={form.form}
          noValidate
          onSubmit={(event) => {
            event.preventDefault()
            void decide()
          }}
        >
          <DecisionFields
            form={form}
            faults={form.faultsOf(refused)}
            isRequest={cases.every(({ request }) => request !== undefined)}
            numbers={[]}
            rules={[]}
            grounds={[]}
          />
          {draft.outcome !== undefined && (
            <>
              <div className={classes['preview']} aria-live="polite" aria-busy={isWaiting}>
                {'faults' in filled ? (
                  <Text size="sm" c="dimmed">
                    {Object.values(filled.faults)[0]} Then stands here what each claimant will read.
                  </Text>
                ) : example === undefined ? (
                  <Text size="sm" c="dimmed">
                    {isSeen ? 'None of them can be decided so.' : 'Looking at what it would do…'}
                  </Text>
                ) : (
                  <>
                    <Text size="sm" mb="xs">
                      Of the case of <Outside text={claimantOf(example)} max={120} />; show another by its line.
                    </Text>
                    <Preview preview={previewOf.get(example.case)!.data!} isLift={draft.outcome !== 'uphold'} />
                  </>
                )}
              </div>
              {unproven.length > 0 && (
                <OverrideField
                  numbers={unproven}
                  value={draft.override}
                  fault={isTried && isOverrideMissing ? 'Write why it goes without proof.' : undefined}
                  change={(override) => change({ ...draft, override })}
                />
              )}
              {problem !== undefined && <ProblemBox problem={problem} />}
              <Group justify="flex-end" mt="sm">
                <Button type="submit" loading={isRunning} disabled={isWaiting || (body !== '' && able.length === 0)}>
                  Decide {countOf(able.length > 0 ? able.length : wanted.length, 'case')}
                </Button>
              </Group>
            </>
          )}
        </form>
      </section>
    </Columns>
  )
}

function Line({ found, isIn, change, result, problem, isUnproven, show, isShown }: LineProps) {
  const name = claimantOf(found)
  const isDone = result?.seq !== undefined
  return (
    <li className={classes['choice']} data-shown={isShown}>
      {isDone ? (
        <span />
      ) : (
        <Checkbox
          size="xs"
          aria-label={`Decide the case of ${name}`}
          checked={isIn}
          onChange={({ currentTarget }) => change(currentTarget.checked)}
        />
      )}
      <div>
        <Anchor component={Link} to={`/cases/${found.case}`}>
          <Outside text={name} max={120} />
        </Anchor>{' '}
        <StatusWord tone={STATUS_TONES[found.status]}>{STATUS_WORDS[found.status]}</StatusWord>
        <Text size="sm" c="dimmed">
          {found.numbers[0] !== undefined && <PhoneNumber of={found.numbers[0]} />}
          {found.numbers.length > 1 && ` and ${found.numbers.length - 1} more`}
          {isUnproven && !isDone && '. Control not shown'}
        </Text>
        {isDone && <Text size="sm">Decided{result.notes?.map((note) => `. ${note}`)}</Text>}
        {result?.problem !== undefined && (
          <Text size="sm" className={classes['wait'] ?? ''}>
            Not decided: <Outside text={result.problem.detail} max={400} />
          </Text>
        )}
        {problem !== undefined && (
          <Text size="sm" className={classes['wait'] ?? ''}>
            Cannot be decided so: <Outside text={asProblem(problem)?.message ?? ''} max={400} />
          </Text>
        )}
      </div>
      {show !== undefined && !isShown && (
        <Button variant="subtle" size="compact-xs" onClick={show} aria-label={`Show what ${name} will read`}>
          Show
        </Button>
      )}
    </li>
  )
}

function claimantOf({ claim: { claimant } }: CaseAnswer): string {
  return claimant.organisation ?? claimant.name
}

type Result = AnswerOf<'post', '/v1/cases/decisions'>['results'][number]
type LineProps = {
  readonly found: CaseAnswer
  readonly isIn: boolean
  readonly change: (isIn: boolean) => void
  readonly result: Result | undefined
  readonly problem: unknown
  readonly isUnproven: boolean
  readonly show: (() => void) | undefined
  readonly isShown: boolean
}

const UP = { to: '/cases', label: 'Cases' }
const PUBLIC_ID = /^[A-Za-z0-9_-]{22}$/
const CASES_MAX = 100
const PAUSE_MS = 350
