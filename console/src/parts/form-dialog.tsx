import { Button, Group, Modal, Stack } from '@mantine/core'
import { type ReactNode, useState } from 'react'
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
  run,
  children,
}: FormDialogProps) {
  const [problem, setProblem] = useState<unknown>()
  const [isRunning, setRunning] = useState(false)
  const leave = (): void => {
    setProblem(undefined)
    close()
  }
  const go = async (): Promise<void> => {
    setRunning(true)
    setProblem(undefined)
    try {
      if ((await run()) !== 'stay') leave()
    } catch (cause) {
      setProblem(cause)
    } finally {
      setRunning(false)
    }
  }
  return (
    <Modal opened={isOpen} onClose={leave} title={title} size="lg">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (isReady && !isRunning) void go()
        }}
      >
        <Stack gap="md">
          {children}
          {problem !== undefined && <ProblemBox problem={problem} />}
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
  readonly run: () => Promise<'stay' | void>
  readonly children: ReactNode
}
