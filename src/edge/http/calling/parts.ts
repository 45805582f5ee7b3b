import { z } from '@hono/zod-openapi'
import { formatCsv } from '#core/ledger/csv.ts'
import { type Ask, parameterOf, seenOf, workerOf } from '#edge/http/office/ask.ts'
import { Refused } from '#edge/http/problem.ts'
import type { Doer, Outcome } from './ports.ts'

/** What a port did, or its refusal as a problem. */
export function doneOr<Value>(outcome: Outcome<Value>): Value {
  if (outcome.kind === 'done') return outcome.value
  const { kind, detail, pointer } = outcome.problem
  throw new Refused(kind, detail, { pointer })
}

export function doerOf(context: Ask): Doer {
  return workerOf(context)
}

export function seqOf(context: Ask): number | undefined {
  return seenOf(context)
}

/** The number of a row in the path; what is none is not there. */
export function numberIn(context: Ask): number {
  const id = Number(/^\d{1,15}$/.exec(parameterOf(context, 'id'))?.[0] ?? Number.NaN)
  if (Number.isSafeInteger(id) && id > 0) return id
  throw notThere()
}

/** The id of a dispute or probe in the path. */
export function idIn(context: Ask, name = 'id'): string {
  const id = parameterOf(context, name)
  if (PUBLIC_ID.test(id)) return id
  throw notThere()
}

export function notThere(): Refused {
  return new Refused('not-found', 'expected the id of something that is kept here')
}

/** Whether a browser or program wants the list to keep. */
export function wantsCsv({ req }: Ask): boolean {
  return (req.header('accept') ?? '').includes('text/csv')
}

/** A list as CSV that no spreadsheet runs, sent row by row. */
export function answerCsv(name: string, head: readonly string[], rows: Iterable<readonly Cell[]>): Response {
  const encoder = new TextEncoder()
  const lines = (function* () {
    yield formatCsv(head)
    for (const row of rows) yield formatCsv(row.map((cell) => (cell === undefined ? '' : String(cell))))
  })()
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      let text = ''
      for (let count = 0; count < LINES_AT_ONCE; count++) {
        const next = lines.next()
        if (next.done === true) {
          if (text !== '') controller.enqueue(encoder.encode(text))
          return controller.close()
        }
        text += `${next.value}\r\n`
      }
      return controller.enqueue(encoder.encode(text))
    },
  })
  return new Response(body, {
    headers: {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="${name}"`,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    },
  })
}

/** One cell of a list; empty for undefined. */
export type Cell = string | number | boolean | undefined

/** One of our numbers in a query, as calls carry it: the plus may have come as a blank. */
export const numberSchema = z
  .string()
  .transform((text) => text.replace(/^ /, '+').replaceAll(/[ ().-]/g, ''))
  .refine((text) => /^\+?\d{1,15}$/.test(text), 'expected a number as calls carry it, such as +12125550117')
  .optional()
export const nameSchema = z.string().max(512, 'expected a name').optional()

const PUBLIC_ID = /^[A-Za-z0-9_-]{22}$/
const LINES_AT_ONCE = 500
