import { Button, NativeSelect, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { useShortcuts } from '../shell/shortcuts.ts'
import classes from './filters.module.css'

/** The filters of a page are its address, so that a link shows what the sender saw. */
export function useFilters(): Filters {
  const search: Record<string, unknown> = useSearch({ strict: false })
  const navigate = useNavigate()
  const get = (name: string): string | undefined => {
    const value = search[name]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const set = (changes: Readonly<Record<string, string | undefined>>): void => {
    void navigate({
      to: '.',
      search: (before: Record<string, unknown>) => ({ ...before, ...changes }),
      replace: true,
      resetScroll: false,
    })
  }
  return { get, set }
}

export type Filters = {
  /** The value of a filter; undefined where it is not set. */
  readonly get: (name: string) => string | undefined
  /** Sets some and clears those that are undefined. */
  readonly set: (changes: Readonly<Record<string, string | undefined>>) => void
}

/** The row of filters over a list; a button clears those in `names` once one of them is set. */
export function FilterBar({ names, children }: { readonly names: readonly string[]; readonly children: ReactNode }) {
  const { get, set } = useFilters()
  const bar = useRef<HTMLDivElement>(null)
  const isSet = names.some((name) => get(name) !== undefined)
  useShortcuts('In the list', [
    { keys: '/', words: 'Go to the filters', run: () => bar.current?.querySelector('input')?.focus() },
  ])
  return (
    <div ref={bar} role="search" aria-label="Filters" className={classes['bar']}>
      {children}
      {isSet && (
        <Button variant="subtle" onClick={() => set(Object.fromEntries(names.map((name) => [name, undefined])))}>
          Clear
        </Button>
      )}
    </div>
  )
}

/** A filter that is typed; it takes hold when typing pauses. */
export function FilterText({ name, label, placeholder, width = '14rem' }: FilterTextProps) {
  const { get, set } = useFilters()
  const value = get(name) ?? ''
  const [typed, setTyped] = useState(value)
  useEffect(() => setTyped(value), [value])
  const apply = useDebouncedCallback(
    (text: string) => set({ [name]: text.trim() === '' ? undefined : text.trim() }),
    300,
  )
  return (
    <TextInput
      className={classes['field']}
      label={label}
      placeholder={placeholder}
      style={{ '--field-width': width }}
      value={typed}
      onChange={({ currentTarget }) => {
        setTyped(currentTarget.value)
        apply(currentTarget.value)
      }}
    />
  )
}

/** A filter with few values; the first of `options` is none: `['', 'All']`. */
export function FilterChoice({ name, label, options, width = '11rem' }: FilterChoiceProps) {
  const { get, set } = useFilters()
  return (
    <NativeSelect
      className={classes['field']}
      label={label}
      style={{ '--field-width': width }}
      data={options.map(([value, words]) => ({ value, label: words }))}
      value={get(name) ?? ''}
      onChange={({ currentTarget }) => set({ [name]: currentTarget.value === '' ? undefined : currentTarget.value })}
    />
  )
}

/** A day and time on the viewer's clock; the address holds it as RFC 3339 in UTC. */
export function FilterMoment({ name, label }: { readonly name: string; readonly label: string }) {
  const { get, set } = useFilters()
  const value = get(name)
  const at = value === undefined ? Number.NaN : Date.parse(value)
  return (
    <TextInput
      className={classes['field']}
      label={label}
      type="datetime-local"
      style={{ '--field-width': '13rem' }}
      value={Number.isNaN(at) ? '' : formatLocal(at)}
      onChange={({ currentTarget }) => {
        const at = Date.parse(currentTarget.value)
        set({ [name]: Number.isNaN(at) ? undefined : new Date(at).toISOString() })
      }}
    />
  )
}

export type FilterTextProps = {
  readonly name: string
  readonly label: string
  readonly placeholder?: string
  readonly width?: string
}
export type FilterChoiceProps = {
  readonly name: string
  readonly label: string
  readonly options: readonly (readonly [value: string, words: string])[]
  readonly width?: string
}

/** As a field for local time takes it: `2026-11-22T13:05`. */
function formatLocal(atMs: number): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  const at = new Date(atMs)
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`
}
