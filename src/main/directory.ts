import type { Command } from 'commander'
import {
  type DirectoryContact,
  type DirectoryEntry,
  type DisputeTimes,
  type FilingWay,
  type Measured,
  makeDirectory,
  signedContacts,
} from '#core/observe/directory.ts'
import { nearest } from '#core/words/nearest.ts'
import type { MonitorReader } from '#edge/store/monitor-reader.ts'
import type { MonitorStore } from '#edge/store/monitor-store.ts'
import { type CardSurroundings, type CardWords, describe, judgeCard } from './card.ts'
import { EXIT, Stop } from './exit.ts'
import { type Output, STANDARD } from './ledger.ts'
import { type MonitorWords, addVerb, nothingYet, readId, showMinute, withReader, withStore } from './monitor-room.ts'
import { many, visible } from './words.ts'

/** Tells what disputes came to; none where there are none. */
export type ReadDisputeTimes = (reader: MonitorReader) => readonly DisputeTimes[]

/** Adds `recourse directory list | show | verify`. */
export function directoryCommands(
  program: Command,
  disputes: ReadDisputeTimes = (reader) => reader.disputeTimes(),
  to: Output = STANDARD,
  world: Pick<CardSurroundings, 'fetch'> & { readonly nowMs?: number } = { fetch: {} },
): void {
  const command = program
    .command('directory')
    .description('who blocks, and how they are reached: contacts seen in notices, how long they took, what is known')

  addVerb(command, 'list', 'list blockers: those that refused most calls first', 'list')
    .option('--seen', 'only those that notices were seen of')
    .action((words: MonitorWords & { seen?: boolean }) =>
      withReader(words, (reader) => {
        const entries = makeDirectory(reader.contacts(), disputes(reader))
        const shown = words.seen === true ? entries.filter(({ last }) => last !== undefined) : entries
        for (const entry of shown) to.out(`${words.json === true ? jsonOf(entry) : entryRow(entry)}\n`)
        if (!entries.some(({ last }) => last !== undefined))
          to.err(nothingYet(reader) ?? 'no notice with a contact was seen yet; this is what is known of others\n')
      }),
    )

  addVerb(
    command,
    'show',
    'tell of one blocker: contacts, signed ones apart, and the times they took',
    'show blocker.example',
  )
    .argument('<blocker>', 'its name, as the list has it')
    .action((name: string, words: MonitorWords) =>
      withReader(words, (reader) => {
        const entries = makeDirectory(reader.contacts(), disputes(reader))
        const entry = entries.find(({ blocker }) => blocker.toLowerCase() === name.toLowerCase())
        if (entry === undefined) {
          const near = nearest(
            name,
            entries.map(({ blocker }) => blocker),
          )
          const hint =
            near === undefined ? 'recourse directory list shows those that are there' : `did you mean ${visible(near)}?`
          throw new Stop(EXIT.unusable, `no blocker ${visible(name)} in the directory: ${hint}`)
        }
        to.out(words.json === true ? `${jsonOf(entry)}\n` : entryInWords(entry))
      }),
    )

  addVerb(
    command,
    'verify',
    'fetch the card of a 608 now, and keep its contacts as signed if it is to be believed',
    'verify 7',
  )
    .argument('<observation>', 'the refused call that pointed at it, as recourse observations list shows it')
    .option('--roots <file>', 'the authorities to trust, PEM; those of this system if not said')
    .option('--certificate <file>', 'the certificate of the signer, PEM, instead of fetching it')
    .option('--host <name...>', 'further hosts that may be fetched from, beside that of the card')
    .action((text: string, words: VerifyWords) =>
      withStore(words, (store) => verifyOf(text, words, store, { nowMs: Date.now(), ...world }, to)),
    )
}

type VerifyWords = MonitorWords & Pick<CardWords, 'roots' | 'certificate' | 'host'>

