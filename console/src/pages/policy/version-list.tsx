import { Button, Text, Title, VisuallyHidden } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { AnswerOf } from '../../client.ts'
import { Moment } from '../../parts/moment.tsx'
import { Outside } from '../../parts/outside.tsx'
import { StatusWord, type Tone } from '../../parts/status-word.tsx'
import classes from './policy.module.css'

export type Version = AnswerOf<'get', '/v1/policy/versions'>['versions'][number]

/** Versions, newest first: who, when, why, and how each stands. */
export function VersionList({ versions, chosen, more }: VersionListProps) {
  return (
    <section aria-label="Versions">
      <Title order={2} size="h4" mb={4}>
        Versions
      </Title>
      <ol className={classes['list']}>
        {versions.map((one) => (
          <li key={one.version}>
            <Link
              to="/policy"
              search={one.state === 'applied' ? {} : { version: String(one.version) }}
              className={classes['version']}
              data-chosen={one.version === chosen || undefined}
              activeOptions={{ exact: true, includeSearch: true }}
            >
              <Text span fw={600} mr={8}>
                {one.version}
              </Text>
              <StatusWord tone={TONES[one.state]}>{STATES[one.state]}</StatusWord>
              {one.version === chosen && <VisuallyHidden>, shown</VisuallyHidden>}
              <Text size="sm" c="dimmed" component="span" display="block">
                <StepWords version={one} />
              </Text>
            </Link>
          </li>
        ))}
      </ol>
      {more !== undefined && (
        <Button variant="subtle" size="compact-sm" onClick={more}>
          Older versions
        </Button>
      )}
    </section>
  )
}

export type VersionListProps = {
  readonly versions: readonly Version[]
  readonly chosen: number
  readonly more: (() => void) | undefined
}

/** By whom and when it came to stand as it does, and why. */
export function StepWords({ version }: { readonly version: Version }) {
  const step = version.steps.at(-1)
  if (step === undefined) return <Moment at={version.madeAt} />
  return (
    <>
      <Moment at={step.at} /> by <Outside text={step.by} max={64} />
      {step.note !== '' && (
        <>
          : <Outside text={step.note} max={160} />
        </>
      )}
      {step.note === '' && step.origin !== undefined && (
        <>
          , from <Outside text={step.origin} max={60} />
        </>
      )}
    </>
  )
}

export const STATES: { readonly [state in Version['state']]: string } = {
  applied: 'In force',
  replaced: 'Replaced',
  'taken-back': 'Taken back',
  staged: 'Waits for a second person',
  dropped: 'Never in force',
}
const TONES: { readonly [state in Version['state']]: Tone } = {
  applied: 'good',
  replaced: 'quiet',
  'taken-back': 'quiet',
  staged: 'wait',
  dropped: 'quiet',
}
