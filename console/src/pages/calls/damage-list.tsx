import { Text } from '@mantine/core'
import type { AnswerOf } from '../../client.ts'
import { Outside } from '../../parts/outside.tsx'
import { many } from './calls-words.ts'
import { PlainList } from '../../parts/part.tsx'

type Damage = AnswerOf<'get', '/v1/calling/observations/{id}'>['damage'][number]

/** What was done to a notice on its way, how sure that is, and who is known to do so. */
export function DamageList({ of }: { readonly of: readonly { readonly damage: Damage; readonly calls?: number }[] }) {
  return (
    <PlainList>
      {of.map(({ damage, calls }) => (
        <li key={`${damage.kind} ${damage.text}`}>
          <Outside text={damage.text} max={400} />{' '}
          <Text span inherit c="dimmed">
            {SURENESS[damage.sureness]}
            {calls !== undefined && `, in ${many(calls, 'call')}`}. {damage.cite}
          </Text>
          {damage.culprits[0] !== undefined && (
            <Text size="sm" mt={2}>
              {`Known of ${damage.culprits[0].product}: ${damage.culprits[0].remedy}.`}{' '}
              <Text span inherit c="dimmed">
                {damage.culprits[0].source}, {damage.culprits[0].date}
              </Text>
            </Text>
          )}
        </li>
      ))}
    </PlainList>
  )
}

const SURENESS = {
  certain: 'Certain: two places on the way saw it before and after',
  likely: 'Likely: no sound sender writes it so',
  possible: 'Possible: the blocker may have written it so itself',
} as const
