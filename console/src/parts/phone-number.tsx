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

/** `+1 212 555 0117`: of North America by its plan, of elsewhere in threes from behind. Undefined for what is no number. */
export function groupDigits(number: string): readonly string[] | undefined {
  if (!/^\+[1-9][0-9]{6,14}$/.test(number)) return undefined
  const nanp = /^(\+1)([0-9]{3})([0-9]{3})([0-9]{4})$/.exec(number)
  if (nanp !== null) return nanp.slice(1)
  return number.replaceAll(/(?<=\d{2})(?=(?:\d{3})+$)/g, ' ').split(' ')
}
