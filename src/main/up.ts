import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { sampleOrStop } from './config-command.ts'
import { DEFAULT_PATH } from '#main/config/load.ts'
import { EXIT } from './exit.ts'
import { loadOrStop } from './load-or-stop.ts'
import { startService, type Service } from './service.ts'
import { say } from './say.ts'
import { isAttended } from './attended.ts'
import { endWithNpx } from './npx.ts'
import { tryItWords } from './try-it.ts'

/** Adds `recourse up`: gate and ledger in one process, until a signal ends it. */
export function upCommand(program: Command): void {
  program
    .command('up')
    .option(
      '--config <file>',
      'the configuration; recourse.yaml of this folder if not said, written first if there is none',
    )
    .description('screen calls: start the gate and its ledger')
    .addHelpText('after', '\nExample:\n  $ npx recourse up\n  $ npx recourse up --config /etc/recourse/recourse.yaml')
    .action(async (options: { config?: string }) => {
      if (options.config === undefined && process.env['RECOURSE_CONFIG'] === undefined && !existsSync(DEFAULT_PATH)) {
        say(`wrote ${sampleOrStop('.').join(', ')}: a sample to start from`)
      }
      const { config, reminders, path } = loadOrStop(options.config, true)
      for (const reminder of reminders) say(`note: ${reminder}`)
      endWithNpx()
      const ended = endOfRun()
      const service = await startService(config, path ?? DEFAULT_PATH)
      announce(service, path ?? DEFAULT_PATH)
      await ended
      await endWith(service)
    })
}

/** Ends the service, and with it the process. */
export async function endWith(service: Service): Promise<never> {
  say('ending: what was accepted is answered first')
  const { isStoreClosed } = await service.stop()
  if (!isStoreClosed) {
    say('the store is still busy writing, and is left as it is: whatever was told to a caller is safe in it')
    // An orderly exit would wait for the thread that waits for the disk, however long that takes.
    process.kill(process.pid, 'SIGKILL')
  }
  // Nothing is left to do; a handle that some library forgot must not hold the process.
  return process.exit(process.exitCode ?? EXIT.ok)
}

function announce({ config, local, doors, healthUrl }: Service, path: string): void {
  const words = tryItWords(local, config.gate.peers)
  const peers = config.gate.peers.map(
    ({ name, from, certificates = [], continueStatus }) =>
      `${name} (${[...from, ...certificates].join(', ')}; continue is ${continueStatus})`,
  )
  const lines = [
    ...local.map((endpoint) => `screening calls on ${endpoint}`),
    ...doors,
    `peers: ${peers.join('; ')}. Everybody else gets no answer.`,
    `ledger: ${config.store.path}`,
    ...(healthUrl === undefined ? [] : [`metrics and health: ${healthUrl}/metrics, ${healthUrl}/health`]),
    ...(words === undefined ? [] : [`try it: ${words}`]),
    `next: the rules are in ${path} (docs/configuration.md, docs/rules.md); blocks: npx recourse ledger list`,
  ]
  // In one piece: the log, which goes another way, would stand between them.
  say(lines.join('\n'))
}

/** The first signal to end. Those after it, which npm and impatient people send, find the end under way: it takes a few seconds at most. */
export function endOfRun(): Promise<void> {
  return new Promise((resolve) => {
    const signals = ['SIGTERM', 'SIGINT', ...(isAttended() ? ['SIGHUP' as const] : [])] as const
    for (const signal of signals) process.on(signal, () => resolve())
    // Until there is something to reload it must not end the start.
    process.on('SIGHUP', () => undefined)
  })
}
