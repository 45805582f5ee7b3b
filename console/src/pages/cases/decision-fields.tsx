// One thing: the fields of a decision, for one case and for many.
import {
  Checkbox,
  Input,
  NativeSelect,
  SegmentedControl,
  SimpleGrid,
  Stack,
  Text,
  TextInput,
  Textarea,
} from '@mantine/core'
import { useId, useRef } from 'react'
import { PhoneNumber } from '../../parts/phone-number.tsx'
import { useShortcuts } from '../../shell/shortcuts.ts'
import classes from './cases.module.css'
import { type DecisionDraft, type DraftFaults, type Outcome, daysFrom, endOfDay } from './decision-draft.ts'
import type { DecisionForm } from './decision-form.ts'

/** What is to become of a case. `numbers` are those that can be chosen one by one; none where there are many cases. */
export function DecisionFields({ form, faults, isRequest = false, numbers, rules, grounds }: DecisionFieldsProps) {
  const { draft, change, read } = form
  const id = useId()
  const group = useRef<HTMLDivElement>(null)
  const { outcome, scope } = draft
  const set = (changes: Partial<DecisionDraft>): void => change({ ...draft, ...changes })
  useShortcuts('On this page', [
    {
      keys: 'd',
      words: 'Decide',
      run: () => {
        group.current?.scrollIntoView({ block: 'center' })
        const inputs = [...(group.current?.querySelectorAll<HTMLInputElement>('input[type=radio]') ?? [])]
        ;(inputs.find((one) => one.checked) ?? inputs[0])?.focus()
      },
    },
  ])
  const outcomes = isRequest ? REQUEST_OUTCOMES : CLAIM_OUTCOMES
  const choose = (value: string): void => {
    const next = value as Outcome
    set({
      outcome: next,
      ...(next === 'partly' && numbers.length > 1 && scope === 'all' && { scope: 'some' as const }),
      ...(next === 'uphold' && draft.evidence === '' && { evidence: grounds.join('\n') }),
    })
  }
  const isLift = outcome === 'lift' || outcome === 'partly'
  return (
    <Stack
      gap="sm"
      onBlur={({ target }) => {
        if (target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement) form.leave(target.name)
      }}
    >
      <div ref={group}>
        <SegmentedControl
          aria-label="What becomes of it"
          aria-invalid={faults.outcome === undefined ? undefined : true}
          aria-describedby={faults.outcome === undefined ? undefined : `${id}-outcome`}
          fullWidth
          value={outcome ?? ''}
          onChange={choose}
          data={outcomes.map(([value, label]) => ({ value, label }))}
        />
        {faults.outcome !== undefined && (
          <Input.Error id={`${id}-outcome`} mt="xs">
            {faults.outcome}
          </Input.Error>
        )}
      </div>
      {isLift && (
        <>
          <SimpleGrid cols={1}>
            <NativeSelect
              label="For"
              value={scope}
              onChange={({ currentTarget }) => set({ scope: currentTarget.value as DecisionDraft['scope'] })}
              data={[
                { value: 'all', label: 'All contested numbers' },
                ...(numbers.length > 1 ? [{ value: 'some', label: 'Some of them' }] : []),
                { value: 'block', label: 'A block of numbers' },
                { value: 'range', label: 'A range of numbers' },
              ]}
            />
          </SimpleGrid>
          {scope === 'some' && (
            <Checkbox.Group
              label="Numbers that are lifted"
              value={[...draft.some]}
              onChange={(some) => set({ some })}
              error={faults.some}
              errorProps={{ id: `${id}-some` }}
              className={classes['numbers'] ?? ''}
            >
              <div className={classes['boxes']}>
                {numbers.slice(0, NUMBERS_MAX).map((number) => (
                  <Checkbox
                    key={number}
                    size="xs"
                    value={number}
                    label={<PhoneNumber of={number} />}
                    aria-invalid={faults.some === undefined ? undefined : true}
                    aria-describedby={faults.some === undefined ? undefined : `${id}-some`}
                  />
                ))}
              </div>
            </Checkbox.Group>
          )}
          {scope === 'block' && (
            <TextInput
              label="Leading digits"
              placeholder="+1212555"
              name="prefix"
              error={faults.prefix}
              value={draft.prefix}
              onChange={({ currentTarget }) => set({ prefix: currentTarget.value })}
            />
          )}
          {scope === 'range' && (
            <SimpleGrid cols={2} spacing="sm">
              <TextInput
                label="First number"
                placeholder="+12125550100"
                name="first"
                error={faults.first}
                value={draft.first}
                onChange={({ currentTarget }) => set({ first: currentTarget.value })}
              />
              <TextInput
                label="Last number"
                placeholder="+12125550199"
                name="last"
                error={faults.last}
                value={draft.last}
                onChange={({ currentTarget }) => set({ last: currentTarget.value })}
              />
            </SimpleGrid>
          )}
          {read !== undefined && (
            <Text size="sm" c="dimmed" role="status">
              {read.kind === 'block' ? 'All numbers that begin with ' : 'From '}
              <PhoneNumber
                of={read.kind === 'range' ? read.first : read.kind === 'block' ? read.prefix : read.number}
              />
              {read.kind === 'range' && (
                <>
                  {' '}
                  to <PhoneNumber of={read.last} />
                </>
              )}
            </Text>
          )}
          <Until value={draft.until} fault={faults.until} change={(until) => set({ until })} />
          <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm" verticalSpacing="xs">
            <NativeSelect
              label="Calls signed at least"
              value={draft.attestation}
              onChange={({ currentTarget }) => set({ attestation: currentTarget.value })}
              data={[
                { value: '', label: 'Any' },
                { value: 'C', label: 'C' },
                { value: 'B', label: 'B' },
                { value: 'A', label: 'A' },
              ]}
            />
            <NativeSelect
              label="From which rule"
              error={faults.rule}
              value={draft.rule}
              onChange={({ currentTarget }) => set({ rule: currentTarget.value })}
              data={[
                { value: '', label: 'All rules of analytics' },
                ...rules.map((rule) => ({ value: rule, label: rule })),
              ]}
            />
          </SimpleGrid>
        </>
      )}
      {outcome !== undefined && (
        <Textarea
          label="Reason"
          description="The claimant reads it."
          required
          rows={3}
          resize="vertical"
          name="reason"
          error={faults.reason}
          value={draft.reason}
          onChange={({ currentTarget }) => set({ reason: currentTarget.value })}
        />
      )}
      {outcome === 'uphold' && (
        <Textarea
          label="What it rests on"
          description="A line each. The claimant reads them."
          required
          rows={3}
          resize="vertical"
          name="evidence"
          error={faults.evidence}
          value={draft.evidence}
          onChange={({ currentTarget }) => set({ evidence: currentTarget.value })}
        />
      )}
      {(outcome === 'uphold' || outcome === 'partly') && (
        <Textarea
          label="What the claimant can do"
          required
          rows={2}
          resize="vertical"
          name="next"
          error={faults.next}
          value={draft.next}
          onChange={({ currentTarget }) => set({ next: currentTarget.value })}
        />
      )}
    </Stack>
  )
}

