import { Fragment, type ReactNode } from 'react'
import classes from './outside.module.css'
import { readStretches } from './outside-text.ts'

/**
 * A text that somebody outside wrote: names, header fields, file names, messages. What would not be seen is named, and its
 * direction stays its own. `lines` keeps line ends, for messages; `max` cuts, with the whole in the title; a name or address
 * (`isName`) goes on in the next line behind a mark rather than within a word.
 */
export function Outside({ text, lines = false, max = 4_000, isName = false }: OutsideProps) {
  const shown = text.length > max ? text.slice(0, max) : text
  const stretches = readStretches(lines ? shown.replaceAll('\r\n', '\n') : shown)
  return (
    <bdi
      className={lines ? `${classes['outside']} ${classes['kept']}` : classes['outside']}
      title={text.length > max ? text.slice(0, TITLE_MAX) : undefined}
    >
      {stretches.map(({ text, hidden }, at) =>
        hidden === undefined || (lines && text === '\n') ? (
          isName ? (
            withPlacesToBreak(text)
          ) : (
            text
          )
        ) : (
          // oxlint-disable-next-line react/no-array-index-key -- a text has no better names for its parts
          <span key={at} className={classes['hidden']} title={`U+${hex(text)}`}>
            {hidden}
          </span>
        ),
      )}
      {text.length > max && '…'}
    </bdi>
  )
}

export type OutsideProps = {
  readonly text: string
  readonly lines?: boolean
  readonly max?: number
  readonly isName?: boolean
}

function withPlacesToBreak(text: string): ReactNode {
  return text.split(/(?<=[@._/-])(?=[^@._/-])/u).map((part, at) => (
    // oxlint-disable-next-line react/no-array-index-key -- parts of a name do not move
    <Fragment key={at}>
      {at > 0 && <wbr />}
      {part}
    </Fragment>
  ))
}

function hex(text: string): string {
  return text.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')
}

const TITLE_MAX = 4_000
