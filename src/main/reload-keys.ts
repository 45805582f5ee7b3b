import { isDeepStrictEqual } from 'node:util'
import type { Config, TlsConfig } from '#main/config/config.ts'

/** What of a configuration nothing that is reloaded may change. */
export type FixedConfig = { readonly store: Config['store']; readonly gate: Pick<Config['gate'], 'dialPlan'> }

/** The keys that have changed and are read at start only. */
export function needRestart(before: Config, after: Config): string[] {
  return RESTART_KEYS.flatMap(([key, read]) => (isDeepStrictEqual(read(before), read(after)) ? [] : [key]))
}

/** What cannot even be held back until a restart, because lists and counters are made for it. */
export function refuseReload(before: FixedConfig, after: FixedConfig): string[] {
  return FIXED_KEYS.flatMap(([key, read]) =>
    isDeepStrictEqual(read(before), read(after))
      ? []
      : [`${key} has changed, which takes a restart: nothing was reloaded`],
  )
}

/** The new configuration with those keys as they were. */
export function keepUntilRestart(before: Config, after: Config): Config {
  const { listen, threads, udp, receiveBufferBytes, limits } = before.gate
  const {
    store,
    receipts,
    outlets,
    mail,
    outcomes,
    monitor,
    calling,
    ledger,
    journal,
    metrics,
    log,
    office,
    accounts,
    registry,
  } = before
  const fixed = { office, accounts, registry, monitor, calling, store, receipts, outlets, mail, outcomes }
  const own = { ...fixed, ledger, journal, metrics, log }
  const listening = <Door extends { readonly listen: unknown; readonly tls: TlsConfig }>(
    door: Door | undefined,
    was: Door | undefined,
  ) => {
    if (door === undefined || was === undefined) return was
    const tls = speaksTls(door) === speaksTls(was) ? door.tls : was.tls
    return { ...door, listen: was.listen, tls }
  }
  return {
    ...after,
    ...own,
    gate: { ...after.gate, listen, threads, udp, receiveBufferBytes, limits },
    api: listening(after.api, before.api),
    desk: keepDesk(listening(after.desk, before.desk), before.desk),
  }
}

/** An open port speaks either TLS or clear text: other certificates are taken at once, a certificate for none is not. */
function speaksTls(door: { readonly tls: TlsConfig } | undefined): boolean | undefined {
  return door && door.tls.kind === 'files'
}

type ReadKey<Of> = readonly [key: string, read: (config: Of) => unknown]

const FIXED_KEYS: readonly ReadKey<FixedConfig>[] = [
  ['store', ({ store }) => store],
  ['gate.dialPlan', ({ gate }) => gate.dialPlan],
]

/** What links, clocks and files of cases were made for. */
function keepDesk(desk: Config['desk'], was: Config['desk']): Config['desk'] {
  if (desk === undefined || was === undefined) return desk
  const { public: url, evidence, decideMs, zone, holidays } = was
  return { ...desk, public: url, evidence, decideMs, zone, holidays }
}

/** What is read at start only, by its key in the configuration. */
export const RESTART_KEYS: readonly ReadKey<Config>[] = [
  ['gate.listen', ({ gate }) => gate.listen],
  ['gate.threads', ({ gate }) => gate.threads],
  ['gate.udp', ({ gate }) => gate.udp],
  ['gate.receiveBuffer', ({ gate }) => gate.receiveBufferBytes],
  ['gate.limits', ({ gate }) => gate.limits],
  ['receipts', ({ receipts }) => receipts],
  ['api.listen', ({ api }) => api?.listen],
  ['desk.listen', ({ desk }) => desk?.listen],
  ['desk.public', ({ desk }) => desk?.public],
  ['desk.evidence', ({ desk }) => desk?.evidence],
  ['desk.decide', ({ desk }) => desk?.decideMs],
  ['desk.zone', ({ desk }) => desk?.zone],
  ['desk.holidays', ({ desk }) => desk?.holidays],
  ['api.tls', ({ api }) => speaksTls(api)],
  ['desk.tls', ({ desk }) => speaksTls(desk)],
  ['office', ({ office }) => office],
  ['accounts', ({ accounts }) => accounts],
  ['webhooks', ({ outlets }) => outlets.webhooks],
  ['gate.hep', ({ outlets }) => outlets.hep],
  ['mail', ({ mail }) => mail],
  ['registry', ({ registry }) => registry],
  ['gate.outcomes', ({ outcomes }) => outcomes],
  ['monitor', ({ monitor }) => monitor],
  ['calling', ({ calling }) => calling],
  ['ledger', ({ ledger }) => ledger],
  ['journal', ({ journal }) => journal],
  ['metrics', ({ metrics }) => metrics],
  ['log', ({ log }) => log],
]
