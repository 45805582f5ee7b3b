// One thing: figures over time as lines, with the same figures as a table for those who cannot see them or want the numbers.
import { Table, Text, useComputedColorScheme } from '@mantine/core'
import { type ReactNode, useEffect, useRef } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import classes from './line-chart.module.css'
import { formatUtc } from './moment-words.ts'
import { Moment } from './moment.tsx'
import { spellOut } from './outside-text.ts'
import { Outside } from './outside.tsx'

/** One line: its name, and a value for each time; undefined where nothing is known, which is drawn as a gap. */
export type Series = {
  readonly label: string
  readonly values: readonly (number | undefined)[]
  /** `accent` if not said; `bad` and `wait` for what needs a person, `quiet` for what is only compared with. */
  readonly tone?: 'accent' | 'quiet' | 'bad' | 'wait' | 'good'
  /** Filled down to zero; one series of a chart at most. */
  readonly isArea?: boolean
}

export type LineChartProps = {
  /** What is shown, as a heading would say it. */
  readonly label: string
  /** Milliseconds since 1970, rising. */
  readonly times: readonly number[]
  readonly series: readonly Series[]
  /** What stands behind a value: `calls`, `ms`. */
  readonly unit?: string
  /** Pixels. */
  readonly height?: number
  /** A line across, such as a limit that was crossed. */
  readonly limit?: { readonly value: number; readonly label: string } | undefined
  /** What stands there instead where there are too few values to mean anything. */
  readonly empty?: ReactNode
}

/** Lines over time, in the colours of the page; the table below holds every value. */
export function LineChart({ label, times, series, unit = '', height = 180, limit, empty }: LineChartProps) {
  const place = useRef<HTMLDivElement>(null)
  const scheme = useComputedColorScheme('light')
  useEffect(() => {
    const element = place.current
    if (element === null || times.length < 2) return undefined
    const chart = new uPlot(optionsOf(element, { series, unit, height, limit }), dataOf(times, series, limit), element)
    const sized = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height }))
    sized.observe(element)
    return () => {
      sized.disconnect()
      chart.destroy()
    }
  }, [times, series, unit, height, limit, scheme])
  if (times.length < 2) return <Text c="dimmed">{empty ?? 'There is too little to draw yet.'}</Text>
  return (
    <figure className={classes['figure']}>
      <figcaption className={classes['caption']}>
        <span className={classes['name']}>{label}</span>
        {series.map(({ label, tone = 'accent' }) => (
          <span key={label} className={classes['series']} data-tone={tone}>
            <Outside text={label} max={80} />
          </span>
        ))}
        {limit !== undefined && (
          <span className={classes['series']} data-tone="limit">
            {`${limit.label}: ${limit.value.toLocaleString('en')}${unit === '' ? '' : ` ${unit}`}`}
          </span>
        )}
      </figcaption>
      <div ref={place} role="img" aria-label={`${label}. ${summarise(series, unit)}`} className={classes['chart']} />
      <details className={classes['details']}>
        <summary>As a table</summary>
        <div className={classes['scroll']} role="region" aria-label={`${label}, as a table`} tabIndex={0}>
          <ValueTable times={times} series={series} unit={unit} />
        </div>
      </details>
    </figure>
  )
}

