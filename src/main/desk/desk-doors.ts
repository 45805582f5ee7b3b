// One thing: the desk's doors and all that works behind them, brought up and down together in its thread.
import { hash } from 'node:crypto'
import type { DeskAudit } from '#core/redress/change.ts'
import { addMessage, answerQuestion, noteMail } from '#core/redress/steps.ts'
import { createDesk as createCards } from '#edge/http/card.ts'
import { createDeskPages } from '#edge/http/desk/pages.ts'
import { createSharedProbes, isSharedProbe } from '#edge/http/desk/shared-probe.ts'
import { Tickets } from '#edge/http/desk/ticket.ts'
import { answerExplain, explainRoutes } from '#edge/http/console/explain-page.ts'
import { consoleFileRoutes, consoleRoutes } from '#edge/http/console/console-routes.ts'
import type { InsideRoute } from '#edge/http/accounts/guard.ts'
import type { PeerDesk } from '#edge/http/gate/ports.ts'
import { gateRoutes } from '#edge/http/gate/routes.ts'
import { noHttpFigures } from '#edge/http/figures.ts'
import { caseRoutes } from '#edge/http/office/case-routes.ts'
import { exportRoutes } from '#edge/http/office/export-routes.ts'
import { mailRoutes } from '#edge/http/office/mail-routes.ts'
import type { PolicyDesk } from '#edge/http/policy/policy-desk.ts'
import { policyRoutes } from '#edge/http/policy/policy-routes.ts'
import { registryRoutes } from '#edge/http/registry/routes.ts'
import type { Tour } from '#edge/http/tour/ports.ts'
import { tourRoutes } from '#edge/http/tour/routes.ts'
import { upkeepRoutes } from '#edge/http/upkeep/routes.ts'
import { vettingRoutes } from '#edge/http/registry/vetting.ts'
import { DESK_REQUEST_MS, type HttpServer, serveHttp } from '#edge/http/serve.ts'
import { openFeedSigner } from '#edge/store/feed-signature.ts'
import { blockRoutes } from '#edge/http/blocks/routes.ts'
import { openBlockReader } from '#edge/store/block-reader.ts'
import { openFlowReader } from '#edge/store/flow-reader.ts'
import { openLedgerReader } from '#edge/store/ledger-reader.ts'
import { openRegistryStore } from '#edge/store/registry-store.ts'
import type { Config } from '#main/config/config.ts'
import { DEFAULT_PATH } from '#main/config/load.ts'
import { cardOf, filesOf, proxiesOf, sparesOf } from './http-terms.ts'
import { makeFeedDesk } from '#main/registry/feed-desk.ts'
import { makeRegistry, type RegistryRoom } from '#main/registry/make-registry.ts'
import { Sources } from '#main/registry/sources.ts'
import { readSources, registryTermsOf } from '#main/registry/terms.ts'
import { readBuiltConsole, readBuiltExplain } from './built-console.ts'
import { createBlockLook } from './block-look.ts'
import { createBlockSearch } from './block-search.ts'
import { checkLedger } from './ledger-check.ts'
import { type OverviewRoom, openOverview } from './overview-room.ts'
import { makeId } from './cases.ts'
import { freeDial } from './desk.ts'
import { type DeskChores, startDeskChores } from './desk-chores.ts'
import type { DeskFigures } from './desk-figures.ts'
import { DelaySlices } from './delay-slices.ts'
import type { DeskOrder, DeskReport, DeskTask, ProcessState } from './desk-messages.ts'
import { type DeskRoom, openDeskRoom, STATUS_WITHIN_MS } from './desk-room.ts'
import { checkEvidence } from './evidence.ts'
import { lookUpHolders } from './holders.ts'
import { createHealth } from './health-room.ts'
import { type Inbox, type Outcome, openInbox } from './inbox.ts'
import { type News, openNews } from './news.ts'
import { lookAtKeys } from './key-look.ts'
import { lookAtNotice } from './notice-look.ts'
import { openOffice } from './office-door.ts'
import { openOutgoing } from './outgoing-room.ts'
import { openPost, type Post } from './post.ts'
import { openRetention } from './retention-room.ts'
import { type CallWatch, watchCalls } from './watch-calls.ts'

