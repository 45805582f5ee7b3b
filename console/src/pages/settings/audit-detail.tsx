import { Button, Code } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { Moment } from '../../parts/moment.tsx'
import { Outside } from '../../parts/outside.tsx'
import classes from './settings.module.css'

/** What more there is to know of an entry, name by name; on demand as it is kept. */
export function AuditDetail({ detail }: { readonly detail: Readonly<Record<string, unknown>> }) {
  const [isRaw, setRaw] = useState(false)
  const fields = fieldsOf(detail)
  if (fields.length === 0) return <span aria-hidden>–</span>
  return (
    <div className={classes['detail']}>
      {isRaw ? (
        <Code block>{JSON.stringify(detail, undefined, 2)}</Code>
      ) : (
        <dl>
          {fields.map(({ name, value }) => (
            <div key={name}>
              <dt>{name}</dt> <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
      <Button variant="subtle" size="compact-xs" aria-pressed={isRaw} onClick={() => setRaw(!isRaw)}>
        Raw
      </Button>
    </div>
  )
}

/** `{ secondFactor: 'totp', by: { link: 1 } }` is "second factor: totp" and "by, link: 1". */
function fieldsOf(detail: Readonly<Record<string, unknown>>, before = ''): { name: string; value: ReactNode }[] {
  return Object.entries(detail).flatMap(([key, value]) => {
    const name = `${before}${key.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase()}`
    if (value === null || value === '' || (Array.isArray(value) && value.length === 0)) return []
    if (typeof value === 'object' && !Array.isArray(value)) return fieldsOf({ ...value }, `${name}, `)
    return [{ name, value: wordsOf(value) }]
  })
}

function wordsOf(value: unknown): ReactNode {
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'number') return value > TIMES_FROM ? <Moment at={value} /> : value.toLocaleString('en')
  if (typeof value === 'string') return <Outside text={value} max={200} isName />
  const parts: readonly unknown[] = Array.isArray(value) ? value : [value]
  const text = parts.map((part) => (typeof part === 'string' ? part : JSON.stringify(part))).join(', ')
  return <Outside text={text} max={200} isName />
}

/** No count is as large as milliseconds since 1970 are: this is 2001. */
const TIMES_FROM = 1e12
