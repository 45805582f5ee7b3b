import { Alert, List, Stack, Text, Title, UnstyledButton } from '@mantine/core'
import type { AnswerOf } from '../../client.ts'
import { Outside } from '../../parts/outside.tsx'
import { StatusWord } from '../../parts/status-word.tsx'
import classes from './policy.module.css'

export type Checked = AnswerOf<'post', '/v1/policy/checks'>
export type Words = NonNullable<Checked['words']>

/** What is wrong with a text, each with its place; choosing one puts the caret there. */
export function Faults({ faults, id, goTo }: FaultsProps) {
  return (
    <Alert
      id={id}
      color="red"
      variant="light"
      title={
        faults.length === 1
          ? 'One fault: it cannot be tried or applied'
          : `${faults.length} faults: it cannot be tried or applied`
      }
      role="alert"
    >
      <ul className={classes['list']}>
        {faults.map((fault) => {
          const { where, line, column, found, expected } = fault
          const isHere = where === 'policy' && line !== undefined
          const place = isHere
            ? `Line ${line}, column ${column ?? 1}`
            : `${where}${line === undefined ? '' : `, line ${line}`}`
          const words = (
            <>
              <Text span inherit fw={600}>
                <Outside text={place} max={120} />
              </Text>
              {': found '}
              <Outside text={found} max={300} />
              {expected !== '' && (
                <>
                  {', expected '}
                  <Outside text={expected} max={500} />
                </>
              )}
            </>
          )
          return (
            <li key={`${where}:${line}:${column}:${found}`}>
              {isHere ? (
                <UnstyledButton className={classes['fault']} onClick={() => goTo(line, column ?? 1)}>
                  {words}
                </UnstyledButton>
              ) : (
                <Text className={classes['fault']} component="div">
                  {words}
                </Text>
              )}
            </li>
          )
        })}
      </ul>
    </Alert>
  )
}

export type FaultsProps = {
  readonly faults: Checked['faults']
  readonly id?: string
  readonly goTo: (line: number, column: number) => void
}

/** What a policy does, in the order in which it is asked. */
export function PolicyInWords({ words }: { readonly words: Words }) {
  return (
    <section aria-label="What it does">
      <Title order={2} size="h4" mb={6}>
        What it does
      </Title>
      <List size="sm" spacing={4} mb="xs" listStyleType="none">
        {words.first.map((one) => (
          <List.Item key={one}>
            <Outside text={`${one.charAt(0).toUpperCase()}${one.slice(1)}`} max={300} />
          </List.Item>
        ))}
      </List>
      {words.rules.length === 0 ? (
        <Text size="sm" c="dimmed">
          It has no rules: every call goes on.
        </Text>
      ) : (
        <ol className={classes['rules']}>
          {words.rules.map(({ id, mode, words }) => (
            <Text component="li" size="sm" key={id}>
              <span className={classes['id']}>
                <Outside text={id} max={64} />
              </span>{' '}
              {mode === 'shadow' && <StatusWord>only watches</StatusWord>} <Outside text={words} max={400} />
            </Text>
          ))}
        </ol>
      )}
    </section>
  )
}

/** What a text changes of the policy in force; `guarded` says why a second person has to look. */
export function Changes({ words, guarded, title }: ChangesProps) {
  return (
    <Stack gap={4}>
      <Title order={2} size="h4">
        {title}
      </Title>
      {words.length === 0 ? (
        <Text size="sm" c="dimmed">
          Nothing but wording.
        </Text>
      ) : (
        <List size="sm" spacing={2}>
          {words.slice(0, WORDS_MAX).map((one) => (
            <List.Item key={one}>
              <Outside text={one} max={400} />
            </List.Item>
          ))}
        </List>
      )}
      {words.length > WORDS_MAX && <Text size="sm" c="dimmed">{`and ${words.length - WORDS_MAX} more changes`}</Text>}
      {guarded.length > 0 && (
        <Text size="sm" c="var(--console-wait)">
          It will wait for a second person, because <Outside text={guarded.join('; ')} max={400} />.
        </Text>
      )}
    </Stack>
  )
}

export type ChangesProps = {
  readonly title: string
  readonly words: readonly string[]
  readonly guarded: readonly string[]
}

const WORDS_MAX = 12