/** Rooms of the inside that commands share: whoever starts the thread hands them in. */
export type OtherRooms = {
  /** The calling side and probes, with the pages that links to reports show. Throws StoreError. */
  readonly openCalling: (parts: {
    readonly config: () => Config
    readonly now: () => number
    readonly alarm: (cause: unknown) => void
  }) => {
    readonly routes: readonly InsideRoute[]
    readonly sharedPage: (token: string) => string | undefined
    readonly close: () => Promise<void>
  }
  readonly openPeers: (parts: {
    readonly config: () => Config
    readonly seen: OverviewRoom['peer']
    readonly since: OverviewRoom['peersSince']
    readonly listening: () => readonly string[]
    /** Writes into the audit trail; false where the store takes nothing. */
    readonly note: (entry: DeskAudit) => boolean
    readonly now: () => number
    readonly alarm: (cause: unknown) => void
  }) => PeerDesk & { readonly close: () => Promise<void> }
  readonly createTour: (parts: {
    readonly config: () => Config
    readonly seen: OverviewRoom['peer']
    readonly listening: () => readonly string[]
    /** The newest block of a caller that was answered as such. */
    readonly blocked: (
      from: string,
    ) => { readonly at: number; readonly to: string; readonly answer: string } | undefined
    readonly note: (entry: DeskAudit) => boolean
    readonly reload: string | undefined
    readonly now: () => number
  }) => Tour
  /** The command that has this process read its files again; undefined where only a start does. */
  readonly reload: string | undefined
  readonly openPolicies: (task: { readonly store: string; readonly path: string | undefined }) => {
    readonly desk: PolicyDesk
    readonly close: () => Promise<void>
  }
}

export type DeskDoors = {
  /** True once everything is closed. */
  follow(order: DeskOrder): Promise<boolean>
}

/** Opens all of it; what cannot be opened is told, and everything that was is closed again. */
export async function openGuarded(
  task: DeskTask,
  tell: (report: DeskReport) => void,
  others: OtherRooms,
): Promise<DeskDoors | undefined> {
  const undo: (() => unknown)[] = []
  try {
    return await openDoors(task, tell, others, undo)
  } catch (error) {
    for (const end of undo.reverse()) await end()
    if (error instanceof NoDoor) tell({ kind: 'no-door', key: error.key, code: error.code, message: error.message })
    else tell({ kind: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) })
    return undefined
  }
}

