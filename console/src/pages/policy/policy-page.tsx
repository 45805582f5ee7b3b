// One thing: the text of the policy on its way from an idea to what gates judge by: written, checked, compared, tried, applied.
import { Button, Group, NativeSelect, Stack, Text } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useId, useMemo, useRef, useState } from 'react'
import { type AnswerOf, get, send } from '../../client.ts'
import { asProblem } from '../../parts/as-problem.ts'
import { useAsk } from '../../parts/ask.tsx'
import { ExportMenu } from '../../parts/export-menu.tsx'
import { useFilters } from '../../parts/filters.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Outside } from '../../parts/outside.tsx'
import { PageState } from '../../parts/page-state.tsx'
import { ProblemBox } from '../../parts/problem-box.tsx'
import { useMay } from '../../shell/session.ts'
import { useShortcuts } from '../../shell/shortcuts.ts'
import { Changes, type Checked, Faults, PolicyInWords } from './checked.tsx'
import { LineDiff } from './line-diff.tsx'
import { type Draft, useDraft } from './policy-draft.ts'
import { PolicyFrame } from './policy-frame.tsx'
import classes from './policy.module.css'
import { TrialPanel } from './trial-panel.tsx'
import { STATES, StepWords, VersionList } from './version-list.tsx'
import { YamlEditor, goToPlace } from './yaml-editor.tsx'
import { hiddenIn } from './yaml-tokens.ts'

/** The policy in force, or another version beside it. */
export function PolicyPage() {
  const filters = useFilters()
  const versions = useInfiniteQuery({
    queryKey: ['policy', 'versions'],
    queryFn: ({ pageParam, signal }) =>
      get('/v1/policy/versions', { query: { after: pageParam, limit: '20' }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ after }) => (after === undefined ? undefined : String(after)),
  })
  const inForce = versions.data?.pages[0]?.inForce
  const asked = Number(filters.get('version') ?? Number.NaN)
  const shown = Number.isInteger(asked) && asked > 0 ? asked : inForce
  const isOther = shown !== inForce
  const version = useVersion(shown)
  const standing = useVersion(inForce)
  const all = versions.data?.pages.flatMap((page) => page.versions) ?? []
  const current = standing.data
  return (
    <PolicyFrame
      title="Policy"
      words={
        current === undefined ? (
          'What is blocked, and why.'
        ) : (
          <>
            Version {current.version} is in force since <StepWords version={current} />.
          </>
        )
      }
      acts={version.data?.yaml === undefined ? undefined : <TakeText version={version.data} />}
    >
      {versions.isPending ? (
        <PageState isLoading />
      ) : versions.isError ? (
        <PageState failed={asProblem(versions.error)} again={() => void versions.refetch()} />
      ) : inForce === 0 ? (
        <PageState
          empty={{
            title: 'No policy is in force',
            words: 'The one of recourse.yaml comes into force when the gate starts.',
          }}
        />
      ) : (
        <div className={classes['whole']}>
          <div className={classes['work']}>
            {version.isError ? (
              <PageState failed={asProblem(version.error)} again={() => void version.refetch()} />
            ) : version.data === undefined || current === undefined ? (
              <PageState isLoading />
            ) : isOther ? (
              <OldVersion version={version.data} standing={current} />
            ) : (
              <Workbench standing={current} />
            )}
          </div>
          <div className={classes['versions']}>
            <VersionList
              versions={all}
              chosen={shown ?? 0}
              more={versions.hasNextPage ? () => void versions.fetchNextPage() : undefined}
            />
          </div>
        </div>
      )}
    </PolicyFrame>
  )
}

type Whole = AnswerOf<'get', '/v1/policy/versions/{version}'>

function useVersion(version: number | undefined) {
  return useQuery({
    queryKey: ['policy', 'version', version],
    queryFn: ({ signal }) => get('/v1/policy/versions/{version}', { params: { version: String(version) }, signal }),
    enabled: version !== undefined && version > 0,
  })
}