/** Fetches the card that a refused call pointed at, because somebody says so, and keeps its contacts where it is believed. */
async function verifyOf(
  text: string,
  words: VerifyWords,
  store: MonitorStore,
  { nowMs, fetch }: Pick<CardSurroundings, 'nowMs' | 'fetch'>,
  to: Output,
): Promise<void> {
  const id = readId('observation', text)
  const file = store.observation(id)
  if (file === undefined)
    throw new Stop(EXIT.unusable, `no observation ${id} in this store: recourse observations list shows them`)
  const { card } = file.refusal.contest
  if (card === undefined || !/^https:/i.test(card))
    throw new Stop(EXIT.unusable, `observation ${id} names no card to fetch: only a 608 has one, at an https URL`)
  const { roots, certificate, host } = words
  const asked: CardWords = {
    ...(roots !== undefined && { roots }),
    ...(certificate !== undefined && { certificate }),
    ...(host !== undefined && { host }),
  }
  const { verdict, nowMs: at } = await judgeCard(card, asked, { nowMs, fetch })
  const kept = verdict.believed ? signedContacts(verdict.contacts ?? {}) : []
  // Whose card it is was said by its host, which TLS has proved: nobody's contacts go under another's name.
  const blocker = new URL(card).hostname
  if (kept.length > 0) store.noteSigned(blocker, kept, at)
  if (words.json === true) to.out(`${visible(JSON.stringify({ ...verdict, observation: id, blocker, kept }))}\n`)
  else {
    to.out(describe(verdict, at, (head) => head))
    for (const { kind, value } of kept) to.out(`kept as signed: ${kind} ${visible(value)} of ${visible(blocker)}\n`)
  }
  if (!verdict.believed) process.exitCode = EXIT.found
}

/** Times as others read them. */
function jsonOf(entry: DirectoryEntry): string {
  const isTime = (name: string, value: unknown) => (name === 'first' || name === 'last') && typeof value === 'number'
  const text = JSON.stringify(entry, (name, value: unknown) =>
    isTime(name, value) ? new Date(value as number).toISOString() : value,
  )
  return visible(text)
}

function entryRow(entry: DirectoryEntry): string {
  const { blocker, calls, known, answer, last } = entry
  const contacts = [...entry.signed, ...entry.unsigned]
  const ways = waysOf(contacts, known?.ways ?? [])
  const seen = last === undefined ? 'not seen' : `${many(calls, 'call')}, last ${showMinute(last)}`
  const signature = contacts.length === 0 ? '        ' : entry.signed.length > 0 ? 'signed  ' : 'unsigned'
  const name = visible(blocker || '(not known)').padEnd(32)
  return `${name} ${ways.padEnd(18)} ${signature} ${seen}; ${measuredInWords(answer, 'answered')}`
}

function entryInWords(entry: DirectoryEntry): string {
  const { known } = entry
  const lines = [
    ['blocker', entry.blocker || '(not known)'],
    ['answers', measuredInWords(entry.answer, 'answered')],
    ['lifts', measuredInWords(entry.lift, 'lifted')],
    ...entry.signed.map((contact) => ['signed', contactInWords(contact)]),
    ...entry.unsigned.map((contact) => [
      'unsigned',
      `${contactInWords(contact)}; anybody on the path may have written it`,
    ]),
    ...(known === undefined
      ? []
      : [
          ['known', `${known.name}, reached by ${known.ways.map((way) => WAY_WORDS[way]).join(', ')}`],
          ['', known.says],
          ['', `read in ${known.date} at ${known.source}`],
        ]),
  ] as [string, string][]
  return lines.map(([name, text]) => `${name.padEnd(9)} ${visible(text)}\n`).join('')
}

function contactInWords({ value, way, calls, last, answer, lift }: DirectoryContact): string {
  const times = answer.filed === 0 ? '' : `; ${measuredInWords(answer, 'answered')}; ${measuredInWords(lift, 'lifted')}`
  return `${value} (${WAY_WORDS[way]}), in ${many(calls, 'notice')}, last ${showMinute(last)}${times}`
}

function measuredInWords({ filed, count, medianMs, slowestMs }: Measured, what: string): string {
  if (filed === 0) return 'no dispute filed yet'
  if (medianMs === undefined) return `${count} of ${many(filed, 'dispute')} ${what}, too few to measure`
  return `${count} of ${many(filed, 'dispute')} ${what}, half of them within ${showHours(medianMs)}, the slowest after ${showHours(slowestMs!)}`
}

function showHours(ms: number): string {
  return ms < 48 * 3_600_000 ? `${(ms / 3_600_000).toFixed(1)} h` : `${(ms / 86_400_000).toFixed(1)} days`
}

function waysOf(contacts: readonly DirectoryContact[], known: readonly FilingWay[]): string {
  return [...new Set([...contacts.map(({ way }) => way), ...known])].map((way) => WAY_WORDS[way]).join(', ')
}

const WAY_WORDS: Readonly<Record<FilingWay, string>> = { api: 'API', form: 'form', mail: 'mail', phone: 'phone' }
