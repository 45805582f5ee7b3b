import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import type { Command } from 'commander'
import { isMailbox } from '#codec/notice/contact.ts'
import { type Disputant, writeDispute, writeForm } from '#core/dispute/dispute-text.ts'
import { type DisputeSubject, WAYS, type Way } from '#core/dispute/dispute-event.ts'
import type { Dispute } from '#core/dispute/dispute.ts'
import { fileDispute } from '#core/dispute/steps.ts'
import { knownBlocker, makeDirectory, stemOf } from '#core/observe/directory.ts'
import { type Ask, type NoAnswer, askNotice, fileClaim, formatClaim, keyOf } from '#edge/dispute/desk-client.ts'
import { type AskOptions, askGuarded, refusalWords } from '#edge/fetch/guarded-ask.ts'
import { UnwritableLetter, sealLetter } from '#edge/mail/letter.ts'
import { sendLetter } from '#edge/mail/send.ts'
import type { MonitorReader } from '#edge/store/monitor-reader.ts'
import { parseEndpoint } from '#main/config/addresses.ts'
import {
  type DisputeRoom,
  type DisputeWords,
  disputeOf,
  record,
  tellDispute,
  termsOf,
  withRoom,
} from './dispute-room.ts'
import { EXIT, Stop } from './exit.ts'
import type { Output } from './ledger.ts'
import { loadOrStop } from './load-or-stop.ts'
import { addVerb, readChoice } from './monitor-room.ts'
import { visible } from './words.ts'

/** How a desk is reached, as somebody typed it. */
export type ReachWords = {
  readonly allowPrivate?: boolean
  readonly connectTo?: readonly string[]
  readonly ca?: string
}

/** Adds `draft` and `file`. */
export function addFiling(command: Command, to: Output): void {
  claiming(
    addVerb(command, 'draft', 'print what would be filed: as a message, or as the fields of a form', 'draft Kc9vN2x0'),
  )
    .argument('<dispute>', 'its id, or the beginning of it')
    .option('--by <way>', 'mail or form', 'mail')
    .action((text: string, words: FileWords) =>
      withRoom(words, ({ store, monitor, now }) => {
        const dispute = disputeOf(store, text, now)
        const { subject, who } = claimOf(dispute, words)
        if (words.json === true) {
          const form = writeForm(subject, who, knownBlocker(subject.blocker))
          const contacts = monitor
            .contacts(subject.blocker)
            .map(({ kind, value, isSigned }) => ({ kind, value, isSigned }))
          return to.out(`${visible(JSON.stringify({ ...writeDispute(subject, who), form, contacts }))}\n`)
        }
        to.out(
          readChoice('--by', words.by, ['mail', 'form']) === 'form'
            ? formInWords(subject, who)
            : draftInWords(subject, who),
        )
        const contacts = contactsInWords(monitor, dispute)
        to.err(
          contacts === '' ? 'no contact of this blocker was seen; recourse directory list may know more\n' : contacts,
        )
      }),
    )

  reaching(
    claiming(
      addVerb(command, 'file', 'hand a dispute over: by API, mail, form or telephone', 'file Kc9vN2x0 --by api'),
    ),
  )
    .argument('<dispute>', 'its id, or the beginning of it')
    .option('--by <way>', `how: ${WAYS.join(', ')}; by API if not said`)
    .option('--to <contact>', 'the page or address to file with, where there is more than one, or it is not signed')
    .option('--done', 'you sent the form or message, or telephoned, yourself: note that it is filed')
    .option('--reference <text>', 'what the blocker calls it')
    .option('--who <name>', 'who does it; the account’s name if not said')
    .action((text: string, words: FileWords) =>
      withRoom(words, async (room) => {
        const dispute = disputeOf(room.store, text, room.now)
        const way = readChoice('--by', words.by, WAYS) ?? 'api'
        const filing =
          words.done === true ? noteFiled(way, dispute, words, room) : FILERS[way](dispute, words, room, to)
        if (!(await filing)) return
        tellDispute(to, words, room.store.dispute(dispute.id, Date.now())!, `filed by ${way}`)
      }),
    )
}

/** Adds how a desk is reached. */
export function reaching(command: Command): Command {
  return command
    .option('--allow-private', 'connect to addresses that are not public too')
    .option('--connect-to <host=address:port>', 'reach this host there, again for each', collect)
    .option('--ca <file>', 'the authorities to trust, PEM; the system’s if not said')
}

/** Asks by these words, within the guards. */
export function askBy(words: ReachWords): Ask {
  const options = readReach(words)
  return async (question) => {
    const answered = await askGuarded(question, options)
    return answered.kind === 'answered' ? answered : { kind: 'unasked', why: refusalWords(answered.why) }
  }
}

/** Ends a command that a desk did not serve. */
export function stopFor(answer: NoAnswer, url: string, hint = ''): Stop {
  const host = new URL(url).host
  const words = visible(answer.why)
  if (answer.kind === 'later')
    return new Stop(
      EXIT.outside,
      `${host} asks to come again in ${Math.ceil(answer.afterMs / 1_000)} s: ${words}; nothing was noted`,
    )
  if (answer.kind === 'refused') return new Stop(EXIT.outside, `${host} does not take it: ${words}${hint}`)
  if (answer.kind === 'other') return new Stop(EXIT.outside, `${host} does not speak the desk API: ${words}${hint}`)
  return new Stop(EXIT.outside, `${host} was not asked: ${words}${hint}`)
}

