import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import classes from './figure.module.css'

/**
 * One figure with what it counts under it. `tone` only where a person should do something about it; `to` leads to what was
 * counted. Undefined shows that it is not known, never a zero.
 */
export function Figure({ value, words, note, tone, to }: FigureProps) {
  const shown = typeof value === 'number' ? value.toLocaleString('en') : value
  const figure = (
    <>
      <span className={classes['value']}>{shown ?? '–'}</span>
      <span className={classes['words']}>{words}</span>
      {note !== undefined && <span className={classes['note']}>{note}</span>}
    </>
  )
  if (to === undefined) {
    return (
      <div className={classes['figure']} data-tone={tone}>
        {figure}
      </div>
    )
  }
  return (
    <Link className={classes['figure']} data-tone={tone} to={to.split('?')[0] ?? to} search={searchOf(to)}>
      {figure}
    </Link>
  )
}

/** Figures beside each other, as many as fit. */
export function Figures({ children }: { readonly children: ReactNode }) {
  return <div className={classes['figures']}>{children}</div>
}

export type FigureProps = {
  readonly value: number | string | undefined
  readonly words: ReactNode
  readonly note?: ReactNode
  readonly tone?: 'bad' | 'wait'
  readonly to?: string
}

function searchOf(to: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(to.split('?')[1] ?? ''))
}
