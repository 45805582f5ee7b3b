import { Text } from '@mantine/core'
import type { AnswerOf } from '../../client.ts'
import type { Column } from '../../parts/data-table.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Outside } from '../../parts/outside.tsx'
import { PhoneNumber } from '../../parts/phone-number.tsx'
import { STANDING_WORDS } from './calls-words.ts'

export type RefusedCall = AnswerOf<'get', '/v1/calling/observations'>['observations'][number]

/** A number, or that it is gone. */
export function Party({ of }: { readonly of: string }) {
  if (of !== '') return <PhoneNumber of={of} />
  return (
    <Text span inherit c="dimmed">
      Erased or withheld
    </Text>
  )
}

/** Refused calls as lists show them. */
export const CALL_COLUMNS: readonly Column<RefusedCall>[] = [
  { id: 'at', head: 'When', width: '6.5rem', narrow: 'line', cell: ({ at }) => <Moment at={at} /> },
  { id: 'from', head: 'From', width: '8.5rem', narrow: 'lead', cell: ({ from }) => <Party of={from} /> },
  { id: 'to', head: 'To', width: '8.5rem', narrow: 'line', cell: ({ to }) => <Party of={to} /> },
  {
    id: 'reason',
    head: 'Answer',
    width: '6rem',
    narrow: 'beside',
    cell: ({ reason }) => <Outside text={reason} max={60} />,
  },
  {
    id: 'standing',
    head: 'Who',
    width: '7.5rem',
    isWide: true,
    narrow: 'hide',
    cell: ({ standing }) => STANDING_WORDS[standing],
  },
  {
    id: 'blocker',
    head: 'By',
    width: 'minmax(8rem, 2fr)',
    isWide: true,
    narrow: 'line',
    cell: ({ blocker }) => <Outside text={blocker === '' ? 'Not known' : blocker} max={80} />,
  },
  {
    id: 'carrier',
    head: 'Through',
    width: 'minmax(5rem, 0.6fr)',
    narrow: 'hide',
    isWide: true,
    cell: ({ carrier }) => <Outside text={carrier === '' ? 'Not known' : carrier} max={60} />,
  },
]