type ClaimWords = {
  readonly name?: string
  readonly email?: string
  readonly organisation?: string
  readonly tel?: string
  readonly forCustomer?: boolean
  readonly purpose?: string
  readonly changed?: string
}
type FileWords = Omit<DisputeWords, 'by'> &
  ClaimWords &
  ReachWords & {
    readonly by?: string
    readonly to?: string
    readonly done?: boolean
    readonly reference?: string
    readonly who?: string
  }
type Filer = (dispute: Dispute, words: FileWords, room: DisputeRoom, to: Output) => Promise<boolean>

function claiming(command: Command): Command {
  return command
    .option('--name <name>', 'who asks; the operator’s name if not said')
    .option('--email <address>', 'where answers go; the address that mail is sent from if not said')
    .option('--organisation <name>', 'for whom')
    .option('--tel <number>', 'where you are called back')
    .option('--for-customer', 'you are a provider and speak for your customer')
    .option('--purpose <text>', 'what the calls are for')
    .option('--changed <text>', 'what has been changed since')
}

function claimOf(dispute: Dispute, words: FileWords): { subject: DisputeSubject; who: Disputant } {
  const { operator, mail } = loadOrStop(words.config).config
  const { subject } = dispute
  const email = words.email ?? mail?.sender.address ?? operator.contact?.email
  if (email !== undefined && !isMailbox(email))
    throw new Stop(EXIT.unusable, `--email ${visible(email)}: write an address such as ann@clinic.example.com`)
  return {
    subject: { ...subject, purpose: words.purpose ?? subject.purpose, changed: words.changed ?? subject.changed },
    who: {
      name: words.name ?? operator.name,
      organisation: words.organisation,
      email,
      tel: words.tel,
      isForCustomer: words.forCustomer === true,
    },
  }
}

function needPurpose({ purpose }: DisputeSubject): void {
  if (purpose === '') throw new Stop(EXIT.unusable, 'say what the calls are for: --purpose "appointment reminders"')
}

async function fileByApi(dispute: Dispute, words: FileWords, { store }: DisputeRoom): Promise<boolean> {
  const { subject, who } = claimOf(dispute, words)
  needPurpose(subject)
  if (who.email === undefined) throw new Stop(EXIT.unusable, 'say where answers go: --email ann@clinic.example.com')
  const url = words.to ?? subject.urls[0]
  if (url === undefined || !URL.canParse(url))
    throw new Stop(
      EXIT.unusable,
      `no notice named a page to file at: name it by --to https://…, or file --by mail, form or telephone`,
    )
  const ask = askBy(words)
  const asked = await askNotice(ask, url)
  if (asked.kind !== 'speaks')
    throw stopFor(asked, url, `; open ${visible(url)} yourself: recourse disputes file ${dispute.id} --by form`)
  const { file, desk, statusWithinMs } = asked.notice
  const claim = formatClaim(subject, who)
  const filed = await fileClaim(ask, file, claim, keyOf(store.seed(dispute.id, randomBytes(32)), claim))
  if (filed.kind !== 'filed') throw stopFor(filed, file)
  const { reference, status, needsConfirmation } = filed.filed
  const filing = {
    way: 'api',
    to: `${desk}, ${new URL(file).origin}`,
    reference,
    isFollowed: true,
    needsConfirmation,
    ...(statusWithinMs !== undefined && { statusWithinMs }),
  } as const
  await record(store, fileDispute(dispute, filing, termsOf({ ...words, by: words.who! }, Date.now())), {
    contact: contactOf(url),
    statusUrl: status,
  })
  return true
}

async function fileByMail(dispute: Dispute, words: FileWords, room: DisputeRoom, to: Output): Promise<boolean> {
  const { subject, who } = claimOf(dispute, words)
  needPurpose(subject)
  const address = words.to ?? signedAddress(room.monitor, dispute)
  if (!isMailbox(address)) throw new Stop(EXIT.unusable, `--to ${visible(address)} is no e-mail address`)
  const { mail } = loadOrStop(words.config, true).config
  if (mail === undefined) {
    to.out(`To: ${address}\n${draftInWords(subject, who)}`)
    to.err(
      `no mail is configured: send this yourself, then recourse disputes file ${dispute.id} --by mail --to ${address} --done\n`,
    )
    return false
  }
  const half = `dispute-${randomBytes(12).toString('hex')}`
  const messageId = `<${half}@${mail.sender.address.split('@').at(-1)}>`
  try {
    const letter = await sealLetter(
      { messageId, at: room.now, to: address, ...writeDispute(subject, who), references: [] },
      mail.sender,
    )
    const sent = await sendLetter(letter, half, mail.server)
    if (sent.kind !== 'taken')
      throw new Stop(EXIT.outside, `the mail server did not take it: ${visible(sent.why)}; nothing was noted`)
  } catch (error) {
    if (error instanceof UnwritableLetter) throw new Stop(EXIT.unusable, error.message, { cause: error })
    throw error
  }
  return noteFiled('mail', dispute, { ...words, to: address, reference: words.reference ?? messageId }, room)
}

