import { randomBytes } from 'node:crypto'
import { byOf, parseAccountName } from '#core/account/accounts.ts'
import type { Who } from '#core/account/permission.ts'
import { adviseMail, adviseWebhook } from '#core/notify/outgoing-advice.ts'
import type { Outcome, Refusal } from '#edge/http/calling/ports.ts'
import type { MailTest, OutgoingDesk, WebhookTest } from '#edge/http/upkeep/ports.ts'
import { type OutgoingStore, type TestRow, openOutgoingStore } from '#edge/store/outgoing-store.ts'
import { StoreError } from '#edge/store/store-error.ts'
import { type Webhook, tryWebhook } from '#edge/webhook/deliver.ts'
import type { Config } from '#main/config/config.ts'

/** What leaves this machine, and tests of it. `config` is the one by which mail leaves now. Throws StoreError. */
export function openOutgoing(config: Config, now: () => number): OutgoingDesk & { close(): void } {
  const store = openOutgoingStore(`sqlite:${config.store.path}`)
  const hookTests = new Map<string, number[]>()

  /** Whether an account may send one more to a webhook; notes that it did. */
  const takesHook = (account: string): boolean => {
    const at = now()
    for (const [other, times] of hookTests) {
      const fresh = times.filter((time) => time > at - HOUR_MS)
      if (fresh.length === 0) hookTests.delete(other)
      else hookTests.set(other, fresh)
    }
    const times = hookTests.get(account) ?? []
    if (times.length >= HOOK_TESTS_PER_HOUR) return false
    hookTests.set(account, [...times, at])
    return true
  }

  return {
    read: (who) => ({
      mail: mailOf(config, store),
      alertsTo: [...new Set([...(config.desk?.alerts ?? []), ...(config.monitor?.alerts ?? [])])],
      webhooks: hooksOf(config).map(({ webhook, use }) => {
        const { waiting, oldest, tries } = store.hook(webhook.name, use)
        return { name: webhook.name, use, url: shownUrl(webhook.url), waiting, oldest: timeOf(oldest), tries }
      }),
      own: ownAddress(who),
    }),

    testMail({ to }, who) {
      if (config.mail === undefined)
        return refused('conflict', 'found no server to send by: set mail in the configuration, and start again')
      const at = now()
      const mail = {
        to,
        subject: `Test mail of ${config.operator.name}`,
        text: testText(config.operator.name, who.name, at),
        thread: threadOf(who),
      }
      const domain = to.slice(to.lastIndexOf('@') + 1)
      const entry = { at, by: byOf(who), action: 'mail-tested', subject: 'mail', detail: { domain } } as const
      try {
        const id = store.addTest(mail, entry, MAIL_TESTS_PER_HOUR)
        if (id === undefined)
          return refused(
            'too-many',
            `found ${MAIL_TESTS_PER_HOUR} test mails within the hour, expected no more: look what became of them`,
          )
        return { kind: 'done', value: testOf(store.test(id, mail.thread)!) }
      } catch (cause) {
        if (!(cause instanceof StoreError)) throw cause
        return refused('not-saved', 'the store did not take it; the same request again does it once')
      }
    },

    mailTest(id, who) {
      const row = store.test(id, threadOf(who))
      return row && testOf(row)
    },

    async testHook({ name, use }, who) {
      const found = hooksOf(config).find((one) => one.use === use && one.webhook.name === name)
      if (found === undefined) return refused('not-found', 'expected the name of a webhook that is configured')
      if (!takesHook(who.account))
        return refused('too-many', `found ${HOOK_TESTS_PER_HOUR} test events within the hour, expected no more`)
      return { kind: 'done', value: await tryHook(found.webhook, who) }
    },

    close: () => store.close(),
  }

  async function tryHook(webhook: Webhook, who: Who): Promise<WebhookTest> {
    const at = now()
    const event = `test-${randomBytes(EVENT_OCTETS).toString('base64url')}`
    const body = JSON.stringify({ recourse: 1, id: event, type: 'test', at: new Date(at).toISOString() })
    const beganMs = performance.now()
    const answered = await tryWebhook(webhook, event, body, at)
    const tookMs = Math.round(performance.now() - beganMs)
    const status = answered.kind === 'answered' ? answered.status : undefined
    const words = answered.kind === 'answered' ? answered.text : answered.why
    const isTaken = status !== undefined && status >= 200 && status < 300
    const state = isTaken ? 'accepted' : 'failed'
    const detail = { state, ...(status !== undefined && { status }) }
    store.note({ at, by: byOf(who), action: 'webhook-tested', subject: `webhook ${webhook.name}`, detail })
    return { state, event, status, words, advice: isTaken ? '' : adviseWebhook(status, words), tookMs }
  }
}

