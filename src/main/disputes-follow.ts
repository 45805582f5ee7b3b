import type { Command } from 'commander'
import type { DisputeEvent } from '#core/dispute/dispute-event.ts'
import type { Dispute } from '#core/dispute/dispute.ts'
import {
  NUMBERS_MAX,
  type StepTerms,
  noteNews,
  noteReply,
  noteRetest,
  noteSeen,
  noteWords,
} from '#core/dispute/steps.ts'
import { askCase, askChallenge, nextAsk, postAnswer } from '#edge/dispute/desk-client.ts'
import type { MonitorStore } from '#edge/store/monitor-store.ts'
import { readTarget } from './call.ts'
import {
  type DisputeRoom,
  type DisputeWords,
  QUIET,
  addStep,
  disputeOf,
  jsonOf,
  record,
  recordOf,
  tellDispute,
  termsOf,
  withRoom,
} from './dispute-room.ts'
import { type ReachWords, askBy, reaching, stopFor } from './disputes-file.ts'
import { EXIT, Stop } from './exit.ts'
import type { Output } from './ledger.ts'
import { readOwnNumber } from './monitor-room.ts'
import { type CallResult, placeCall } from './place-call.ts'
import { many, showTime, visible } from './words.ts'

/** Adds `poll`, `answer`, `prove` and `retest`. */
export function addFollowing(command: Command, to: Output): void {
  reaching(addStep(command, 'poll', 'ask desks how disputes stand, and look for calls since', 'poll'))
    .argument('[disputes...]', 'their ids; all whose time has come if none is named')
    .action((texts: string[], words: FollowWords) =>
      withRoom(words, async (room) => {
        const { store, now } = room
        const named = texts.map((text) => disputeOf(store, text, now).id)
        const ids = named.length > 0 ? named : store.toAsk(now, POLLED_MAX)
        let failed = 0
        for (const id of ids) {
          try {
            await pollOne(id, words, room, to)
          } catch (error) {
            if (!(error instanceof Stop) || ids.length === 1) throw error
            failed++
            to.err(`${id}: ${error.message}\n`)
          }
        }
        if (ids.length === 0) to.err('no desk is to be asked now\n')
        if (failed > 0)
          throw new Stop(EXIT.outside, `${failed} of ${many(ids.length, 'dispute')} could not be followed`)
      }),
    )

  reaching(addStep(command, 'answer', 'answer the question of a desk', 'answer Kc9vN2x0 "our own dialler"'))
    .argument('<dispute>', 'its id, or the beginning of it')
    .argument('<text>', 'the answer')
    .action((text: string, given: string, words: FollowWords) =>
      withRoom(words, async ({ store, now }) => {
        const dispute = disputeOf(store, text, now)
        const status = store.statusUrl(dispute.id)
        if (status !== undefined) {
          const ask = askBy(words)
          const found = await askCase(ask, status)
          if (found.kind !== 'case') throw stopFor(found, status)
          const href = found.found.links.get('answers')
          if (href === undefined) throw new Stop(EXIT.unusable, 'the desk asks nothing just now, and nothing was sent')
          const posted = await postAnswer(ask, status, href, given)
          if (posted.kind !== 'case') throw stopFor(posted, status)
          await record(store, noteReply(dispute, given, termsOf(words, Date.now())))
          const replied = store.dispute(dispute.id, now)!
          await record(store, noteNews(replied, posted.found.news, termsOf(words, Date.now())))
        } else await record(store, noteReply(dispute, given, termsOf(words, now)))
        tellDispute(to, words, store.dispute(dispute.id, now)!, status === undefined ? 'noted' : 'answered')
      }),
    )

  reaching(
    addStep(command, 'prove', 'get a number to call from yours, which proves that it is yours', 'prove Kc9vN2x0'),
  )
    .argument('<dispute>', 'its id, or the beginning of it')
    .option('--number <number>', 'the number to prove; the first one if not said')
    .option('--via <target>', 'place that call at once this way, like sip:trunk.example')
    .action((text: string, words: FollowWords & { number?: string; via?: string }) =>
      withRoom(words, async ({ store, now }) => {
        const dispute = disputeOf(store, text, now)
        const status = store.statusUrl(dispute.id)
        if (status === undefined)
          throw new Stop(EXIT.unusable, 'it was not filed by API: ask the blocker how a number is proved')
        const ask = askBy(words)
        const found = await askCase(ask, status)
        if (found.kind !== 'case') throw stopFor(found, status)
        const href = found.found.links.get('challenges')
        if (href === undefined) throw new Stop(EXIT.outside, 'the desk asks for no proof by a call just now')
        const number = words.number === undefined ? dispute.subject.numbers[0]! : readOwnNumber(words.number)
        const asked = await askChallenge(ask, href, number)
        if (asked.kind !== 'challenge') throw stopFor(asked, href)
        const { dial: called, until } = asked.challenge
        if (words.via !== undefined) {
          const { words: said } = await placeOrStop(words.via, number, called, [])
          await record(
            store,
            noteWords(dispute, `called ${called} from ${number} to prove it: ${said}`, termsOf(words, Date.now())),
          )
        }
        const when = until === undefined ? '' : ` until ${showTime(until)}`
        if (words.via === undefined)
          await record(
            store,
            noteWords(
              dispute,
              `to prove ${number}, ${called} is to be called from it${when}`,
              termsOf(words, Date.now()),
            ),
          )
        to.out(
          words.json === true
            ? `${jsonOf({ dispute: dispute.id, number, dial: called, until: until && new Date(until).toISOString() })}\n`
            : `${words.via === undefined ? `call ${called} from ${number}${when}` : `called ${called} from ${number}`}; nobody answers, the network sees who called${words.via === undefined ? DIAL_ALL : ''}\n`,
        )
      }),
    )

  addStep(
    command,
    'retest',
    'call again from a number to see whether it works',
    'retest Kc9vN2x0 --via sip:trunk.example',
  )
    .argument('<dispute>', 'its id, or the beginning of it')
    .requiredOption('--via <target>', 'where the call is placed: sip:HOST[:PORT]')
    .option('--from <number>', 'the number to call from; the first one if not said')
    .option('--to <number>', 'the number to call; of the last blocked call if not said')
    .option('--passes <status>', 'an answer that means here that the call goes on, again for each', collectStatus)
    .action((text: string, words: RetestWords) =>
      withRoom(words, async ({ store, now }) => {
        const dispute = disputeOf(store, text, now)
        const from = words.from === undefined ? dispute.subject.numbers[0]! : readOwnNumber(words.from)
        const called = words.to === undefined ? dispute.subject.calls[0]?.to : readOwnNumber(words.to)
        if (called === undefined)
          throw new Stop(EXIT.unusable, 'no blocked call is known to place again: name the number to call by --to')
        const { result, words: said } = await placeOrStop(words.via, from, called, words.passes ?? [])
        await record(store, noteRetest(dispute, { from, to: called, result, words: said }, termsOf(words, Date.now())))
        tellDispute(
          to,
          words,
          store.dispute(dispute.id, Date.now())!,
          `${from} to ${called}: ${RESULTS[result]} (${said})`,
        )
        if (result === 'blocked') process.exitCode = EXIT.found
      }),
    )
}

