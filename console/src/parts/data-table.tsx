// One thing: a long list of rows, as a table that keys and pointers go through, of which only what is in sight is drawn.
import { Button, Checkbox, Group, UnstyledButton } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { type ColumnDef, getCoreRowModel, useReactTable } from '@tanstack/react-table'
import { defaultRangeExtractor, useWindowVirtualizer } from '@tanstack/react-virtual'
import {
  type CSSProperties,
  type KeyboardEvent,
  type MouseEvent,
  type ReactNode,
  useCallback,
  useEffect,
  useRef,
  useState,
} from 'react'
import { useShortcuts } from '../shell/shortcuts.ts'
import classes from './data-table.module.css'
import { asProblem } from './as-problem.ts'
import { type Empty, PageState } from './page-state.tsx'
import { ProblemBox } from './problem-box.tsx'
import type { Rows } from './rows.ts'

/** One column: its head, what stands in a cell, and how it behaves. */
export type Column<Row> = {
  readonly id: string
  readonly head: string
  readonly cell: (row: Row) => ReactNode
  /** A track of CSS grid: `9rem`, `minmax(8rem, 2fr)`; a share of what is left if not said. */
  readonly width?: string
  readonly align?: 'end'
  /** On a narrow screen: stands first and bold, beside it, on a line of its own (with its head before it), or not at all. */
  readonly narrow?: 'lead' | 'beside' | 'line' | 'hide'
  /** Only where there is room for everything: a table's width from about 930 pixels on. */
  readonly isWide?: true
  /** The value of the sorting that the API knows for this column; a column without cannot be sorted by. */
  readonly order?: string
}

/** Chosen rows, for doing one thing to many: a table without them has no boxes to tick. */
export type Chosen = {
  readonly keys: ReadonlySet<string>
  readonly change: (keys: ReadonlySet<string>) => void
  /** What a box is called: `Choose the case of Acme`. */
  readonly nameOf: (key: string) => string
}

export type DataTableProps<Row> = {
  /** What the list is, for those who cannot see it. */
  readonly label: string
  readonly columns: readonly Column<Row>[]
  readonly of: Rows<Row>
  readonly keyOf: (row: Row) => string
  /** The page of a row: Enter and a click go there. */
  readonly to?: (row: Row) => string
  readonly empty: Empty
  readonly chosen?: Chosen
  /** The sorting in force and how it changes. */
  readonly order?: { readonly value: string; readonly change: (value: string) => void }
}

/**
 * A table that goes on as one scrolls. Up, down, j and k go from row to row, Home and End to the ends of what is loaded, Enter
 * opens, x chooses. Only the rows in sight are drawn, so a million of them are no more work than fifty.
 */