function TakeText({ version }: { readonly version: Whole }) {
  const make = (): Promise<Blob> => Promise.resolve(new Blob([version.yaml ?? ''], { type: 'application/yaml' }))
  const asJson = (): Promise<Blob> =>
    Promise.resolve(new Blob([JSON.stringify(version, undefined, 2)], { type: 'application/json' }))
  return (
    <ExportMenu
      ways={[
        { label: 'YAML', name: `policy-${version.version}.yaml`, make },
        { label: 'JSON', name: `policy-${version.version}.json`, make: asJson },
      ]}
    />
  )
}

/** Where the text in force is worked on: nothing of it counts until it is applied. */
function Workbench({ standing }: { readonly standing: Whole }) {
  const mayChange = useMay('policy.change')
  const [draft, keepDraft] = useDraft()
  const filters = useFilters()
  const ask = useAsk()
  const queries = useQueryClient()
  const field = useRef<HTMLTextAreaElement>(null)
  const faultsId = useId()
  const [days, setDays] = useState('7')
  const [problem, setProblem] = useState<unknown>()
  const [tried, setTried] = useState<{ readonly id: string; readonly yaml: string }>()
  const [isBeginning, setBeginning] = useState(false)

  const text = standing.yaml ?? ''
  const yaml = draft?.yaml ?? text
  const [settled] = useDebouncedValue(yaml, 400)
  const base = draft?.base ?? standing.version
  const uploads = useMemo(() => draft?.uploads.map(({ id }) => id) ?? [], [draft])
  const isChanged = draft !== undefined && (draft.yaml !== text || uploads.length > 0)
  const check = useQuery({
    queryKey: ['policy', 'check', settled, base, uploads, standing.version],
    queryFn: ({ signal }) => send('post', '/v1/policy/checks', { body: { yaml: settled, base, uploads }, signal }),
    enabled: mayChange && isChanged,
    placeholderData: (before) => before,
  })
  const isFresh = settled === yaml && !check.isPlaceholderData && check.data !== undefined
  const checked: Checked | undefined = isChanged ? check.data : undefined
  const faults = checked?.isGood === false ? checked.faults : []
  const trial = filters.get('trial')
  const change = (yaml: string): void => {
    const next: Draft = { yaml, base, uploads: draft?.uploads ?? [] }
    keepDraft(yaml === text && next.uploads.length === 0 ? undefined : next)
  }

  const tryIt = async (): Promise<void> => {
    if (!mayChange || isBeginning) return
    setBeginning(true)
    setProblem(undefined)
    try {
      const begun = await send('post', '/v1/policy/trials', { body: { yaml, base, uploads, days: Number(days) } })
      setTried({ id: begun.id, yaml })
      filters.set({ trial: begun.id })
    } catch (cause) {
      setProblem(cause)
    } finally {
      setBeginning(false)
    }
  }
  const isTried = tried !== undefined && tried.id === trial && tried.yaml === yaml
  const apply = async (): Promise<void> => {
    if (checked?.isGood !== true || !isFresh) return
    const { words } = checked.difference ?? { words: [] }
    const isDone = await ask({
      title: 'Put this policy into force?',
      happens: [
        ...(isTried ? [] : [<b key="untried">It was not tried on past calls.</b>]),
        ...words.slice(0, 6).map((one) => <Outside key={one} text={one} max={200} />),
        ...(words.length > 6 ? [`and ${words.length - 6} more changes`] : []),
        checked.guarded.length > 0
          ? 'It waits for a second person, and what is in force stays until then.'
          : 'Every gate judges by it within a second. It can be taken back.',
      ],
      act: isTried ? 'Apply' : 'Apply without trying',
      words: { label: 'Why', hint: 'For whoever looks back; everybody inside can read it.' },
      run: async (note) => {
        await send('post', '/v1/policy/versions', {
          body: { yaml, base, uploads, note: note.replaceAll(/\s+/g, ' ') },
          match: `"${standing.version}"`,
        })
      },
    })
    if (!isDone) return
    keepDraft(undefined)
    filters.set({ trial: undefined })
    await queries.invalidateQueries({ queryKey: ['policy'] })
  }
  const drop = async (): Promise<void> => {
    const isDone = await ask({
      title: 'Drop your changes?',
      happens: ['The editor has the text in force again. What you typed is gone.'],
      act: 'Drop them',
      isGrave: true,
      run: () => undefined,
    })
    if (!isDone) return
    keepDraft(undefined)
    filters.set({ trial: undefined })
  }
  useShortcuts('On this page', [
    { keys: 'e', words: 'Edit the text', run: () => field.current?.focus() },
    { keys: 't', words: 'Try it on past calls (in the text Ctrl or Cmd with Enter)', run: () => void tryIt() },
    { keys: 'a', words: 'Apply it', run: () => void apply() },
  ])

  const words = (checked?.isGood === true ? checked.words : undefined) ?? standing.words
  return (
    <Stack gap="lg">
      <div className={classes['halves']}>
        <Stack gap="sm" miw={0}>
          <YamlEditor
            label={isChanged ? 'Your text' : `Text of version ${standing.version}`}
            value={yaml}
            field={field}
            marks={faults.flatMap(({ where, line, column, found, expected }) =>
              where === 'policy' && line !== undefined
                ? [{ line, column: column ?? 1, words: `found ${found}, expected ${expected}` }]
                : [],
            )}
            describedBy={faults.length > 0 ? faultsId : undefined}
            onGo={() => void tryIt()}
            {...(mayChange && { change })}
          />
          {draft !== undefined && draft.uploads.length > 0 && (
            <Text size="sm">
              With the new lists <Outside text={draft.uploads.map(({ list }) => list).join(', ')} max={200} />.
            </Text>
          )}
          {isChanged && base !== standing.version && (
            <Text size="sm" c="var(--console-wait)">
              You began with version {base}; version {standing.version} came into force since. Look at what yours
              changes before you apply it.
            </Text>
          )}
          {mayChange && (
            <Group gap="sm" align="flex-end">
              <NativeSelect
                label="Try it on the last"
                value={days}
                onChange={({ currentTarget }) => setDays(currentTarget.value)}
                data={DAYS}
              />
              <Button variant="default" loading={isBeginning} disabled={faults.length > 0} onClick={() => void tryIt()}>
                Try it
              </Button>
              <Button
                disabled={checked?.isGood !== true || !isFresh || checked.difference?.text === ''}
                onClick={() => void apply()}
              >
                Apply…
              </Button>
              {isChanged && (
                <Button variant="subtle" color="gray" onClick={() => void drop()}>
                  Drop changes
                </Button>
              )}
            </Group>
          )}
          {mayChange ? undefined : (
            <Text size="sm" c="dimmed">
              Your role reads the policy. An admin can change it.
            </Text>
          )}
          <HiddenCharacters text={yaml} />
          {check.isError && isChanged && <ProblemBox problem={check.error} />}
          {problem !== undefined && <ProblemBox problem={problem} />}
          {faults.length > 0 && (
            <Faults id={faultsId} faults={faults} goTo={(line, column) => goToPlace(field.current, line, column)} />
          )}
        </Stack>
        <Stack gap="lg" miw={0}>
          {checked?.isGood === true && (
            <Changes
              title={`What it changes of version ${standing.version}`}
              words={checked.difference?.words ?? []}
              guarded={checked.guarded}
            />
          )}
          {words !== undefined && <PolicyInWords words={words} />}
          {checked?.reminders.map((one) => (
            <Text key={one} size="sm" c="var(--console-wait)">
              <Outside text={one} max={400} />
            </Text>
          ))}
        </Stack>
      </div>
      {trial !== undefined && (
        <TrialPanel
          key={trial}
          id={trial}
          isOther={tried?.id === trial && tried.yaml !== yaml}
          isBegun={tried?.id === trial}
        />
      )}
      {isChanged && draft.yaml !== text && (
        <details open>
          <summary>Line by line</summary>
          <LineDiff before={text} after={yaml} label="Your text against the one in force" />
        </details>
      )}
    </Stack>
  )
}

