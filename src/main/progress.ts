import { Presets, SingleBar } from 'cli-progress'

/** A bar on standard error for files worth one; it steps aside while rows are written to the same terminal. */
export function startProgress(): {
  show: (read: number, total: number | undefined) => void
  pause: () => void
  stop: () => void
} {
  let bar: SingleBar | undefined
  return {
    show(read, total) {
      if (total === undefined || total < PROGRESS_BYTES_MIN || !process.stderr.isTTY) return
      if (bar === undefined) {
        bar = new SingleBar(
          { format: '{bar} {percentage} %  {eta_formatted} left', clearOnComplete: true },
          Presets.rect,
        )
        bar.start(total, read)
      } else bar.update(read)
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