/** Why a lift goes without proof of control; the audit trail keeps it. */
export function OverrideField({ numbers, value, fault, change }: OverrideFieldProps) {
  return (
    <div className={classes['override']}>
      <Text size="sm" mb={4}>
        Nobody has shown to control{' '}
        {numbers.slice(0, 5).map((number, at) => (
          <span key={number}>
            {at > 0 && ', '}
            <PhoneNumber of={number} />
          </span>
        ))}
        {numbers.length > 5 && ` and ${numbers.length - 5} more`}. A lift without proof has to be accounted for.
      </Text>
      <Textarea
        label="Why it goes without proof"
        description="Kept in the audit trail; the claimant does not read it."
        required
        rows={2}
        resize="vertical"
        error={fault}
        value={value}
        onChange={({ currentTarget }) => change(currentTarget.value)}
      />
    </div>
  )
}

function Until({ value, fault, change }: UntilProps) {
  const day = value === '' ? '' : localDay(value)
  const choose = (text: string): void => {
    if (text === 'keep') return
    change(text === '' ? '' : daysFrom(Date.now(), Number(text)))
  }
  return (
    <div className={classes['until']}>
      <NativeSelect
        label="Until"
        value={value === '' ? '' : 'keep'}
        onChange={({ currentTarget }) => choose(currentTarget.value)}
        data={[
          { value: '', label: 'No end' },
          ...(value === '' ? [] : [{ value: 'keep', label: 'The day beside' }]),
          { value: '30', label: '30 days' },
          { value: '90', label: '90 days' },
          { value: '365', label: 'One year' },
        ]}
      />
      <TextInput
        label="Last day"
        type="date"
        name="until"
        error={fault}
        value={day}
        onChange={({ currentTarget }) => change(currentTarget.value === '' ? '' : endOfDay(currentTarget.value))}
      />
    </div>
  )
}

/** `2026-11-22` on the viewer's clock. */
function localDay(at: string): string {
  const time = new Date(at)
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`
}

export type DecisionFieldsProps = {
  readonly form: DecisionForm
  /** What is said at the fields. */
  readonly faults: DraftFaults
  /** Of a subscriber: it is granted, or not. */
  readonly isRequest?: boolean
  readonly numbers: readonly string[]
  /** The rules that blocked. */
  readonly rules: readonly string[]
  /** What the blocks were for, in words: where an upheld block begins. */
  readonly grounds: readonly string[]
}
export type OverrideFieldProps = {
  readonly numbers: readonly string[]
  readonly value: string
  readonly fault: string | undefined
  readonly change: (value: string) => void
}
type UntilProps = Omit<OverrideFieldProps, 'numbers'>

const CLAIM_OUTCOMES = [
  ['lift', 'Lift'],
  ['partly', 'Lift in part'],
  ['uphold', 'Uphold'],
] as const
const REQUEST_OUTCOMES = [
  ['grant', 'Grant'],
  ['uphold', 'Refuse'],
] as const
/** So many numbers of a case are offered one by one; for more there are blocks and ranges. */
const NUMBERS_MAX = 50