/**
 * Says in groups what a lift means: calls refused after it are a regression. It is said once for each lift, and only where all
 * of the group is lifted: of what was lifted in part, or of a few of its numbers, calls go on to be refused as they were.
 */
export function settleGroup(monitor: MonitorStore, dispute: Dispute, { by, at }: StepTerms): void {
  const { group } = dispute.subject
  if (group === undefined || dispute.liftedAt === undefined || dispute.outcome !== 'lifted') return
  const lifted = new Set(dispute.subject.numbers)
  if (monitor.groupNumbers(group, NUMBERS_MAX + 1).some(({ number }) => number !== '' && !lifted.has(number))) return
  const note = `dispute ${dispute.id}: ${dispute.outcome}`
  if (monitor.marks(group).some((mark) => mark.note === note && mark.effective === dispute.liftedAt)) return
  const found = monitor.group(group, at)
  if (found === undefined) return
  const { recent, earlier } = found
  const share = { hits: recent.hits + earlier.hits, of: recent.of + earlier.of }
  monitor.mark(group, { kind: 'resolved', at, effective: dispute.liftedAt, by, note, share })
}

type FollowWords = DisputeWords & ReachWords
type RetestWords = DisputeWords & {
  readonly via: string
  readonly from?: string
  readonly to?: string
  readonly passes?: readonly number[]
}