/** Says where a text is not what it looks like. */
function HiddenCharacters({ text }: { readonly text: string }) {
  const hidden = useMemo(() => hiddenIn(text), [text])
  const [first] = hidden
  if (first === undefined) return undefined
  const more = hidden.length > 1 ? `, and ${hidden.length - 1} more lines have such` : ''
  return (
    <Text size="sm" c="var(--console-wait)" role="note">
      {`Line ${first.line} has characters that are not seen: ${first.names.join(', ')}${more}.`}
    </Text>
  )
}

/** A version that is not in force: its text, and what it would change. */
function OldVersion({ version, standing }: { readonly version: Whole; readonly standing: Whole }) {
  const mayChange = useMay('policy.change')
  const ask = useAsk()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const [, keepDraft] = useDraft()
  const { version: number, state, yaml, words, faults } = version
  const difference = useQuery({
    queryKey: ['policy', 'difference', standing.version, number],
    queryFn: ({ signal }) =>
      get('/v1/policy/differences', { query: { from: String(standing.version), to: String(number) }, signal }),
    enabled: yaml !== undefined,
  })
  const isStaged = state === 'staged'
  const change = async (): Promise<void> => {
    const path = isStaged ? '/v1/policy/versions/{version}/approval' : '/v1/policy/versions/{version}/application'
    const isDone = await ask({
      title: isStaged ? `Put version ${number} into force, as a second person?` : `Go back to version ${number}?`,
      happens: [
        ...(difference.data?.words.slice(0, 6).map((one) => <Outside key={one} text={one} max={200} />) ?? []),
        'Every gate judges by it within a second.',
      ],
      act: isStaged ? 'Approve' : 'Go back',
      words: { label: 'Why', hint: 'For whoever looks back; everybody inside can read it.' },
      run: async (note) => {
        await send('post', path, {
          params: { version: String(number) },
          body: { note: note.replaceAll(/\s+/g, ' ') },
          match: `"${standing.version}"`,
        })
      },
    })
    if (!isDone) return
    await queries.invalidateQueries({ queryKey: ['policy'] })
    await navigate({ to: '/policy', search: {} })
  }
  const begin = (): void => {
    keepDraft({ yaml: yaml ?? '', base: number, uploads: [] })
    void navigate({ to: '/policy', search: {} })
  }
  return (
    <Stack gap="md">
      <Text>
        Version {number}: {STATES[state].toLowerCase()}, <StepWords version={version} />.{' '}
        {version.replaced !== undefined && (
          <>
            Version {version.replaced.version} came in its place <Moment at={version.replaced.at} />, by{' '}
            <Outside text={version.replaced.by} max={64} />
            {version.replaced.note !== '' && (
              <>
                : <Outside text={version.replaced.note} max={160} />
              </>
            )}
            .
          </>
        )}
      </Text>
      {mayChange && yaml !== undefined && (
        <Group gap="sm">
          {state !== 'dropped' && (
            <Button disabled={faults.length > 0} onClick={() => void change()}>
              {isStaged ? 'Approve…' : `Go back to version ${number}…`}
            </Button>
          )}
          <Button variant="default" onClick={begin}>
            Edit from here
          </Button>
        </Group>
      )}
      {yaml === undefined && <Text c="dimmed">It was made before texts were kept.</Text>}
      {faults.length > 0 && <Faults faults={faults} goTo={() => undefined} />}
      {difference.data !== undefined && (
        <>
          <Changes
            title={`What it would change of version ${standing.version}`}
            words={difference.data.words}
            guarded={[]}
          />
          <LineDiff
            before={standing.yaml ?? ''}
            after={yaml ?? ''}
            label={`Version ${number} against the one in force`}
          />
        </>
      )}
      <div className={classes['halves']}>
        {yaml !== undefined && (
          <Stack gap="xs" miw={0}>
            <YamlEditor label={`Text of version ${number}`} value={yaml} />
            <HiddenCharacters text={yaml} />
          </Stack>
        )}
        {words !== undefined && <PolicyInWords words={words} />}
      </div>
    </Stack>
  )
}

const DAYS = [
  { value: '1', label: '24 hours' },
  { value: '7', label: '7 days' },
  { value: '14', label: '14 days' },
  { value: '28', label: '28 days' },
]
