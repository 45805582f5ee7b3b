import { DISPUTE_TERMS } from '#core/dispute/dispute.ts'
import { type AlertFacts, decideAlerts, writeDigest } from '#core/observe/alert.ts'
import { type SilenceFinding, findSilence } from '#core/observe/silence.ts'
import { type AlertParcel, AlertStore } from '#edge/store/alert-store.ts'
import { KEEP_MAIL_MS } from '#edge/store/desk-store.ts'
import { openDisputeReader } from '#edge/store/dispute-store.ts'
import { openMonitorReader } from '#edge/store/monitor-reader.ts'
import { GIVE_UP_MS, deliver, retryAfterMs } from '#edge/webhook/deliver.ts'
import type { MailConfig } from '#main/config/mail.ts'
import type { MonitorConfig } from '#main/config/monitor.ts'
import { type Post, openPost } from '#main/desk/post.ts'
import { GroupWatch } from './group-watch.ts'

export type AlertTerms = {
  /** The store's URL. */
  readonly store: string
  readonly monitor: Pick<MonitorConfig, 'alerts' | 'notify' | 'digestMinute' | 'keepMs'>
  /** Without it nothing leaves by mail. */
  readonly mail: Pick<MailConfig, 'server' | 'sender'> | undefined
  readonly onTrouble: (why: string) => void
  readonly now: () => number
}

/** What became of alerts so far; `alertsWaiting` is how many webhooks still wait for, now. */
export type AlertFigures = {
  alerts: number
  digests: number
  alertsPosted: number
  alertsRetried: number
  alertsGivenUp: number
  alertsWaiting: number
}

export type Alerts = {
  /** Looks at what there is to tell, and records it. */
  look(): void
  /** Tells webhooks what is due; resolves when each was tried. */
  post(): Promise<void>
  readonly figures: () => AlertFigures
  close(): Promise<void>
}

/** Whether anybody is to be told. */
export function isTelling({ alerts, notify }: Pick<MonitorConfig, 'alerts' | 'notify'>): boolean {
  return alerts.length + notify.length > 0
}

