import { type KeyboardEvent, type RefObject, useId, useMemo } from 'react'
import { readTokens } from './yaml-tokens.ts'
import classes from './yaml-editor.module.css'

/** A place in the text that something is wrong with, from 1. */
export type Mark = { readonly line: number; readonly column: number; readonly words: string }

export type YamlEditorProps = {
  readonly label: string
  readonly value: string
  readonly marks?: readonly Mark[]
  /** Without it the text is only read. */
  readonly change?: (value: string) => void
  /** Ctrl or Cmd with Enter. */
  readonly onGo?: () => void
  readonly field?: RefObject<HTMLTextAreaElement | null>
  readonly describedBy?: string | undefined
}

/**
 * A text of YAML with colours and line numbers, over a plain text area: keys, undo, selection and readers of the screen work as in
 * any field. Tab leaves it, as everywhere; Enter keeps the indentation of the line.
 */
export function YamlEditor({ label, value, marks = [], change, onGo, field, describedBy }: YamlEditorProps) {
  const id = useId()
  const lines = useMemo(() => value.split('\n').map(readTokens), [value])
  const byLine = useMemo(() => Map.groupBy(marks, ({ line }) => line), [marks])
  const onKey = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    if (event.key !== 'Enter' || event.nativeEvent.isComposing) return
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault()
      onGo?.()
      return
    }
    const { value, selectionStart } = event.currentTarget
    const line = value.slice(value.lastIndexOf('\n', selectionStart - 1) + 1, selectionStart)
    const indent = /^ *(?:- )?/.exec(line)?.[0].replace('-', ' ') ?? ''
    if (indent === '' || change === undefined) return
    event.preventDefault()
    // The only way to type for somebody that leaves undo as it is.
    document.execCommand('insertText', false, `\n${indent}`)
  }
  return (
    <div className={classes['editor']}>
      <label className={classes['label']} htmlFor={id}>
        {label}
      </label>
      <div className={classes['scroll']}>
        <div className={classes['gutter']} aria-hidden>
          {lines.map((_, at) => (
            // oxlint-disable-next-line react/no-array-index-key -- lines are named by their places
            <span key={at} data-bad={byLine.has(at + 1) || undefined}>
              {at + 1}
            </span>
          ))}
        </div>
        <div className={classes['field']}>
          <pre className={classes['shown']} aria-hidden>
            {lines.map((tokens, at) => (
              // oxlint-disable-next-line react/no-array-index-key -- lines are named by their places
              <span key={at} className={classes['line']} data-bad={byLine.has(at + 1) || undefined}>
                {tokens.map(({ kind, text }, place) => (
                  // oxlint-disable-next-line react/no-array-index-key -- and so are the words of a line
                  <span key={place} data-kind={kind}>
                    {text}
                  </span>
                ))}
                {'\n'}
              </span>
            ))}
          </pre>
          <textarea
            ref={field}
            id={id}
            className={classes['typed']}
            value={value}
            readOnly={change === undefined}
            spellCheck={false}
            autoCapitalize="off"
            autoComplete="off"
            autoCorrect="off"
            wrap="off"
            aria-invalid={marks.length > 0}
            aria-describedby={describedBy}
            onChange={({ currentTarget }) => change?.(currentTarget.value)}
            onKeyDown={onKey}
          />
        </div>
      </div>
    </div>
  )
}

/** Puts the caret where something stands. */
export function goToPlace(field: HTMLTextAreaElement | null, line: number, column: number): void {
  if (field === null) return
  const lines = field.value.split('\n')
  const before = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0)
  const at = Math.min(field.value.length, before + Math.min(column - 1, lines[line - 1]?.length ?? 0))
  field.focus()
  field.setSelectionRange(at, at)
  field.closest('div[class]')?.scrollIntoView({ block: 'nearest' })
}
