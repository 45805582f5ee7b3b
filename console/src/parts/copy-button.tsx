import { Button } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'

/** Copies a text; says that it did. `what` names it: `Copy the receipt`. */
export function CopyButton({ text, what }: { readonly text: string; readonly what: string }) {
  const { copied, copy } = useClipboard({ timeout: 2_000 })
  return (
    <Button variant="subtle" size="compact-xs" onClick={() => copy(text)} aria-label={`Copy ${what}`}>
      <span role="status">{copied ? 'Copied' : 'Copy'}</span>
    </Button>
  )
}
