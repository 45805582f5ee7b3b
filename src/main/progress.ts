import { Presets, SingleBar } from 'cli-progress'

/** A bar on standard error for files worth one; it steps aside while rows are written to the same terminal. */
export function startProgress(): {
  show: (read: number, total: number | undefined) => void
  pause: () => void
  stop: () => void
} {
  let bar: SingleBar | undefined
  const startMs = performance.now()
  const rate = (read: number): string => {
    const seconds = (performance.now() - startMs) / 1000
    return seconds <= 0 ? '' : (read / seconds / 1_000_000).toFixed(0)
  }
  return {
    show(read, total) {
      if (total === undefined || total < PROGRESS_BYTES_MIN || !process.stderr.isTTY) return
      if (bar === undefined) {
        bar = new SingleBar(
          { format: '{bar} {percentage} %  {rate} MB/s  {eta_formatted} left', clearOnComplete: true },
          Presets.rect,
        )
        bar.start(total, read, { rate: rate(read) })
      } else bar.update(read, { rate: rate(read) })
    },
    pause() {
      if (bar !== undefined && process.stdout.isTTY) process.stderr.write('\r\u001b[K')
    },
    stop() {
      bar?.stop()
    },
  }
}

const PROGRESS_BYTES_MIN = 32 * 1024 * 1024
