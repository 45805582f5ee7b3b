import { hashPolicy, type PolicyText } from '#core/ledger/policy-text.ts'
import type { AuditAction } from '#edge/store/audit.ts'
import {
  openPolicyReader,
  openPolicyStore,
  partsOf,
  type PolicyReader,
  type PolicyStore,
  type PolicyVersion,
} from '#edge/store/policy-store.ts'
import { actorOf } from './actor.ts'
import { EXIT, Stop } from './exit.ts'
import type { Output } from './ledger.ts'
import { loadWithPolicy, openOrStop } from './load-or-stop.ts'
import { countsOf, differenceInWords, diffPolicies, guardAgainst, type PolicyDifference } from './policy-difference.ts'
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

/** What somebody wants to be in force. */
export type WantedPolicy = {
  readonly text: PolicyText
  readonly action: AuditAction
  readonly detail: Readonly<Record<string, unknown>>
  /** The file it was read from, and what stands there. */
  readonly origin: { readonly file: string; readonly text: PolicyText } | undefined
  /** Whether it may be in force at once, however much it changes: it was before. */
  readonly isKnown: boolean
}

/** What became of it, as `--json` prints it. */
type Outcome = {
  readonly policy: number | undefined
  readonly state: 'applied' | 'staged' | 'unchanged' | 'would-apply' | 'would-stage'
  readonly before: number | undefined
  readonly guarded: readonly string[]
  readonly difference: PolicyDifference
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
  const standing = inForce === undefined ? undefined : store.text(inForce.version)
  const difference = diffPolicies(standing ?? EMPTY_POLICY, wanted.text)
  const guarded = standing === undefined || wanted.isKnown ? [] : guardAgainst(standing, difference)
  const common = { before: inForce?.version, guarded, difference }
  const origin =
    wanted.origin === undefined ? undefined : { file: wanted.origin.file, parts: partsOf(wanted.origin.text) }

  if (inForce?.hash === hashPolicy(wanted.text)) {
    if (origin !== undefined && words.dryRun !== true) store.rememberParts(origin.file, origin.parts)
    return tell(to, words, { ...common, policy: inForce.version, state: 'unchanged' })
  }
  if (words.dryRun === true)
    return tell(to, words, { ...common, policy: undefined, state: guarded.length > 0 ? 'would-stage' : 'would-apply' })
  const staged = guarded.length > 0
  const changed = store.change({
    of: wanted.text,
    step: staged ? 'staged' : 'applied',
    base: inForce?.version,
    by: actorOf(words.by),
    note: noteOf(words.note),
    origin,
    action: staged ? 'policy-staged' : wanted.action,
    detail: { ...wanted.detail, ...countsOf(difference), ...(staged && { guarded }) },
    atMs: Date.now(),
  })
  if (changed.kind === 'overtaken') throw overtaken(changed.inForce)
  return tell(to, words, { ...common, policy: changed.version, state: staged ? 'staged' : 'applied' })
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
  const standing = inForce === undefined ? undefined : store.text(inForce.version)
  const difference = diffPolicies(standing ?? EMPTY_POLICY, text)
  const common = { policy: version, before: inForce?.version, guarded: [], difference }
  if (version === inForce?.version) return tell(to, words, { ...common, state: 'unchanged' })
  if (words.dryRun === true) return tell(to, words, { ...common, state: 'would-apply' })
  const changed = store.change({
    of: version,
    step: 'applied',
    base: inForce?.version,
    by: actorOf(words.by),
    note: noteOf(words.note),
    origin: undefined,
    action,
    detail: countsOf(difference),
    atMs: Date.now(),
  })
  if (changed.kind === 'overtaken') throw overtaken(changed.inForce)
  return tell(to, words, { ...common, state: 'applied' })
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

function tell(to: Output, { json, dryRun }: ChangeWords, outcome: Outcome): void {
  const { policy, state, before, guarded, difference } = outcome
  if (json === true) to.out(`${JSON.stringify({ ...outcome, policy: policy ?? null, before: before ?? null })}\n`)
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

export const EMPTY_POLICY: PolicyText = { yaml: '{}\n', lists: new Map() }
const NOTE_MAX = 500
