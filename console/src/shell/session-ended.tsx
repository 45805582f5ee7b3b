// One thing: a session that ended while a page was open. Nothing that was typed is lost by it.
import { Anchor, Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useEffect, useState } from 'react'
import { onSessionEnd, signInPlace } from '../client.ts'
import classes from './shell.module.css'

/** Says that the session ended, and leads to the page to sign in and back here. `readAt` is when a session was last found. */
export function SessionEnded({ readAt }: { readonly readAt: number }) {
  const [ended, setEnded] = useState<'no' | 'told' | 'open'>('no')
  useEffect(() => onSessionEnd((isAct) => setEnded((before) => (before === 'no' || isAct ? 'open' : before))), [])
  useEffect(() => setEnded('no'), [readAt])
  const leave = (): void => location.assign(signInPlace())
  return (
    <>
      {ended !== 'no' && (
        <p className={classes['note']} data-tone="wait" role="status">
          Your session ended. What you typed is kept in this window.{' '}
          <Anchor component="button" type="button" underline="always" inherit onClick={leave}>
            Sign in again
          </Anchor>
        </p>
      )}
      <Modal
        opened={ended === 'open'}
        onClose={() => setEnded('told')}
        title="Your session ended"
        zIndex={ABOVE_DIALOGS}
      >
        <Stack gap="md">
          <Text>
            Nothing was done. Sign in again and you come back to this page; what you typed is kept in this window until
            then.
          </Text>
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={() => setEnded('told')}>
              Not now
            </Button>
            <Button onClick={leave} data-autofocus>
              Sign in again
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  )
}

const ABOVE_DIALOGS = 300
