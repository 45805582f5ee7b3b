/**
 * Ends what npx began when npx is ended: it passes a signal on to a shell, which dies of it and tells nobody, so that the
 * program would go on and keep its ports. Then this process has another parent, and gets the signal that was meant for it.
 */
export function endWithNpx(): void {
  if (process.env['npm_command'] !== 'exec') return
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    process.kill(process.pid, 'SIGTERM')
  }, LOOK_EVERY_MS)
  watch.unref()
}

const LOOK_EVERY_MS = 500
