import { Button, Group, Modal, Stack } from '@mantine/core'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { ProblemBox } from './problem-box.tsx'

/**
 * A dialog with a few fields that does one thing. It stays open where that fails, with what was typed, and where `run` answers `stay`
 * because there is something to be read. `useAsk` is for a question with one text at most.
 */
export function FormDialog({
  title,
  act,
  isOpen,
  close,
  isReady = true,
  isGrave = false,
  isDone = false,
  leaveWords = 'Not now',
  isAtField,
  run,
  children,
}: FormDialogProps) {
  const [problem, setProblem] = useState<unknown>()
  const [isRunning, setRunning] = useState(false)
  const form = useRef<HTMLFormElement>(null)
  const [runs, setRuns] = useState({ count: 0, isNext: false })
  useEffect(() => {
    // A button that was off while it ran has lost the attention, and what is typed next would go to the page behind.
    if (runs.count === 0 || form.current?.contains(document.activeElement) === true) return
    const field = form.current?.querySelector<HTMLElement>(runs.isNext ? '[data-autofocus]' : '[aria-invalid=true]')
    ;(field ?? form.current?.querySelector<HTMLElement>('[type=submit]'))?.focus()
  }, [runs])
  const leave = (): void => {
    setProblem(undefined)
    close()
  }
  const go = async (): Promise<void> => {
    setRunning(true)
    setProblem(undefined)
    let isNext = false
    try {
      isNext = (await run()) === 'stay'
      if (!isNext) leave()
    } catch (cause) {
      setProblem(cause)
    } finally {
      setRunning(false)
      setRuns(({ count }) => ({ count: count + 1, isNext }))
    }
  }
  return (
    <Modal opened={isOpen} onClose={leave} title={title} size="lg">
      <form
        ref={form}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
          event.preventDefault()
          event.currentTarget.requestSubmit()
        }}
        onSubmit={(event) => {
          event.preventDefault()
          if (isReady && !isRunning) void go()
        }}
      >
        <Stack gap="md">
          {children}
          {problem !== undefined && isAtField?.(problem) !== true && <ProblemBox problem={problem} />}
          <Group justify="flex-end" gap="xs">
            {!isDone && (
              <Button variant="default" onClick={leave}>
                {leaveWords}
              </Button>
            )}
            <Button type="submit" color={isGrave ? 'red' : 'accent'} loading={isRunning} disabled={!isReady}>
              {act}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

export type FormDialogProps = {
  readonly title: string
  /** What the button says: a verb. */
  readonly act: string
  readonly isOpen: boolean
  readonly close: () => void
  /** Whether enough is filled in. */
  readonly isReady?: boolean
  /** For what cannot be taken back. */
  readonly isGrave?: boolean
  /** Where nothing is left but to leave by the act. */
  readonly isDone?: boolean
  /** What the button that leaves says. */
  readonly leaveWords?: string
  /** Whether a field says itself what was wrong. */
  readonly isAtField?: (problem: unknown) => boolean
  readonly run: () => Promise<'stay' | void>
  readonly children: ReactNode
}