/** Tells people and webhooks what happens to our calls, as long as it is open. Throws `StoreError`. */
export function openAlerts({ store, monitor, mail, onTrouble, now }: AlertTerms): Alerts {
  const alertStore = new AlertStore(store)
  const reader = openMonitorReader(store)
  const disputes = openDisputeReader(store, DISPUTE_TERMS)
  const outbox: Post | undefined =
    mail &&
    openPost({ store, server: mail.server, sender: mail.sender, onTrouble: (why) => onTrouble(`mail: ${why}`), now })
  const receivers = {
    mails: mail === undefined ? [] : monitor.alerts,
    hooks: monitor.notify.map(({ name }) => name),
  }
  const counts = { alerts: 0, digests: 0, alertsPosted: 0, alertsRetried: 0, alertsGivenUp: 0, alertsWaiting: 0 }
  let silences: { readonly at: number; readonly found: readonly SilenceFinding[] } | undefined
  let erasedAt = 0

  const watch = new GroupWatch(reader)
  const overdueAt = (at: number, after: string | undefined) =>
    disputes.disputes({ isOpen: true, dueBefore: at }, after, OVERDUE_MAX, at)
  /** Where the next look at overdue disputes begins; undefined for the newest. */
  let overdueAfter: string | undefined
  const factsAt = (at: number, groups: AlertFacts['groups'], overdue: AlertFacts['overdue']): AlertFacts => {
    // All pairs and a month of their days: not with every look.
    if (silences === undefined || at - silences.at >= SILENCE_EVERY_MS)
      silences = { at, found: findSilence(reader.silencePairs(at)) }
    return {
      groups,
      silences: silences.found,
      overdue,
    }
  }
  const tellDigest = (due: number, at: number): void => {
    const name = `digest ${new Date(due).toISOString().slice(0, 10)}`
    const told = alertStore.record(receivers, at, (memory) => {
      if (memory.told(name) !== undefined) return { alerts: [], remember: [], waiting: [] }
      const digest = writeDigest(
        factsAt(at, reader.groups({}, at), overdueAt(at, undefined).disputes),
        alertStore.carriers(at - DAY_MS),
        due,
      )
      return { alerts: [digest], remember: [{ name, value: '' }], waiting: [] }
    })
    counts.digests += told.length
  }
  const look = (): void => {
    try {
      const at = now()
      const overdue = overdueAt(at, overdueAfter)
      const facts = factsAt(at, watch.look(at), overdue.disputes)
      let waiting: readonly number[] = []
      const alerts = alertStore.record(receivers, at, (memory) => {
        const decision = decideAlerts(facts, memory, at)
        ;({ waiting } = decision)
        return decision
      })
      watch.settle(waiting)
      overdueAfter = overdue.after
      counts.alerts += alerts.length
      const due = digestDue(monitor.digestMinute, at)
      if (due !== undefined) tellDigest(due, at)
      if (at - erasedAt >= DAY_MS) alertStore.erase(at - monitor.keepMs, at - Math.min(monitor.keepMs, KEEP_MAIL_MS))
      if (at - erasedAt >= DAY_MS) erasedAt = at
    } catch (cause) {
      // The store is busy or full just now; what is to be told is found again with the next look.
      onTrouble(reasonOf(cause))
    }
  }
  const tryOnce = async (parcel: AlertParcel): Promise<void> => {
    const webhook = monitor.notify.find(({ name }) => name === parcel.hook)!
    const delivery = await deliver(webhook, parcel.event, formatEvent(parcel), now())
    if (delivery.kind === 'taken') {
      counts.alertsPosted++
      return alertStore.remove(parcel)
    }
    onTrouble(`webhook ${parcel.hook}: ${delivery.why}`)
    if (now() - parcel.at > GIVE_UP_MS) {
      counts.alertsGivenUp++
      return alertStore.remove(parcel)
    }
    counts.alertsRetried++
    alertStore.retry(parcel, now() + retryAfterMs(parcel.attempts - 1))
  }
  const post = async (): Promise<void> => {
    try {
      const parcels = monitor.notify.flatMap(({ name }) => alertStore.take(name, now(), LEASE_MS, TRIES_MAX))
      await Promise.all(parcels.map((parcel) => tryOnce(parcel)))
      counts.alertsWaiting = alertStore.waiting
    } catch (cause) {
      // They are told again when the lease is over, under the same id.
      onTrouble(reasonOf(cause))
    }
  }

  let posting: Promise<void> = Promise.resolve()
  let isPosting = false
  const looking = setInterval(look, LOOK_EVERY_MS)
  const telling = setInterval(() => {
    if (isPosting) return
    isPosting = true
    posting = post().finally(() => {
      isPosting = false
    })
  }, POST_EVERY_MS)
  look()
  return {
    look,
    post,
    figures: () => ({ ...counts }),
    async close() {
      clearInterval(looking)
      clearInterval(telling)
      await posting
      await outbox?.close()
      disputes.close()
      reader.close()
      alertStore.close()
    },
  }
}

/** What a webhook is told: its id, which stays the same however often it is told, and the words. */
function formatEvent({ event, kind, at, subject, text }: AlertParcel): string {
  return JSON.stringify({
    recourse: 1,
    id: event,
    type: `monitor.${kind}`,
    at: new Date(at).toISOString(),
    subject,
    text,
  })
}

/** When the digest was due last, by UTC, whatever clocks people live by; undefined where it is too late for that one. */
function digestDue(minute: number | undefined, at: number): number | undefined {
  if (minute === undefined) return undefined
  const today = at - (at % DAY_MS) + minute * 60_000
  const due = today <= at ? today : today - DAY_MS
  return at - due < DIGEST_LATE_MS ? due : undefined
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}

const DAY_MS = 86_400_000
/** How late an alert may be. */
export const LOOK_EVERY_MS = 15_000
const POST_EVERY_MS = 500
const SILENCE_EVERY_MS = 3_600_000
/** A digest that could not be sent within this is left out. */
export const DIGEST_LATE_MS = 6 * 3_600_000
/** Overdue disputes looked at with one look, and listed in a digest; the next look goes on behind them. */
export const OVERDUE_MAX = 500
const TRIES_MAX = 4
/** Longer than a try can take. */
const LEASE_MS = 60_000