async function openDoors(
  task: DeskTask,
  tell: (report: DeskReport) => void,
  { openCalling, openPeers, createTour, openPolicies, reload }: OtherRooms,
  undo: (() => unknown)[],
): Promise<DeskDoors> {
  let { config, receipts } = task
  let process: ProcessState | undefined
  const delays = new DelaySlices()
  const ending = new AbortController()
  const url = `sqlite:${config.store.path}`
  const now = (): number => Date.now()
  const figures = noHttpFigures()
  const alarm = (cause: unknown): void => {
    const { message, stack } = cause instanceof Error ? cause : new Error(String(cause))
    tell({ kind: 'alarm', message, stack })
  }
  const registryStore = openRegistryStore(url)
  undo.push(() => registryStore.close())
  const room = openDeskRoom({
    config: () => config,
    receipts: () => receipts,
    holders: lookUpHolders(registryStore, now),
    now,
    alarm,
  })
  undo.push(() => room.close())
  const { parts, cases, office } = room
  const registry = makeRegistry({
    store: registryStore,
    terms: registryTermsOf(config),
    plan: config.gate.dialPlan,
    now,
    assignDial: (taken) => {
      const verification = config.desk?.verification
      if (verification === undefined) return undefined
      return freeDial(verification, (dial) => taken.has(dial) || room.store.isDialled(dial, undefined, now()))
    },
    keepEvidence: async (upload) => {
      const checked = checkEvidence(upload, parts.evidenceBytesMax())
      if ('problem' in checked) return { kind: 'refused', field: 'file', problem: checked.problem }
      const file = { id: makeId(), ...checked, octets: upload.octets.length, hash: hash('sha256', upload.octets) }
      return cases.save(() => parts.files.write(file.id, upload.octets)) ?? file
    },
    removeEvidence: ({ id }) => parts.files.remove(id),
    readEvidence: async ({ id }) => parts.files.read(id),
    alarm,
  })
  const alerts = (): readonly string[] => config.desk?.alerts ?? []
  const watch = watchCalls(parts, alerts, registry.noteCall)
  undo.push(() => watch.close())
  const chores = startDeskChores(parts, {
    alerts,
    keepMs: () => config.desk?.keepMs ?? KEEP_MS,
    overdue: () => tell({ kind: 'overdue' }),
    eraseRegistrations: (before, at, limit) => registryStore.erase(before, at, limit),
  })
  undo.push(() => chores.close())

  const trouble = (of: 'mail' | 'webhook' | 'registry') => (why: string) => tell({ kind: 'trouble', of, why })
  const post = openMail(config, url, trouble('mail'))
  undo.push(() => post?.close())
  const inbox = config.mail === undefined ? undefined : openReplies(config, url)
  undo.push(() => inbox?.close())
  const news = openNews({
    store: url,
    webhooks: config.outlets.webhooks,
    read: (id) => cases.read(id),
    onTrouble: (hook, why) => trouble('webhook')(`${hook}: ${why}`),
    now,
  })
  undo.push(() => news.close())
  const sources = new Sources({
    store: registryStore,
    sources: await readSources(config),
    now,
    alarm: (source, why) => trouble('registry')(`${source}: ${why}`),
  })
  const attend = setInterval(() => {
    try {
      registry.attend()
    } catch (cause) {
      alarm(cause)
    }
    void sources.tick()
  }, ATTEND_EVERY_MS)
  undo.push(() => clearInterval(attend))

  const sendLinks = (): void => {
    try {
      registry.sendLinks()
    } catch (cause) {
      alarm(cause)
    }
  }
  const linking = setInterval(sendLinks, LINKS_EVERY_MS)
  undo.push(() => {
    clearInterval(linking)
    sendLinks()
  })

  function openReplies({ mail }: Config, store: string): Inbox {
    return openInbox({
      store,
      folder: mail?.folder,
      onReply: async ({ thread, stranger, text }) => {
        const id = thread.slice(thread.indexOf(':') + 1)
        const taken = cases.take(id, (step) => {
          if (stranger !== undefined || thread !== id)
            return noteMail(step, `Mail from ${stranger ?? 'another address that we wrote to'}:\n${text}`, MAIL_DESK)
          const isAsked = step.found.status === 'waiting-for-claimant'
          return isAsked ? answerQuestion(step, text, 'mail') : addMessage(step, text)
        })
        if (taken.kind === 'unsaved') throw new Error('the store takes nothing just now')
        return taken.kind === 'refused' ? 'refused' : 'taken'
      },
      onBounce: async (thread) => {
        const id = thread.slice(thread.indexOf(':') + 1)
        const taken = cases.take(id, (step) => noteMail(step, 'A message could not be delivered.', MAIL_DESK))
        if (taken.kind === 'unsaved') throw new Error('the store takes nothing just now')
      },
      onTrouble: trouble('mail'),
      now,
    })
  }

  const tickets = new Tickets(task.secret)
  const feed =
    config.registry.feed && config.desk !== undefined
      ? makeFeedDesk({
          store: registryStore,
          signer: await openFeedSigner(config.registry.keyPath ?? `${config.store.path}.feed-key.pem`),
          issuer: config.desk.public,
          now,
        })
      : undefined
  const explain = readBuiltExplain()
  const makePages = async (config: Config) => {
    const isProxy = proxiesOf(config.desk?.tls)
    const cards = await createCards({
      card: cardOf(config),
      openReceipt: (receipt) => parts.ring().open(receipt)?.atMs,
      receiptsKeptMs: config.receipts.keepMs,
      secret: task.secret,
      isProxy,
      figures,
      now,
      alarm,
    })
    const pageParts = {
      desk: room.desk,
      card: (request, connection) => cards.fetch(request, connection),
      explain: explain && ((request) => answerExplain(request, explain)),
      operator: {
        name: config.operator.name,
        contact: config.operator.contact,
        promise: { statusWithinHours: STATUS_WITHIN_MS / 3_600_000 },
        timeZone: config.desk?.zone ?? 'UTC',
        isTransparent: config.desk?.isTransparent ?? false,
        registry: { hasFeed: feed !== undefined },
      },
      publicUrl: config.desk?.public ?? 'https://localhost',
      country: config.desk?.country ?? 'US',
      evidenceBytesMax: parts.evidenceBytesMax(),
      secret: task.secret,
      isProxy,
      figures,
      now,
      alarm,
    } satisfies Parameters<typeof createDeskPages>[0]
    const app = createDeskPages(pageParts)
    app.route('/', registryRoutes({ ...pageParts, registry: registry.registry, feed, tickets }))
    return app
  }
  let pages = await makePages(config)
  const callingRoom = config.office && openCalling({ config: () => config, now, alarm })
  undo.push(() => callingRoom?.close())
  const sharedProbes = createSharedProbes({
    page: (token) => callingRoom?.sharedPage(token),
    isProxy: (address) => proxiesOf(config.desk?.tls)(address),
    figures,
    now,
  })

  const servers: { readonly of: 'desk' | 'office'; readonly server: HttpServer }[] = []
  undo.push(() => Promise.all(servers.map(({ server }) => server.close(0))))
  const open: string[] = []
  if (config.desk !== undefined) {
    const { listen, tls, card } = config.desk
    const door = {
      ...listen,
      tls: filesOf(tls),
      spares: sparesOf(() => config.desk?.tls),
      requestMs: DESK_REQUEST_MS,
    }
    const server = await serveOr('desk.listen', () =>
      serveHttp((request, env) => (isSharedProbe(request) ? sharedProbes : pages).fetch(request, env), door, figures),
    )
    servers.push({ of: 'desk', server })
    open.push(
      `desk: ${server.url}, for callers ${config.desk.public}${card === undefined ? '' : '; cards of 608 answers at /j/…'}`,
    )
  }
  if (config.office !== undefined) {
    const { listen, tls } = config.office
    const reader = openLedgerReader(url)
    undo.push(() => reader.close())
    const blocks = createBlockSearch(reader)
    const blockReader = openBlockReader(url)
    undo.push(() => blockReader.close())
    const check = checkLedger(url, now, alarm)
    undo.push(() => check.close())
    const overview = openOverview({
      reader: openFlowReader(url),
      process: () => process,
      delays,
      ledger: check.state,
      peers: () => config.gate.peers.map(({ name }) => name),
      now,
      alarm,
    })
    undo.push(() => overview.close())
    const seen = (name: string) => overview.peer(name)
    const listening = () => process?.listening ?? []
    const note = (entry: DeskAudit): boolean => {
      const change = { at: now(), events: [], mails: [], standing: [], ended: [], audit: [entry] }
      return cases.save(() => room.store.record(change)) === 'recorded'
    }
    const tour = createTour({
      config: () => config,
      seen,
      listening,
      blocked: (from) => {
        const [block] = reader.search({ number: from }, 1).blocks
        if (block?.personal?.calling !== from || block.released) return undefined
        return { at: block.open.at, to: block.personal.called, answer: block.personal.answer }
      },
      note,
      reload,
      now,
    })
    const peers = openPeers({
      config: () => config,
      seen,
      since: () => overview.peersSince(),
      listening,
      note,
      now,
      alarm,
    })
    undo.push(() => peers.close())
    const gate = {
      peers,
      notice: () => lookAtNotice(config, task.path ?? DEFAULT_PATH, reload),
      keys: () => lookAtKeys({ config, currentSlot: receipts.currentSlot, nowMs: now(), reload }),
    }
    const policies = openPolicies({ store: config.store.path, path: task.path })
    undo.push(() => policies.close())
    const outgoing = openOutgoing(config, now)
    undo.push(() => outgoing.close())
    const retention = openRetention(() => config, now)
    undo.push(() => retention.close())
    const health = createHealth({ config: () => config, process: () => process, ledger: check.state, now })
    const upkeep = { outgoing, retention: () => retention.read(), health }
    const routes = [
      ...upkeepRoutes({ upkeep }),
      ...policyRoutes({ policy: policies.desk, plan: config.gate.dialPlan }),
      ...caseRoutes({ office, plan: config.gate.dialPlan, now }),
      ...exportRoutes({ office, plan: config.gate.dialPlan, now, blocks, operator: config.operator.name }),
      ...blockRoutes({
        look: createBlockLook(parts, blockReader),
        overview: (span) => overview.read(span),
        ending: ending.signal,
      }),
      ...vettingRoutes(registry.vetting, config.gate.dialPlan),
      ...gateRoutes({ gate }),
      ...tourRoutes({ tour }),
      ...(callingRoom?.routes ?? []),
      ...(inbox === undefined ? [] : mailRoutes((octets) => inbox.take(octets))),
    ]
    const pages = readBuiltConsole()
    const inside = openOffice(
      { ...config, office: config.office },
      {
        routes: [...routes, ...consoleRoutes(pages)],
        open: [...consoleFileRoutes(pages), ...explainRoutes(explain)],
        figures,
        alarm,
      },
    )
    undo.push(() => inside.close())
    // People hand in lists of numbers here, over whatever line they have.
    const door = {
      ...listen,
      tls: filesOf(tls),
      spares: sparesOf(() => config.office?.tls),
      requestMs: DESK_REQUEST_MS,
    }
    const server = await serveOr('office.listen', () =>
      serveHttp((request, env) => inside.fetch(request, env), door, figures),
    )
    servers.push({ of: 'office', server })
    const outside = config.office.public === server.url ? '' : `, for your people ${config.office.public}`
    open.push(`office: ${server.url}${outside}`)
    const first = inside.firstRun()
    if (first !== undefined) open.push(first)
  }

  const report = (): void => {
    try {
      const desk = countDesk({ room, watch, chores, post, inbox, news, registry, sources })
      tell({ kind: 'figures', http: { ...figures }, desk })
    } catch (cause) {
      alarm(cause)
    }
  }
  const reporting = setInterval(report, REPORT_EVERY_MS)
  undo.push(() => clearInterval(reporting))
  tell({ kind: 'open', open })

  return {
    async follow(order) {
      if (order.kind === 'receipts') ({ receipts } = order)
      if (order.kind === 'process') {
        process = order.state
        delays.take(process.at, process.delays)
      }
      if (order.kind === 'adopt') {
        const before = config
        const next = await makePages(order.config)
        ;({ config, receipts } = order)
        pages = next
        for (const { of, server } of servers) {
          const files = filesOf(config[of]?.tls)
          if (files !== undefined && before[of]?.tls.kind === 'files') server.renew(files)
        }
        tell({ kind: 'adopted' })
      }
      if (order.kind !== 'close') return false
      ending.abort()
      await Promise.all(servers.map(({ server }) => server.close(order.withinMs)))
      report()
      for (const end of undo.reverse()) await end()
      return true
    },
  }
}

