import type { ReactNode } from 'react'
import classes from './status-word.module.css'

/** How something stands, in one or two words. Only what needs a person is `bad` or `wait`; most are quiet. */
export function StatusWord({ tone = 'quiet', children }: StatusWordProps) {
  return (
    <span className={classes['status']} data-tone={tone}>
      {children}
    </span>
  )
}

export type Tone = 'quiet' | 'good' | 'wait' | 'bad'
export type StatusWordProps = { readonly tone?: Tone; readonly children: ReactNode }