export function DataTable<Row>({ label, columns, of, keyOf, to, empty, chosen, order }: DataTableProps<Row>) {
  const { rows, query, emptyPages } = of
  const navigate = useNavigate()
  const body = useRef<HTMLTableSectionElement>(null)
  const [active, setActive] = useState(0)
  /** The row that is to have the attention once it is drawn. */
  const wanted = useRef<number>(undefined)
  const at = Math.min(active, Math.max(0, rows.length - 1))
  const table = useReactTable({
    data: rows as Row[],
    columns: columns.map((column): ColumnDef<Row> => ({
      id: column.id,
      header: column.head,
    })),
    getCoreRowModel: getCoreRowModel(),
    getRowId: (row) => keyOf(row),
  })
  const [margin, setMargin] = useState(0)
  useEffect(() => {
    const top = body.current?.getBoundingClientRect().top
    if (top !== undefined) setMargin(Math.round(top + window.scrollY))
  }, [rows.length === 0, chosen === undefined])
  // With another function the place of every row is computed anew, at each step of the wheel.
  const keyAt = useCallback((index: number) => keyOf(rows[index]!), [rows])
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => ROW_PX,
    overscan: 12,
    scrollMargin: margin,
    getItemKey: keyAt,
    // A row that has the keyboard's attention stays, however far the wheel goes: without it the keys would begin anew.
    rangeExtractor: (range) => {
      const drawn = defaultRangeExtractor(range)
      if (drawn.includes(at) || (wanted.current === undefined && !isIn(body.current))) return drawn
      return at < (drawn[0] ?? 0) ? [at, ...drawn] : [...drawn, at]
    },
  })
  const items = virtual.getVirtualItems()

  // The end of what is loaded comes near: the next page, unless page after page had nothing on it.
  const isNearEnd = (items.at(-1)?.index ?? -1) >= rows.length - NEAR_END
  const mayGoOn = query.hasNextPage && !query.isFetchingNextPage && !query.isError && !query.isPending
  useEffect(() => {
    if (isNearEnd && mayGoOn && emptyPages < EMPTY_PAGES_MAX) query.fetchNextPage()
  }, [isNearEnd, mayGoOn, emptyPages, query])

  const attend = (): void => {
    if (wanted.current === undefined) return
    const row = body.current?.querySelector<HTMLElement>(`[data-index="${wanted.current}"]`)
    if (row === null || row === undefined) return
    wanted.current = undefined
    row.focus()
  }
  useEffect(attend)

  const goTo = (index: number): void => {
    const next = Math.max(0, Math.min(rows.length - 1, index))
    wanted.current = next
    setActive(next)
    virtual.scrollToIndex(next, { align: 'auto' })
    attend()
  }
  const open = (row: Row): void => {
    if (to !== undefined) void navigate({ to: to(row) })
  }
  const choose = (key: string): void => {
    if (chosen === undefined) return
    const keys = new Set(chosen.keys)
    if (!keys.delete(key)) keys.add(key)
    chosen.change(keys)
  }
  const onKey = (event: KeyboardEvent): void => {
    const row = rows[at]
    if (event.ctrlKey || event.metaKey || event.altKey || row === undefined) return
    if (event.target instanceof HTMLElement && !event.target.matches('[data-index]') && event.key !== 'Escape') {
      // In a link or a box of a row the keys are its own.
      if (['Enter', ' '].includes(event.key)) return
    }
    const steps = STEPS.get(event.key)
    if (steps !== undefined) goTo(at + steps)
    else if (event.key === 'Home') goTo(0)
    else if (event.key === 'End') goTo(rows.length - 1)
    else if (event.key === 'Enter') open(row)
    else if (event.key === 'x' && chosen !== undefined) choose(keyOf(row))
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  useShortcuts('In the list', [
    { keys: 'j', words: 'Next row (also ↓)', run: () => goTo(isIn(body.current) ? at + 1 : at) },
    { keys: 'k', words: 'Row before (also ↑)', run: () => goTo(isIn(body.current) ? at - 1 : at) },
    ...(to === undefined ? [] : [{ keys: 'Enter', words: 'Open the row', run: () => clickFocused() }]),
    ...(chosen === undefined ? [] : [{ keys: 'x', words: 'Choose the row', run: () => undefined }]),
  ])

  if (query.isPending) return <PageState isLoading />
  if (query.isError && rows.length === 0) {
    return <PageState failed={asProblem(query.error)} again={() => void query.refetch()} />
  }
  if (rows.length === 0 && !query.hasNextPage) return <PageState empty={empty} />

  const tracks = (shown: readonly Column<Row>[]): string =>
    [...(chosen === undefined ? [] : ['1.25rem']), ...shown.map(({ width }) => width ?? 'minmax(0, 1fr)')].join(' ')
  const style = {
    '--columns': tracks(columns),
    '--columns-some': tracks(columns.filter(({ isWide }) => isWide !== true)),
  } as CSSProperties
  const byId = new Map(columns.map((column) => [column.id, column]))
  const onRow = (row: Row, index: number) => (event: MouseEvent) => {
    setActive(index)
    const isOnControl = event.target instanceof Element && event.target.closest('a, button, input, label') !== null
    if (!isOnControl && window.getSelection()?.isCollapsed !== false) open(row)
  }
  return (
    <div className={classes['place']}>
      <table
        className={classes['table']}
        role="grid"
        aria-label={label}
        aria-rowcount={query.hasNextPage ? -1 : rows.length + 1}
        aria-busy={query.isPlaceholderData}
        style={style}
      >
        <thead className={classes['head']} role="rowgroup">
          <tr className={classes['row']} role="row" aria-rowindex={1}>
            {chosen !== undefined && (
              <th className={classes['cell']} role="columnheader">
                <Checkbox
                  size="xs"
                  aria-label="Choose all that are loaded"
                  checked={rows.length > 0 && rows.every((row) => chosen.keys.has(keyOf(row)))}
                  indeterminate={chosen.keys.size > 0 && !rows.every((row) => chosen.keys.has(keyOf(row)))}
                  onChange={({ currentTarget }) => chosen.change(new Set(currentTarget.checked ? rows.map(keyOf) : []))}
                />
              </th>
            )}
            {columns.map((column) => (
              <Head key={column.id} column={column} order={order} />
            ))}
          </tr>
        </thead>
        <tbody
          ref={body}
          className={query.isPlaceholderData ? `${classes['body']} ${classes['stale']}` : classes['body']}
          role="rowgroup"
          onKeyDown={onKey}
          style={{ height: virtual.getTotalSize() }}
        >
          {items.map(({ index, key, start }) => {
            const row = table.getRowModel().rows[index]
            if (row === undefined) return undefined
            const isChosen = chosen?.keys.has(row.id) === true
            return (
              <tr
                key={key}
                ref={virtual.measureElement}
                data-index={index}
                data-goes={to === undefined ? undefined : ''}
                className={classes['row']}
                role="row"
                aria-rowindex={index + 2}
                aria-selected={chosen === undefined ? undefined : isChosen}
                tabIndex={index === at ? 0 : -1}
                style={{ transform: `translateY(${start - virtual.options.scrollMargin}px)` }}
                onClick={onRow(row.original, index)}
                onFocus={() => setActive(index)}
              >
                {chosen !== undefined && (
                  <td className={classes['cell']} role="gridcell">
                    <Checkbox
                      size="xs"
                      tabIndex={-1}
                      aria-label={chosen.nameOf(row.id)}
                      checked={isChosen}
                      onChange={() => choose(row.id)}
                    />
                  </td>
                )}
                {row.getVisibleCells().map((cell) => {
                  const column = byId.get(cell.column.id)!
                  return (
                    <td key={cell.id} role="gridcell" className={cellClass(column)}>
                      {column.narrow === 'line' && <span className={classes['label']}>{column.head}</span>}
                      {/* Called and not rendered: a cell that is made anew each time loses its focus and its clicks. */}
                      {column.cell(row.original)}
                    </td>
                  )
                })}
              </tr>
            )
          })}
        </tbody>
      </table>
      <Foot of={of} />
    </div>
  )
}