function mailOf({ mail }: Config, store: OutgoingStore): ReturnType<OutgoingDesk['read']>['mail'] {
  if (mail === undefined) return undefined
  const { server, sender, folder } = mail
  const { waiting, oldest, lastSent, failure } = store.mail()
  return {
    kind: server.kind,
    to: server.kind === 'folder' ? server.path : `${server.host}:${server.port}`,
    tls: server.kind === 'folder' ? undefined : server.tls,
    login: server.kind === 'folder' ? undefined : server.login?.user,
    trusts: server.kind === 'smtp' && server.trust !== undefined,
    from: sender.address,
    name: sender.name,
    replyTo: sender.replyTo,
    replies: folder,
    waiting,
    oldest: timeOf(oldest),
    lastSent: timeOf(lastSent),
    failure: failure && { at: timeOf(failure.at), words: failure.words, advice: adviseMail(failure.words) },
  }
}

function hooksOf({
  outlets,
  monitor,
}: Config): { readonly webhook: Webhook; readonly use: 'blocks-and-cases' | 'alerts' }[] {
  return [
    ...outlets.webhooks.map((webhook) => ({ webhook, use: 'blocks-and-cases' as const })),
    ...(monitor?.notify ?? []).map((webhook) => ({ webhook, use: 'alerts' as const })),
  ]
}

/** Many receivers have a secret in their URL: names and passwords, long steps of the path and the query are not shown. */
function shownUrl(text: string): string {
  const { origin, pathname, search } = new URL(text)
  const path = pathname.replaceAll(/[^/]{16,}/g, '…')
  return `${origin}${path}${search === '' ? '' : '?…'}`
}

function testOf({ id, to, at, state, attempts, due, doneAt, words }: TestRow): MailTest {
  const isUntried = state === 'waiting' && (attempts === 0 || words === '')
  return {
    id,
    to,
    at: new Date(at).toISOString(),
    state: isUntried ? 'waiting' : STATES[state],
    words,
    advice: isUntried || state === 'sent' ? '' : adviseMail(words),
    doneAt: timeOf(doneAt),
    nextAt: state === 'waiting' && !isUntried ? timeOf(due) : undefined,
  }
}

function testText(operator: string, name: string, at: number): string {
  return `This is a test mail of ${operator}.\n\n${name} sent it from the settings of Recourse on ${new Date(at).toISOString()}, to see whether mail arrives. Nothing has to be done about it.\n`
}

function ownAddress({ name }: Who): string | undefined {
  return parseAccountName(name) !== undefined && /^[^@]+@[^@]+\.[^@]+$/.test(name) ? name : undefined
}

function threadOf({ account }: Who): string {
  return `test:${account}`
}

function timeOf(at: number | undefined): string | undefined {
  return at === undefined ? undefined : new Date(at).toISOString()
}

function refused(kind: Refusal['problem']['kind'], detail: string): Refusal & Outcome<never> {
  return { kind: 'refused', problem: { kind, detail } }
}

const STATES = { waiting: 'delayed', sent: 'accepted', 'given-up': 'refused' } as const
const HOUR_MS = 3_600_000
/** Test mails of one account within an hour. */
export const MAIL_TESTS_PER_HOUR = 5
/** Test events of one account within an hour. */
export const HOOK_TESTS_PER_HOUR = 20
const EVENT_OCTETS = 16