async function pollOne(
  id: string,
  words: FollowWords,
  { store, monitor, now }: DisputeRoom,
  to: Output,
): Promise<void> {
  const before = store.dispute(id, now)!
  const terms = (): StepTerms => termsOf({ ...words, by: words.by ?? 'recourse' }, Date.now())
  const url = store.statusUrl(id)
  if (url !== undefined) {
    const last = store.asked(id)
    if (last !== undefined && last.told > now)
      throw new Stop(EXIT.outside, `the desk asked not to be asked before ${showTime(last.told)}`)
    const answer = await askCase(askBy(words), url)
    const at = Date.now()
    if (answer.kind === 'case') {
      const events = await record(store, noteNews(before, answer.found.news, terms()))
      const unchanged = events.length > 0 ? 0 : (last?.unchanged ?? 0) + 1
      store.noteAsked(id, { at, unchanged, notBefore: nextAsk(at, unchanged), told: 0 })
    } else {
      const unchanged = (last?.unchanged ?? 0) + 1
      const told = answer.kind === 'later' ? at + answer.afterMs : 0
      store.noteAsked(id, { at, unchanged, notBefore: nextAsk(at, unchanged), told })
      throw stopFor(answer, url)
    }
  }
  settleGroup(monitor, store.dispute(id, now)!, terms())
  const blockedAt = blockedSince(monitor, store.dispute(id, now)!, store.events(id))
  if (blockedAt !== undefined) await record(store, noteSeen(store.dispute(id, now)!, 'blocked', blockedAt, terms()))
  const after = store.dispute(id, Date.now())!
  if (words.json === true) return to.out(`${jsonOf({ ...recordOf(after), was: before.status })}\n`)
  const said = after.status === before.status ? 'as before' : `was ${before.status}`
  tellDispute(to, words, after, said)
  if (after.news?.question !== undefined && !QUIET.has(after.status))
    to.out(`  they ask: ${visible(after.news.question)}\n`)
}

/** When a call from a lifted number was refused last by the same group, where that was not noted yet. */
export function blockedSince(
  monitor: MonitorStore,
  { subject, liftedAt }: Dispute,
  events: readonly DisputeEvent[],
): number | undefined {
  if (subject.group === undefined || liftedAt === undefined) return undefined
  const numbers = new Set(subject.numbers)
  const { rows } = monitor.observations({ group: subject.group, since: liftedAt + 1 }, undefined, CALLS_LOOKED)
  const last = rows.find(({ from }) => numbers.has(from))
  const isKnown = events.some((event) => event.kind === 'seen' && event.data.callAt >= (last?.at ?? 0))
  return isKnown ? undefined : last?.at
}

async function placeOrStop(via: string, from: string, to: string, passes: readonly number[]): Promise<CallResult> {
  const target = await readTarget(via)
  try {
    return await placeCall(target, from, to, passes)
  } catch (error) {
    throw new Stop(EXIT.outside, `no call can be placed by ${visible(via)}: ${visible((error as Error).message)}`, {
      cause: error,
    })
  }
}

function collectStatus(text: string, before: readonly number[] | undefined): readonly number[] {
  if (/^[3-6]\d\d$/.test(text)) return [...(before ?? []), Number(text)]
  throw new Stop(EXIT.unusable, `--passes ${visible(text)}: write a status of a final answer, like 404`)
}

const RESULTS = { 'goes-through': 'it goes through', blocked: 'still blocked', unclear: 'this tells neither' } as const
/** Such a number may be longer than any telephone has: the digits at its end tell the proofs apart. */
const DIAL_ALL = '\ndial all its digits, also where they are more than usual: the last of them say which proof it is'
/** Disputes that one poll asks for. */
const POLLED_MAX = 100
const CALLS_LOOKED = 1_000
