import type { Command } from 'commander'
import { describeConfig } from '#main/config/describe.ts'
import { createSample } from '#main/config/sample.ts'
import { EXIT, Stop } from './exit.ts'
import { loadOrStop } from './load-or-stop.ts'

/** Adds `recourse config check` and `recourse config sample`. */
export function configCommand(program: Command): void {
  const config = program.command('config').description('check a configuration, or write a commented sample')
  config
    .command('check')
    .option('--config <file>', 'the configuration, recourse.yaml if not said')
    .option('--json', 'the outcome as one JSON object on standard output')
    .description('load the configuration, its lists and its policy, and say everything that is wrong')
    .addHelpText('after', '\nExample:\n  $ npx recourse config check --config recourse.yaml')
    .action((options: { config?: string; json?: boolean }) => {
      const { config, reminders, path } = loadOrStop(options.config, true)
      if (options.json === true) {
        const rules = config.policy.rules.map(({ id, kind, mode }) => ({ id, kind, mode }))
        const peers = config.gate.peers.map(({ name }) => name)
        process.stdout.write(`${JSON.stringify({ config: path ?? null, rules, peers, reminders })}\n`)
        return
      }
      const lines = [
        `${path ?? 'the defaults'}: well`,
        ...describeConfig(config),
        ...reminders.map((line) => `note: ${line}`),
      ]
      process.stdout.write(`${lines.join('\n  ')}\n`)
    })
  config
    .command('sample')
    .argument('[folder]', 'where to write it', '.')
    .description('write a commented recourse.yaml and its lists; files that are there stay as they are')
    .addHelpText('after', '\nExample:\n  $ npx recourse config sample')
    .action((folder: string) => {
      const written = sampleOrStop(folder)
      process.stdout.write(
        written.length === 0 ? 'nothing written: the files are there already\n' : `wrote ${written.join(', ')}\n`,
      )
    })
}

/** Writes the sample; throws `Stop` where the folder cannot be written. */
export function sampleOrStop(folder: string): string[] {
  try {
    return createSample(folder)
  } catch (error) {
    throw new Stop(EXIT.unusable, `${folder} cannot be written: ${(error as Error).message}`, { cause: error })
  }
}

/** The file that the configuration has checkpoints written to; undefined where the store is named without one. */
export async function checkpointsFile(options: { store?: string; config?: string }): Promise<string | undefined> {
  if (options.store !== undefined && options.config === undefined) return undefined
  return loadOrStop(options.config).config.ledger.checkpoints
}

/** The store that a verb works on: the one named, else that of the configuration. */
export async function storeUrl(options: { store?: string; config?: string }): Promise<string> {
  return options.store ?? `sqlite:${loadOrStop(options.config).config.store.path}`
}