type Counted = {
  readonly room: Pick<DeskRoom, 'parts' | 'store'>
  readonly watch: CallWatch
  readonly chores: DeskChores
  readonly post: Post | undefined
  readonly inbox: Inbox | undefined
  readonly news: News
  readonly registry: Pick<RegistryRoom, 'figures' | 'forgotten'>
  readonly sources: Sources
}

function countDesk({ room, watch, chores, post, inbox, news, registry, sources }: Counted): DeskFigures {
  const { figures: refused } = room.parts.admission
  const mail = post?.figures()
  const told = news.figures()
  const came = (...outcomes: readonly Outcome[]): number =>
    outcomes.reduce((sum, outcome) => sum + (inbox?.figures.get(outcome) ?? 0), 0)
  return {
    desk_waiting: room.store.waiting(),
    desk_unconfirmed: room.store.unconfirmed(),
    desk_limited_address_total: refused.limitedByAddress,
    desk_limited_number_total: refused.limitedByNumber,
    desk_limited_mail_total: refused.limitedByMail,
    desk_limited_domain_total: refused.limitedByDomain,
    desk_puzzles_total: refused.puzzles,
    desk_full_total: refused.full,
    desk_displaced_total: refused.displaced,
    desk_files_refused_total: refused.files,
    desk_challenges_refused_total: refused.challenges,
    desk_steps_refused_total: refused.steps,
    desk_limits_forgotten_total: room.parts.admission.forgotten,
    desk_calls_total: watch.figures.calls,
    desk_blocks_total: watch.figures.blocks,
    desk_verified_total: watch.figures.verified,
    desk_regressed_total: watch.figures.regressed,
    desk_proofs_total: watch.figures.proofs,
    mail_waiting: mail?.waiting ?? 0,
    mail_overdue_seconds: Math.round((mail?.overdueMs ?? 0) / 1000),
    mail_sent_total: mail?.sent ?? 0,
    mail_retried_total: mail?.retried ?? 0,
    mail_given_up_total: (mail?.givenUp ?? 0) + chores.figures.mailsGivenUp,
    mail_answered_total: came('answered'),
    mail_bounced_total: came('bounced'),
    mail_ignored_total: came('automatic', 'empty', 'unknown', 'unreadable', 'refused'),
    mail_repeated_total: came('repeated'),
    news_waiting: told.waiting,
    news_told_total: told.told,
    news_retried_total: told.retried,
    news_given_up_total: told.givenUp,
    registry_limited_address_total: registry.figures.address,
    registry_limited_mail_total: registry.figures['mail-address'],
    registry_limited_domain_total: registry.figures['mail-domain'],
    registry_full_total: registry.figures.full,
    registry_limits_forgotten_total: registry.forgotten(),
    registry_pulls_total: sources.figures.pulls,
    registry_unchanged_total: sources.figures.unchanged,
    registry_taken_total: sources.figures.taken,
    registry_failed_total: sources.figures.failed,
  }
}

/** A port that could not be listened on. */
class NoDoor extends Error {
  readonly key: 'desk.listen' | 'office.listen'
  readonly code: string

  constructor(key: NoDoor['key'], cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.name = 'NoDoor'
    this.key = key
    this.code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  }
}

async function serveOr(key: NoDoor['key'], serve: () => Promise<HttpServer>): Promise<HttpServer> {
  try {
    return await serve()
  } catch (cause) {
    throw new NoDoor(key, cause)
  }
}

function openMail({ mail }: Config, store: string, onTrouble: (why: string) => void): Post | undefined {
  if (mail === undefined) return undefined
  return openPost({ store, server: mail.server, sender: mail.sender, onTrouble, now: () => Date.now() })
}

/** Who writes notes about mail that came in. */
const MAIL_DESK = { name: 'mail', account: 'desk' }
const REPORT_EVERY_MS = 1_000
const ATTEND_EVERY_MS = 60_000
const LINKS_EVERY_MS = 2_000
const KEEP_MS = 730 * 86_400_000
