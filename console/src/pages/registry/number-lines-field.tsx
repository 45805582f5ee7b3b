import { Checkbox, Textarea } from '@mantine/core'
import { faultOf } from '../../parts/field-fault.ts'

/** Lines of numbers as they are typed or pasted; once some were refused, the others may be taken without them. */
export function NumberLinesField({ value, change, fault, isLeavingOut, leaveOut, isFirst = false }: FieldProps) {
  const error = faultOf(fault, 'numbers')
  return (
    <>
      <Textarea
        label="Numbers"
        description="A line each: a number, a comma and what it is for; or the first and the last of a range: +12125550200,+12125550299,Call centre"
        required
        autosize
        minRows={3}
        maxRows={12}
        value={value}
        error={error}
        onChange={({ currentTarget }) => change(currentTarget.value)}
        {...(isFirst && { 'data-autofocus': true })}
      />
      {(isLeavingOut || error !== undefined) && (
        <Checkbox
          label="Leave out the lines that cannot be used"
          checked={isLeavingOut}
          onChange={({ currentTarget }) => leaveOut(currentTarget.checked)}
        />
      )}
    </>
  )
}

type FieldProps = {
  readonly value: string
  readonly change: (value: string) => void
  /** Why the last try failed. */
  readonly fault: unknown
  readonly isLeavingOut: boolean
  readonly leaveOut: (isLeavingOut: boolean) => void
  readonly isFirst?: boolean
}
