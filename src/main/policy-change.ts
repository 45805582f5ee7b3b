import type { PolicyText } from '#core/ledger/policy-text.ts'
import type { AuditAction } from '#edge/store/audit.ts'
import {
  openPolicyReader,
  openPolicyStore,
  type PolicyReader,
  type PolicyStore,
  type PolicyVersion,
} from '#edge/store/policy-store.ts'
import { actorOf } from './actor.ts'
import { EXIT, Stop } from './exit.ts'
import type { Output } from './ledger.ts'
import { loadWithPolicy, openOrStop } from './load-or-stop.ts'
import { differenceInWords } from './policy-difference.ts'
import { EMPTY_POLICY, settlePolicy, type Settled, type WantedPolicy } from './policy-settlement.ts'
import { visible } from './words.ts'

/** The words that commands about policies and lists have in common. */
export type ChangeWords = {
  readonly config?: string
  readonly store?: string
  readonly by?: string
  readonly note?: string
  readonly dryRun?: boolean
  readonly json?: boolean
}

/**
 * Puts a policy into force, or stages it where its guard asks for a second person, and tells what it changes. The policy has
 * been loaded whole before: whatever is in the store can be judged by.
 */
export function changePolicy(
  to: Output,
  words: ChangeWords,
  store: PolicyStore,
  inForce: PolicyVersion | undefined,
  wanted: WantedPolicy,
): void {
  const isDry = words.dryRun === true
  const settling = { by: actorOf(words.by), note: noteOf(words.note), atMs: Date.now(), isDry }
  const settled = settlePolicy(store, inForce, wanted, settling)
  if (settled.kind === 'overtaken') throw overtaken(settled.inForce)
  return tell(to, words, settled)
}

/** Puts a version that the store has into force, as it is. */
export function changeVersion(
  to: Output,
  words: ChangeWords,
  store: PolicyStore,
  inForce: PolicyVersion | undefined,
  version: number,
  action: AuditAction,
): void {
  const text = textOf(store, version)
  // The rest of the configuration may have changed since: what cannot be judged by must not come into force.
  loadWithPolicy(words.config, { name: `policy ${version}`, text }, `policy ${version}`)
  const wanted = { of: { version, text }, action, detail: {}, origin: undefined, isKnown: true }
  return changePolicy(to, words, store, inForce, wanted)
}

/** Opens the store that the words mean, whatever is wrong with the policy that the configuration names, and closes it after. */
export function withPolicies<T>(words: ChangeWords, use: (store: PolicyStore) => T): Promise<T> {
  return opened(() => openPolicyStore(storeOf(words)), use)
}

/** The same for reading only. */
export function withPolicyReader<T>(words: ChangeWords, use: (reader: PolicyReader) => T): Promise<T> {
  return opened(() => openPolicyReader(storeOf(words)), use)
}

function opened<Store extends PolicyReader, T>(open: () => Store, use: (store: Store) => T): Promise<T> {
  return openOrStop(() => {
    const store = open()
    try {
      return use(store)
    } finally {
      store.close()
    }
  })
}

/** The text of a version. Throws `Stop` where there is none. */
export function textOf(reader: PolicyReader, version: number): PolicyText {
  const text = reader.text(version)
  if (text !== undefined) return text
  if (reader.find(version) === undefined)
    throw new Stop(EXIT.unusable, `there is no policy ${version}: recourse policy list shows which there are`)
  throw new Stop(
    EXIT.unusable,
    `policy ${version} was made before policies were kept with their texts: apply it from its file`,
  )
}

/** The version in force. Throws `Stop` where none is yet. */
export function inForceOf(reader: PolicyReader): PolicyVersion {
  const version = reader.inForce()
  if (version !== undefined) return version
  throw new Stop(EXIT.unusable, 'no policy is in force yet: start the gate, or recourse policy apply FILE')
}

/** The number of a version as somebody wrote it; undefined for what is no number. */
export function parseVersion(text: string): number | undefined {
  return /^[1-9][0-9]{0,8}$/.test(text) ? Number(text) : undefined
}

function storeOf({ store, config }: ChangeWords): string {
  if (store !== undefined) return store
  return `sqlite:${loadWithPolicy(config, { name: 'no policy', text: EMPTY_POLICY }, 'the configuration').store.path}`
}

function noteOf(note = ''): string {
  if (note.length <= NOTE_MAX && visible(note) === note) return note
  throw new Stop(EXIT.unusable, `--note: write one line of up to ${NOTE_MAX} characters`)
}

function overtaken(inForce: number | undefined): Stop {
  return new Stop(EXIT.outside, `policy ${inForce ?? 'none'} came into force meanwhile: look again, then try again`)
}

function tell(to: Output, { json, dryRun }: ChangeWords, settled: Settled): void {
  const { policy, state, before, guarded, difference } = settled
  if (json === true)
    to.out(`${JSON.stringify({ policy: policy ?? null, state, before: before ?? null, guarded, difference })}\n`)
  const say = json === true ? to.err : to.out
  const changes = differenceInWords(difference).map((line) => `  ${line}\n`)
  const was = before === undefined ? '' : `, ${before} was before`
  const words = {
    applied: `policy ${policy} is in force${was}`,
    staged: `policy ${policy} waits for a second person; policy ${before} stays in force`,
    unchanged: `policy ${policy} is in force as it is: nothing has changed`,
    'would-apply': 'this would come into force',
    'would-stage': 'this would wait for a second person',
  }
  const because = guarded.map((reason) => `  because ${reason}\n`)
  const next =
    state === 'staged'
      ? `  to put it into force, somebody else says: recourse policy approve ${policy} --by NAME\n`
      : ''
  say([`${words[state]}\n`, ...changes, ...because, next].join(''))
  if (guarded.length > 0) process.exitCode = EXIT.found
  if (dryRun === true && json !== true) to.err('nothing was changed (--dry-run)\n')
}

const NOTE_MAX = 500
