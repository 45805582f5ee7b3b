import { Text } from '@mantine/core'
import { groupDigits } from './phone-digits.ts'
import classes from './phone-number.module.css'
import { Outside } from './outside.tsx'

/** A telephone number: spaced where it is one of E.164, and as it came where it is anything else. Copies without spaces. */
export function PhoneNumber({ of }: { readonly of: string }) {
  const groups = groupDigits(of)
  if (groups === undefined) return <Outside text={of} max={40} />
  return (
    <span className={classes['number']}>
      {groups.map((group, at) => (
        // oxlint-disable-next-line react/no-array-index-key -- a group of digits is named by its place
        <span key={at}>{group}</span>
      ))}
    </span>
  )
}

/** The first of some numbers, and how many more there are. */
export function PhoneNumbers({ first, count }: { readonly first: string | undefined; readonly count: number }) {
  return (
    <>
      {first !== undefined && <PhoneNumber of={first} />}
      {count > 1 && (
        <Text span inherit c="dimmed">
          {` and ${count - 1} more`}
        </Text>
      )}
    </>
  )
}
