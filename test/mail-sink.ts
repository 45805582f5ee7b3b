import { SMTPServer } from 'smtp-server'
import type { AddressInfo } from 'node:net'
import type { Owner } from './peers/peer.ts'

/** A message as a mail server took it. */
export type TakenMail = {
  readonly from: string
  /** Everybody who gets it. */
  readonly to: readonly string[]
  /** As it came. */
  readonly octets: Buffer
  readonly secure: boolean
}

/** What the server answers to a recipient or to a message: a status of RFC 5321, or nothing for all is well. */
export type MailAnswer = { readonly recipient?: number; readonly message?: number }

/** A real mail server on loopback that keeps what it gets. */
export class MailSink {
  readonly #server: SMTPServer
  readonly taken: TakenMail[] = []
  /** How many messages came whole, answered or not. */
  received = 0
  /** Who waits for more messages. */
  readonly #watchers = new Set<() => void>()
  /** What it answers from now on. */
  answer: MailAnswer = {}
  /** Holds every message back before it is answered. */
  hold: Promise<void> = Promise.resolve()

  static async start(
    owner: Owner,
    tls?: { key: string; certificate: string },
    login?: { user: string; password: string },
  ): Promise<MailSink> {
    const sink = new MailSink(tls, login)
    await new Promise<void>((listening) => sink.#server.listen(0, '127.0.0.1', listening))
    owner.after(() => new Promise<void>((closed) => sink.#server.close(() => closed())))
    return sink
  }

  private constructor(
    tls: { key: string; certificate: string } | undefined,
    login: { user: string; password: string } | undefined,
  ) {
    this.#server = new SMTPServer({
      ...(tls === undefined
        ? { disabledCommands: login === undefined ? ['STARTTLS', 'AUTH'] : ['STARTTLS'] }
        : { key: tls.key, cert: tls.certificate }),
      authOptional: login === undefined,
      allowInsecureAuth: true,
      closeTimeout: 100,
      onAuth: (given, _session, done) => {
        if (login !== undefined && given.username === login.user && given.password === login.password)
          done(null, { user: login.user })
        else done(statusOf(535))
      },
      onRcptTo: (_address, _session, done) =>
        done(this.answer.recipient === undefined ? null : statusOf(this.answer.recipient)),
      onData: (stream, session, done) => {
        const parts: Buffer[] = []
        stream.on('data', (part: Buffer) => parts.push(part))
        stream.on('end', () => {
          const { mailFrom, rcptTo } = session.envelope
          const mail = {
            from: mailFrom === false ? '' : mailFrom.address,
            to: rcptTo.map(({ address }) => address),
            octets: Buffer.concat(parts),
            secure: session.secure,
          }
          this.received++
          void this.#settle(mail, done)
        })
      },
    })
    // A peer that is killed in the middle of a message is no trouble of the server's.
    this.#server.on('error', () => undefined)
  }

  get port(): number {
    return (this.#server.server.address() as AddressInfo).port
  }

  async #settle(mail: TakenMail, done: (error?: Error) => void): Promise<void> {
    await this.hold
    if (this.answer.message !== undefined) return done(statusOf(this.answer.message))
    this.taken.push(mail)
    for (const watcher of this.#watchers) watcher()
    done()
  }

  /** Resolves when so many messages were taken. */
  async takes(count: number, withinMs = 20_000): Promise<readonly TakenMail[]> {
    const deadline = Date.now() + withinMs
    while (this.taken.length < count) {
      const left = deadline - Date.now()
      if (left <= 0) throw new Error(`the mail server took ${this.taken.length} messages, not ${count}`)
      await new Promise<void>((woken) => {
        const timer = setTimeout(wake, left)
        const watchers = this.#watchers
        function wake(): void {
          clearTimeout(timer)
          watchers.delete(wake)
          woken()
        }
        watchers.add(wake)
      })
    }
    return this.taken
  }
}

/** The message's header field, unfolded; undefined where it is not there. */
export function headerOf({ octets }: TakenMail, name: string): string | undefined {
  const [head = ''] = octets.toString('utf8').split('\r\n\r\n')
  const unfolded = head.replaceAll(/\r\n[ \t]+/g, ' ')
  return new RegExp(`^${name}: (.*)$`, 'im').exec(unfolded)?.[1]
}

function statusOf(responseCode: number): Error {
  return Object.assign(new Error('as the test wants it'), { responseCode })
}