function Head<Row>({ column, order }: { readonly column: Column<Row>; readonly order: DataTableProps<Row>['order'] }) {
  const isSorted = column.order !== undefined && order?.value === column.order
  return (
    <th className={cellClass(column)} role="columnheader" aria-sort={isSorted ? 'ascending' : undefined}>
      {column.order === undefined || order === undefined ? (
        column.head
      ) : (
        <UnstyledButton
          className={classes['sort']}
          aria-pressed={isSorted}
          onClick={() => column.order !== undefined && order.change(column.order)}
        >
          {column.head}
          {isSorted && ' ↓'}
        </UnstyledButton>
      )}
    </th>
  )
}

function Foot<Row>({ of: { rows, query, emptyPages } }: { readonly of: Rows<Row> }) {
  const count = rows.length.toLocaleString('en')
  if (query.isError) {
    return (
      <Group className={classes['foot']}>
        <ProblemBox problem={query.error} />
        <Button variant="default" onClick={() => void (query.hasNextPage ? query.fetchNextPage() : query.refetch())}>
          Try again
        </Button>
      </Group>
    )
  }
  if (!query.hasNextPage) {
    return (
      <p className={classes['foot']} role="status">
        {rows.length === 1 ? 'One row, and that is all.' : `${count} rows, and that is all.`}
      </p>
    )
  }
  if (emptyPages < EMPTY_PAGES_MAX) {
    return (
      <p className={classes['foot']} role="status">
        {rows.length === 0 ? 'Looking…' : `${count} rows so far. More come as you scroll.`}
      </p>
    )
  }
  return (
    <Group className={classes['foot']} role="status">
      <span>{rows.length === 0 ? 'Nothing found yet.' : `${count} rows so far.`} What is left lies further back.</span>
      <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
        Look further back
      </Button>
    </Group>
  )
}

function cellClass<Row>({ align, narrow, isWide }: Column<Row>): string {
  return [
    classes['cell'],
    align === 'end' && classes['end'],
    narrow !== undefined && classes[narrow],
    isWide === true && classes['wide'],
  ]
    .filter(Boolean)
    .join(' ')
}

function isIn(element: HTMLElement | null): boolean {
  return element?.contains(document.activeElement) === true
}

/** Outside of rows Enter is the browser's: it presses what has the attention. */
function clickFocused(): void {
  if (document.activeElement instanceof HTMLElement) document.activeElement.click()
}

const STEPS: ReadonlyMap<string, number> = new Map([
  ['ArrowDown', 1],
  ['j', 1],
  ['ArrowUp', -1],
  ['k', -1],
  ['PageDown', 10],
  ['PageUp', -10],
])
/** As high as a row is before it has been measured. */
const ROW_PX = 44
/** So many rows before the end the next page is asked for. */
const NEAR_END = 15
/** So many pages without a row are looked through before a person says to go on. */
const EMPTY_PAGES_MAX = 10
