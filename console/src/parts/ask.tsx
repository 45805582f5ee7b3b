import { Button, Group, List, Modal, Stack, Text, Textarea } from '@mantine/core'
import { type ReactNode, createContext, useCallback, useContext, useId, useState } from 'react'
import { ProblemBox } from './problem-box.tsx'
import { keepTyped, readTyped, useTyped } from './typed.ts'

/**
 * Asks before something that counts is done: `const ask = useAsk()` and then
 * `ask({ title: 'Lift 3 numbers?', happens: ['…'], act: 'Lift', run: (reason) => send(…) })`. The dialog says what will happen, stays open
 * and says so where it fails, and answers true once it is done, false where somebody thought better of it.
 */
export function useAsk(): (question: Question) => Promise<boolean> {
  const ask = useContext(AskContext)
  if (ask === undefined) throw new Error('there is no dialog to ask with')
  return ask
}

/** Whether a question of this title was being answered on this page when the page was left or the session ended. */
export function wasAsked(title: string): boolean {
  return readTyped(askedPlace(title)) !== undefined
}

export type Question = {
  readonly title: string
  /** What will happen, a sentence each. */
  readonly happens: readonly ReactNode[]
  /** What the button says: a verb. */
  readonly act: string
  /** For what cannot be taken back. */
  readonly isGrave?: boolean
  /** A text that is asked for, such as a reason. */
  readonly words?: {
    readonly label: string
    readonly hint?: string
    readonly isOptional?: boolean
    readonly value?: string
  }
  /** Does it. What it throws is shown in the dialog, and may be tried again. */
  readonly run: (words: string) => unknown
}

/** The one dialog of a page; stands around everything that asks. */
export function AskProvider({ children }: { readonly children: ReactNode }) {
  const [asked, setAsked] = useState<{ readonly question: Question; readonly end: (isDone: boolean) => void }>()
  const [isOpen, setOpen] = useState(false)
  const ask = useCallback(
    (question: Question) =>
      new Promise<boolean>((resolve) => {
        setAsked({ question, end: resolve })
        setOpen(true)
      }),
    [],
  )
  const end = (isDone: boolean): void => {
    setOpen(false)
    if (asked !== undefined) keepTyped(askedPlace(asked.question.title), undefined)
    asked?.end(isDone)
  }
  return (
    <AskContext value={ask}>
      {children}
      <Modal opened={isOpen} onClose={() => end(false)} title={asked?.question.title}>
        {asked !== undefined && <Asked key={asked.question.title} question={asked.question} end={end} />}
      </Modal>
    </AskContext>
  )
}

function Asked({ question, end }: { readonly question: Question; readonly end: (isDone: boolean) => void }) {
  const { happens, act, isGrave = false, words, run } = question
  const [text, setText] = useTyped(askedPlace(question.title), words?.value ?? '')
  const [problem, setProblem] = useState<unknown>()
  const [isRunning, setRunning] = useState(false)
  const form = useId()
  const isMissing = words !== undefined && words.isOptional !== true && text.trim() === ''
  const go = async (): Promise<void> => {
    setRunning(true)
    setProblem(undefined)
    try {
      await run(text.trim())
      end(true)
    } catch (cause) {
      setProblem(cause)
      setRunning(false)
    }
  }
  return (
    <form
      id={form}
      onSubmit={(event) => {
        event.preventDefault()
        if (!isMissing && !isRunning) void go()
      }}
    >
      <Stack gap="md">
        {happens.length === 1 ? (
          <Text>{happens[0]}</Text>
        ) : (
          <List spacing={4}>
            {happens.map((one, at) => (
              // oxlint-disable-next-line react/no-array-index-key -- the sentences of one question do not move
              <List.Item key={at}>{one}</List.Item>
            ))}
          </List>
        )}
        {words !== undefined && (
          <Textarea
            label={words.label}
            description={words.hint}
            required={words.isOptional !== true}
            autosize
            minRows={2}
            maxRows={8}
            value={text}
            onChange={({ currentTarget }) => setText(currentTarget.value)}
            data-autofocus
          />
        )}
        {problem !== undefined && <ProblemBox problem={problem} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={() => end(false)}>
            Not now
          </Button>
          <Button type="submit" color={isGrave ? 'red' : 'accent'} loading={isRunning} disabled={isMissing}>
            {act}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

function askedPlace(title: string): string {
  return `${location.pathname} ${title}`
}

const AskContext = createContext<((question: Question) => Promise<boolean>) | undefined>(undefined)