function fileByForm(dispute: Dispute, words: FileWords, _room: DisputeRoom, to: Output): Promise<boolean> {
  const { subject, who } = claimOf(dispute, words)
  to.out(formInWords(subject, who))
  to.err(`when it is sent: recourse disputes file ${dispute.id} --by form --to PAGE --done --reference "…"\n`)
  return Promise.resolve(false)
}

function fileByTelephone(dispute: Dispute, words: FileWords, { monitor }: DisputeRoom, to: Output): Promise<boolean> {
  const { subject, who } = claimOf(dispute, words)
  to.out(`${contactsInWords(monitor, dispute)}\nWhat to say:\n\n${writeDispute(subject, who).text}`)
  to.err(`when you have telephoned: recourse disputes file ${dispute.id} --by telephone --to NUMBER --done\n`)
  return Promise.resolve(false)
}

/** Notes what somebody did without us. */
async function noteFiled(way: Way, dispute: Dispute, words: FileWords, { store }: DisputeRoom): Promise<boolean> {
  const with_ = words.to ?? (way === 'form' ? dispute.subject.urls[0] : undefined)
  if (with_ === undefined)
    throw new Stop(EXIT.unusable, 'say with whom it was filed: --to, a page, an address or a number')
  const filing = { way, to: with_, reference: words.reference, isFollowed: false, needsConfirmation: false }
  await record(store, fileDispute(dispute, filing, termsOf({ ...words, by: words.who! }, Date.now())), {
    contact: contactOf(with_),
  })
  return true
}

/** An address from a verified card goes by itself; another one anybody on the path may have written, and is to be typed. */
function signedAddress(monitor: MonitorReader, dispute: Dispute): string {
  const mails = monitor.contacts(dispute.subject.blocker).filter(({ kind }) => kind === 'email')
  const signed = mails.find(({ isSigned }) => isSigned)
  if (signed !== undefined) return signed.value
  const [seen] = mails
  throw new Stop(
    EXIT.unusable,
    seen === undefined
      ? 'no notice of this blocker named an address: name it by --to'
      : `the address ${visible(seen.value)} stood in a notice and is not signed, anybody on the path may have written it: if it is right, say --to ${visible(seen.value)}`,
  )
}

function draftInWords(subject: DisputeSubject, who: Disputant): string {
  const { subject: title, text } = writeDispute(subject, who)
  return `Subject: ${title}\n\n${text}`
}

function formInWords(subject: DisputeSubject, who: Disputant): string {
  const pages = subject.urls.slice(0, 3).map((url) => `page: ${visible(url)} (as the notice had it, unsigned)\n`)
  const fields = writeForm(subject, who, knownBlocker(subject.blocker))
  return `${pages.join('')}${fields.map(({ label, value }) => `${label}\n    ${value}\n`).join('')}`
}

function contactsInWords(monitor: MonitorReader, dispute: Dispute): string {
  const [entry] = makeDirectory(monitor.contacts(dispute.subject.blocker), [], [])
  const lines = [...(entry?.signed ?? []), ...(entry?.unsigned ?? [])].map(
    ({ kind, value, isSigned }) => `${isSigned ? 'signed  ' : 'unsigned'}  ${kind.padEnd(5)}  ${visible(value)}\n`,
  )
  const known = knownBlocker(dispute.subject.blocker)
  return `${lines.join('')}${known === undefined ? '' : `${visible(`${known.name}: ${known.says} (${known.source}, ${known.date})`)}\n`}`
}

/** A contact as the directory has it: of a URL the page, without what is of one call. */
export function contactOf(text: string): string {
  return text.includes('://') ? stemOf(text) : text.slice(0, 512)
}

function readReach({ allowPrivate, connectTo = [], ca }: ReachWords): AskOptions {
  const elsewhere = new Map(
    connectTo.map((text) => {
      const [host = '', at = ''] = text.split('=')
      const endpoint = parseEndpoint(at)
      if (host === '' || endpoint === undefined || isIP(endpoint.address) === 0)
        throw new Stop(
          EXIT.unusable,
          `--connect-to ${visible(text)}: write a host and where it is, like redress.example=127.0.0.1:8080`,
        )
      return [host.toLowerCase(), endpoint]
    }),
  )
  return {
    isPrivateAllowed: allowPrivate === true,
    connectTo: elsewhere,
    trust: ca === undefined ? undefined : [readPem(ca)],
  }
}

function readPem(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new Stop(EXIT.unusable, `--ca ${visible(file)} cannot be read: ${visible((cause as Error).message)}`, {
      cause,
    })
  }
}

function collect(one: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), one]
}

const FILERS: Readonly<Record<Way, Filer>> = {
  api: fileByApi,
  mail: fileByMail,
  form: fileByForm,
  telephone: fileByTelephone,
}
