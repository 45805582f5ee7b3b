import { Text } from '@mantine/core'
import type { Annotation } from '#codec/notice/annotate.ts'
import { RULES, type RuleId } from '#codec/notice/rules.ts'
import classes from './notice-parts.module.css'
import { Outside } from './outside.tsx'
import { StatusWord } from './status-word.tsx'

/** An answer part by part: what stands there, what it means, and where that is written; beside each other where there is room. */
export function NoticeParts({ of, isBeside = false }: NoticePartsProps) {
  return (
    <ol className={classes['parts']} data-beside={isBeside || undefined}>
      {of.map(({ part, depth, text, means, cite }, at) => (
        // oxlint-disable-next-line react/no-array-index-key -- a line may be there twice
        <li key={at} data-depth={depth}>
          <code>
            <Outside text={depth === 0 && part !== 'status line' ? `${part}: ${text}` : text} max={600} />
          </code>
          <span className={classes['means']}>
            {means} <span className={classes['cite']}>{cite}</span>
          </span>
        </li>
      ))}
    </ol>
  )
}

export type NoticePartsProps = {
  readonly of: readonly (Pick<Annotation, 'part' | 'text' | 'means' | 'cite'> & { readonly depth: number })[]
  readonly isBeside?: boolean
}

/** What the linter says of an answer, the gravest first. */
export function NoticeFindings({ of }: { readonly of: readonly RuleId[] }) {
  return of
    .toSorted((one, other) => WEIGHTS[RULES[one].severity] - WEIGHTS[RULES[other].severity])
    .map((rule) => {
      const { severity, text, cite } = RULES[rule]
      return (
        <Text key={rule} size="sm" mb={4}>
          <StatusWord tone={TONES[severity]}>{severity}</StatusWord> {text} ({cite})
        </Text>
      )
    })
}

/** Octets as they are on the wire, or lines of a file; scrolled by keys where they are long. */
export function Wire({ text, label }: { readonly text: string; readonly label: string }) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reached by keys
    <div role="region" aria-label={label} tabIndex={0} className={classes['wire']}>
      <Outside text={text} lines max={65_536} />
    </div>
  )
}

const WEIGHTS = { malformed: 0, error: 1, warn: 2, info: 3 } as const
const TONES = { malformed: 'bad', error: 'bad', warn: 'wait', info: 'quiet' } as const
