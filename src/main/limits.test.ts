import assert from 'node:assert/strict'
import { test } from 'node:test'
import pino from 'pino'
import type { Figure } from '#edge/health/serve.ts'
import { noHttpFigures } from '#edge/http/figures.ts'
import { Alarms } from './alarms.ts'
import { alertFigures } from './alert-service.ts'
import { deskFigures, gateFigures, httpFigures, inquiryFigures, ledgerFigures, streamFigures } from './figures.ts'
import { LIMIT_FIGURES, readLimits } from './limits.ts'
import { monitorFigures } from './monitor-service.ts'
import { outcomeFigures } from './outcomes.ts'
import { standingFigures } from './standing-watch.ts'
import { webhookFigures } from './webhooks.ts'

test('every limit that is watched is a figure of the metrics page', () => {
  const nobody = (): never => {
    throw new Error('nobody reads it here')
  }
  const figures: readonly Figure[] = [
    ...gateFigures(nobody, new Alarms(pino({ enabled: false }))),
    ...ledgerFigures(nobody, nobody),
    ...webhookFigures(nobody),
    ...outcomeFigures(nobody),
    ...monitorFigures(nobody),
    ...alertFigures(nobody),
    ...inquiryFigures(nobody),
    ...standingFigures(nobody),
    ...httpFigures(noHttpFigures()),
    ...deskFigures(nobody),
    ...streamFigures({ streams: {}, expiresMs: nobody } as unknown as Parameters<typeof streamFigures>[0]),
  ]
  const names = new Set(figures.map(({ name }) => name))
  assert.ok(names.size > 200, `saw ${names.size} figures`)
  assert.deepEqual(
    [...LIMIT_FIGURES].filter((name) => !names.has(name)),
    [],
  )
})

test('limits that were hit come the most often hit first, and others are not told', () => {
  const figure = (name: string, count: number): Figure => ({
    name,
    help: `of ${name}`,
    type: 'counter',
    read: () => count,
  })
  const found = readLimits([
    figure('gate_shed_total', 2),
    figure('gate_calls_total', 900),
    figure('gate_late_total', 0),
    figure('http_over_all_total', 7),
  ])
  assert.deepEqual(found, {
    hit: [
      { name: 'http_over_all_total', words: 'of http_over_all_total', count: 7 },
      { name: 'gate_shed_total', words: 'of gate_shed_total', count: 2 },
    ],
    watched: 3,
  })
})
