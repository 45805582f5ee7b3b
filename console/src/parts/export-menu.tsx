import { Alert, Button, Menu } from '@mantine/core'
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
  const [isCut, setCut] = useState(false)
  const take = async ({ make, name }: ExportWay): Promise<void> => {
    setBusy(true)
    setProblem(undefined)
    setCut(false)
    let wasCut = false
    try {
      const blob = await make(() => (wasCut = true))
      // The name says it too: a file is handed on without the page.
      save(blob, wasCut ? name.replace('.', `.first-${EXPORT_ROWS_MAX}.`) : name)
      setCut(wasCut)
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
      {isCut && (
        <Alert
          role="status"
          title={`The file has the first ${EXPORT_ROWS_MAX.toLocaleString('en')} rows, and there are more`}
        >
          Ask for less by the filters, or for all of it on the command line.
        </Alert>
      )}
    </>
  )
}

export type ExportWay = {
  readonly label: string
  readonly name: string
  readonly make: (onCut: OnCut) => Promise<Blob>
}

/** Is told where there was more than a file takes. */
export type OnCut = () => void

/** Every row of a list, page by page, up to `EXPORT_ROWS_MAX`; beyond, `onCut` is told. */
export async function readAll<Page extends { readonly after?: string | undefined }, Row>(
  readPage: (after: string | undefined) => Promise<Page>,
  rowsOf: (page: Page) => readonly Row[],
  onCut: OnCut,
): Promise<readonly Row[]> {
  const rows: Row[] = []
  let after: string | undefined
  do {
    const page = await readPage(after)
    rows.push(...rowsOf(page))
    ;({ after } = page)
  } while (after !== undefined && rows.length < EXPORT_ROWS_MAX)
  if (after !== undefined || rows.length > EXPORT_ROWS_MAX) onCut()
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