function ValueTable({ times, series, unit }: Pick<LineChartProps, 'times' | 'series'> & { readonly unit: string }) {
  return (
    <Table verticalSpacing={2} fz="sm">
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">Time</Table.Th>
          {series.map(({ label }) => (
            <Table.Th key={label} scope="col" ta="end">
              <Outside text={label} max={80} />
              {unit !== '' && ` (${unit})`}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {times.map((at, row) => (
          <Table.Tr key={at}>
            <Table.Td>
              <Moment at={at} />
            </Table.Td>
            {series.map(({ label, values }) => (
              <Table.Td key={label} ta="end">
                {values[row]?.toLocaleString('en') ?? 'not known'}
              </Table.Td>
            ))}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}

/** What the lines say, in a sentence each: `Blocked: 0 to 412, now 37 calls.` */
function summarise(series: readonly Series[], unit: string): string {
  return series
    .map(({ label, values }) => {
      const known = values.filter((value) => value !== undefined)
      const name = spellOut(label)
      if (known.length === 0) return `${name}: not known.`
      const [low, high, last] = [Math.min(...known), Math.max(...known), known.at(-1)!]
      return `${name}: ${low.toLocaleString('en')} to ${high.toLocaleString('en')}, at the end ${last.toLocaleString('en')} ${unit}.`
    })
    .join(' ')
}

type Drawn = Required<Pick<LineChartProps, 'series' | 'unit' | 'height'>> & Pick<LineChartProps, 'limit'>

function dataOf(
  times: readonly number[],
  series: readonly Series[],
  limit: LineChartProps['limit'],
): uPlot.AlignedData {
  const lines = series.map(({ values }) => times.map((_, at) => values[at]))
  const level = limit === undefined ? [] : [times.map(() => limit.value)]
  return [times.map((at) => at / 1000), ...lines, ...level]
}

function optionsOf(element: HTMLElement, { series, unit, height, limit }: Drawn): uPlot.Options {
  const styles = getComputedStyle(element)
  const colour = (name: string): string => styles.getPropertyValue(name).trim()
  const ink = colour('--mantine-color-dimmed')
  const line = colour('--console-line')
  const font = `12px ${styles.fontFamily}`
  const strokes = {
    accent: colour('--mantine-color-anchor'),
    quiet: ink,
    bad: colour('--console-bad'),
    wait: colour('--console-wait'),
    good: colour('--console-good'),
  }
  const axis = { stroke: ink, font, grid: { stroke: line, width: 1 }, ticks: { show: false } }
  return {
    width: element.clientWidth,
    height,
    legend: { show: false },
    cursor: { y: false, points: { size: 6 } },
    scales: { y: { range: (_chart, _low, high) => [0, Math.max(1, high * 1.1)] } },
    axes: [
      { ...axis, grid: { show: false }, values: TIME_FORMATS },
      { ...axis, size: 52, values: (_chart, ticks) => ticks.map((value) => value.toLocaleString('en')) },
    ],
    series: [
      {},
      ...series.map(({ label, values, tone = 'accent', isArea = false }) => ({
        label,
        stroke: strokes[tone],
        width: 1.75,
        // A value between two gaps has no line to be seen by.
        points: values.includes(undefined) ? { show: true, size: 4, fill: strokes[tone] } : { show: false },
        ...(isArea && { fill: `color-mix(in srgb, ${strokes[tone]} 12%, transparent)` }),
      })),
      ...(limit === undefined
        ? []
        : [{ label: limit.label, stroke: strokes.bad, width: 1.25, dash: [5, 4], points: { show: false } }]),
    ],
    plugins: [tooltipOf(series, unit)],
  }
}

/** Says what the values are where the pointer is. */
function tooltipOf(series: readonly Series[], unit: string): uPlot.Plugin {
  const box = document.createElement('div')
  box.className = classes['tip'] ?? ''
  return {
    hooks: {
      init: (chart) => chart.over.append(box),
      setCursor: (chart) => {
        const { idx, left = -1 } = chart.cursor
        box.hidden = idx === undefined || idx === null || left < 0
        if (idx === undefined || idx === null || left < 0) return
        const at = chart.data[0][idx]!
        const values = series.map(
          ({ label, values }) => `${spellOut(label)}: ${values[idx]?.toLocaleString('en') ?? 'not known'} ${unit}`,
        )
        box.textContent = [TIP_TIME.format(at * 1000), formatUtc(at * 1000), ...values].join('\n')
        const isRight = left > chart.over.clientWidth / 2
        box.style.left = isRight ? '' : `${left + 12}px`
        box.style.right = isRight ? `${chart.over.clientWidth - left + 12}px` : ''
      },
    },
  }
}

const TIP_TIME = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
})
/** Ticks of the time axis by their distance in seconds, in 24 hours. */
const TIME_FORMATS: uPlot.Axis.Values = [
  [86_400 * 365, '{YYYY}', null, null, null, null, null, null, 0],
  [86_400 * 28, '{MMM}', '\n{YYYY}', null, null, null, null, null, 1],
  [86_400, '{D} {MMM}', null, null, null, null, null, null, 1],
  [3_600, '{HH}:{mm}', '\n{D} {MMM}', null, '\n{D} {MMM}', null, null, null, 1],
  [60, '{HH}:{mm}', '\n{D} {MMM}', null, '\n{D} {MMM}', null, null, null, 1],
  [1, '{HH}:{mm}:{ss}', null, null, null, null, null, null, 1],
]
