import { Button, Menu } from '@mantine/core'
import { useState } from 'react'
import { formatCsv } from '#core/ledger/csv.ts'
import { ProblemBox } from './problem-box.tsx'

/**
 * Takes what a page shows home. `ways` has a line for each form: `{ label: 'CSV', name: 'blocks.csv', make }`, where `make` answers a
 * Blob: `download(…)` of the client where the API writes the form itself, `csvOf` or `jsonOf` over `readAll(…)` where it only has pages.
 */
export function ExportMenu({ ways }: { readonly ways: readonly ExportWay[] }) {
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<unknown>()
  const take = async ({ make, name }: ExportWay): Promise<void> => {
    setBusy(true)
    setProblem(undefined)
    try {
      save(await make(), name)
    } catch (cause) {
      setProblem(cause)
    } finally {
      setBusy(false)
    }
  }
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" loading={isBusy}>
            Export
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {ways.map((way) => (
            <Menu.Item key={way.label} onClick={() => void take(way)}>
              {way.label}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {problem !== undefined && <ProblemBox problem={problem} />}
    </>
  )
}

export type ExportWay = { readonly label: string; readonly name: string; readonly make: () => Promise<Blob> }

/** Every row of a list, page by page, up to `EXPORT_ROWS_MAX`. */
export async function readAll<Page extends { readonly after?: string | undefined }, Row>(
  readPage: (after: string | undefined) => Promise<Page>,
  rowsOf: (page: Page) => readonly Row[],
): Promise<readonly Row[]> {
  const rows: Row[] = []
  let after: string | undefined
  do {
    const page = await readPage(after)
    rows.push(...rowsOf(page))
    ;({ after } = page)
  } while (after !== undefined && rows.length < EXPORT_ROWS_MAX)
  return rows.slice(0, EXPORT_ROWS_MAX)
}

/** A list as a table for spreadsheets, in which no cell is taken for a formula. */
export function csvOf<Row>(
  rows: readonly Row[],
  columns: readonly (readonly [head: string, cell: (row: Row) => string | undefined])[],
): Blob {
  const lines = [columns.map(([head]) => head), ...rows.map((row) => columns.map(([, cell]) => cell(row)))]
  return new Blob([lines.map((cells) => `${formatCsv(cells)}\r\n`).join('')], { type: 'text/csv' })
}

/** A list as JSON, as the API has it. */
export function jsonOf(value: unknown): Blob {
  return new Blob([`${JSON.stringify(value, undefined, 2)}\n`], { type: 'application/json' })
}

function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}

/** More than that is for the command line: `recourse case list --json`. */
export const EXPORT_ROWS_MAX = 10_000
