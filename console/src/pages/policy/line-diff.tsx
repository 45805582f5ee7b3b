import { Text, VisuallyHidden } from '@mantine/core'
import { useMemo } from 'react'
import { diffLines } from '#core/rules/line-difference.ts'
import { Outside } from '../../parts/outside.tsx'
import classes from './policy.module.css'

/** What of a text was taken out and put in, line by line; lines far from any change are left out. */
export function LineDiff({ before, after, label }: LineDiffProps) {
  const rows = useMemo(() => {
    const lines = diffLines(before, after)
    const isNear = (at: number): boolean =>
      lines.slice(Math.max(0, at - AROUND), at + AROUND + 1).some(({ kind }) => kind !== 'same')
    return lines.map((line, at) => ({ ...line, isNear: isNear(at) }))
  }, [before, after])
  if (rows.every(({ kind }) => kind === 'same')) return <Text c="dimmed">The texts are the same.</Text>
  return (
    // What scrolls can be scrolled by keys.
    <div className={classes['diff']} role="region" aria-label={label} tabIndex={0}>
      <table>
        <tbody>
          {rows.map(({ kind, old, young, text, isNear }, at) =>
            isNear ? (
              <tr key={`${old ?? ''}:${young ?? ''}`} data-kind={kind}>
                <td>{old}</td>
                <td>{young}</td>
                <td>
                  <span aria-hidden>{MARKS[kind]}</span>
                  {kind !== 'same' && <VisuallyHidden>{`${kind}: `}</VisuallyHidden>}
                  <Outside text={text} max={400} />
                </td>
              </tr>
            ) : rows[at - 1]?.isNear === true ? (
              <tr key={`${old ?? ''}:${young ?? ''}`}>
                <td />
                <td />
                <td>⋯</td>
              </tr>
            ) : undefined,
          )}
        </tbody>
      </table>
    </div>
  )
}

export type LineDiffProps = { readonly before: string; readonly after: string; readonly label: string }

const AROUND = 3
const MARKS = { same: '  ', added: '+ ', removed: '- ' } as const
