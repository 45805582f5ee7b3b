import type { Worker } from '#core/redress/office.ts'

/** The policy as those inside work with it. Everything that goes in and comes out is plain data: it may cross threads. */
export type PolicyDesk = {
  /** Versions, newest first; those below `before`, where it is said. */
  versions(before: number | undefined, limit: number): Promise<PolicyVersions>
  version(version: number): Promise<PolicyVersionText | undefined>
  differ(from: number, to: number): Promise<PolicyDiffered | undefined>
  check(draft: PolicyDraft): Promise<PolicyChecked>
  apply(draft: PolicyDraft, change: PolicyChanging): Promise<PolicySettled | PolicyNotDone>
  /** Puts a version that was in force before into force again. */
  applyVersion(version: number, change: PolicyChanging): Promise<PolicySettled | PolicyNotDone>
  /** Puts a version that waits for a second person into force. */
  approve(version: number, change: PolicyChanging): Promise<PolicySettled | PolicyNotDone>

  lists(): Promise<PolicyLists>
  list(name: string, page: ListPageAsked): Promise<PolicyListPage | undefined>
  listText(name: string): Promise<string | undefined>
  /** Takes a list in, for a person to look at what it would change; nothing is in force by that. */
  upload(name: string, text: string, by: Worker): Promise<PolicyUpload | PolicyNotDone>
  uploaded(id: string): Promise<PolicyUpload | undefined>
  confirm(id: string, change: PolicyChanging): Promise<PolicySettled | PolicyNotDone>
  drop(id: string): Promise<boolean>
  /** Adds one number to a list. */
  addNumber(name: string, number: string, why: string, change: PolicyChanging): Promise<PolicySettled | PolicyNotDone>
  takeListBack(name: string, change: PolicyChanging): Promise<PolicySettled | PolicyNotDone>

  tryOut(draft: PolicyDraft, days: number, against: TrialAgainst, by: Worker): Promise<PolicyTrialState | PolicyNotDone>
  trial(id: string): Promise<PolicyTrialState | undefined>
  cancelTrial(id: string): Promise<PolicyTrialState | undefined>
  trialNumbers(id: string, filter: TrialFilter, after: number, limit: number): Promise<TrialNumbers | undefined>

  shadow(days: number): Promise<PolicyShadow>
  shadowNumbers(rule: string, days: number, only: ShadowOnly, after: number, limit: number): Promise<ShadowNumbers>
  shadowCalls(rule: string, number: string, days: number): Promise<readonly ShadowCall[]>
  judgeShadow(rule: string, number: string, judged: ShadowJudged, by: Worker): Promise<void>
}

/** A text that may become a policy, and where its lists come from: uploads first, then the policy in force, then `base`. */
export type PolicyDraft = {
  readonly yaml: string
  /** The version that the text was begun from. */
  readonly base: number | undefined
  /** Ids of uploads. */
  readonly uploads: readonly string[]
}

/** Who changes the policy, why, and which version was in force when it was looked at. */
export type PolicyChanging = { readonly seen: number; readonly note: string; readonly by: Worker }

export type PolicyNotDone = {
  readonly kind: 'refused'
  readonly problem: 'not-found' | 'changed' | 'conflict' | 'bad-field' | 'too-large' | 'busy' | 'too-many'
  /** What was found and what was expected, in a sentence without its full stop. */
  readonly detail: string
}

export type PolicyVersions = {
  /** 0 where none is. */
  readonly inForce: number
  readonly versions: readonly PolicyVersionSummary[]
  /** Where the next page begins; undefined at the end. */
  readonly after: number | undefined
}

export type PolicyVersionSummary = {
  readonly version: number
  readonly state: 'applied' | 'replaced' | 'taken-back' | 'staged' | 'dropped'
  readonly madeAt: number
  /** Oldest first: each time it was put into force or staged. */
  readonly steps: readonly PolicyStepSaid[]
  /** What came into force in its place. */
  readonly replaced: PolicyStepSaid | undefined
  readonly lists: readonly string[]
}

export type PolicyStepSaid = {
  readonly version: number
  readonly at: number
  readonly step: 'staged' | 'applied'
  readonly base: number | undefined
  readonly by: string
  readonly note: string
  /** The name of the file it was taken from; undefined for one that was made here. */
  readonly origin: string | undefined
}

export type PolicyVersionText = PolicyVersionSummary & {
  /** Undefined for one that was made before texts were kept. */
  readonly yaml: string | undefined
  readonly words: PolicyWords | undefined
  /** Why it cannot be judged by now, where it cannot. */
  readonly faults: readonly PolicyFault[]
}

/** What a policy makes of calls. */
export type PolicyWords = {
  readonly first: readonly string[]
  readonly rules: readonly { readonly id: string; readonly mode: 'enforce' | 'shadow'; readonly words: string }[]
}

export type PolicyFault = {
  /** `policy` for its text, the name of a list, or the configuration that does not go with it. */
  readonly where: string
  readonly line: number | undefined
  readonly column: number | undefined
  readonly found: string
  readonly expected: string
}

export type PolicyDiffered = {
  readonly words: readonly string[]
  readonly rules: readonly { readonly id: string; readonly change: string; readonly words: string }[]
  readonly settings: readonly string[]
  readonly lists: readonly ListDiffered[]
  /** The texts line by line, as `diff -u` has it; empty where they are the same. */
  readonly text: string
}

export type ListDiffered = {
  readonly name: string
  readonly change: string
  readonly before: number
  readonly after: number
  readonly added: number
  readonly removed: number
  readonly samples: { readonly added: readonly string[]; readonly removed: readonly string[] }
}

export type PolicyChecked =
  | {
      readonly kind: 'good'
      readonly words: PolicyWords
      readonly reminders: readonly string[]
      /** Against the one in force. */
      readonly difference: PolicyDiffered
      readonly isSame: boolean
      /** Why a second person would have to look. */
      readonly guarded: readonly string[]
    }
  | { readonly kind: 'faulty'; readonly faults: readonly PolicyFault[] }

export type PolicySettled = {
  readonly kind: 'settled'
  readonly policy: number
  readonly state: 'applied' | 'staged' | 'unchanged'
  readonly before: number | undefined
  readonly guarded: readonly string[]
  readonly words: readonly string[]
}

export type PolicyLists = {
  readonly policy: number
  readonly lists: readonly PolicyListSummary[]
}

export type PolicyListSummary = {
  readonly name: string
  /** What names it: `exempt`, `deny`, and the rules that do. */
  readonly key: string
  readonly rules: readonly string[]
  readonly entries: number
  readonly octets: number
  /** When and by whom it became what it is, as far as versions tell. */
  readonly since: PolicyStepSaid | undefined
  readonly canGoBack: boolean
}

export type ListPageAsked = { readonly search: string; readonly after: number; readonly limit: number }

export type PolicyListPage = {
  readonly name: string
  readonly policy: number
  readonly entries: readonly { readonly line: number; readonly text: string }[]
  readonly after: number | undefined
}

export type PolicyUpload = {
  readonly kind: 'upload'
  readonly id: string
  readonly list: string
  readonly at: number
  readonly by: string
  /** When it is forgotten if nobody confirms it. */
  readonly until: number
  readonly octets: number
  readonly entries: number
  /** Whether the policy in force has a list of this name; a new one waits for the policy that names it. */
  readonly isNew: boolean
  readonly faults: readonly PolicyFault[]
  readonly difference: ListDiffered | undefined
  readonly guarded: readonly string[]
}

export type TrialAgainst = 'in-force' | 'recorded' | 'none'

export type PolicyTrialState = {
  readonly kind: 'trial'
  readonly id: string
  readonly state: 'running' | 'done' | 'cancelled' | 'failed'
  readonly at: number
  readonly by: string
  readonly days: number
  readonly against: TrialAgainst
  /** SHA-256 of the text that was tried and of its lists, as a policy is named. */
  readonly hash: string
  /** Rows of the journal. */
  readonly read: number
  readonly total: number
  readonly why: string
  readonly result: TrialResult | undefined
}

export type TrialResult = {
  readonly calls: number
  readonly firstAt: number | undefined
  readonly lastAt: number | undefined
  readonly blockedNow: number
  readonly blockedThen: number
  readonly newlyBlocked: number
  readonly noLongerBlocked: number
  readonly numbers: { readonly newly: number; readonly noLonger: number; readonly registered: number }
  /** Stopped calls of numbers too many to be named. */
  readonly unnamed: number
  readonly rules: readonly {
    readonly rule: string
    /** Calls that it stops by what it is compared with, and by the text that is tried. */
    readonly before: number
    readonly after: number
    readonly newlyBlocked: number
    readonly noLongerBlocked: number
  }[]
}

export type TrialFilter = {
  readonly change: 'newly' | 'no-longer'
  readonly rule: string | undefined
  /** Digits that the number holds. */
  readonly search: string
}

export type TrialNumbers = {
  readonly numbers: readonly TrialNumber[]
  readonly after: number | undefined
}

export type TrialNumber = {
  readonly number: string
  readonly calls: number
  readonly newlyBlocked: number
  readonly noLongerBlocked: number
  readonly rules: readonly string[]
  readonly why: string
  readonly registered: readonly { readonly registration: string; readonly name: string }[]
}

export type ShadowOnly = 'all' | 'open' | 'judged'

export type PolicyShadow = {
  readonly policy: number
  readonly sinceMs: number
  readonly rules: readonly {
    readonly rule: string
    /** `gone` for one that the policy in force has not. */
    readonly mode: 'enforce' | 'shadow' | 'gone'
    readonly words: string
    readonly calls: number
    readonly numbers: number
    readonly legitimate: number
    readonly unwanted: number
    /** Of the numbers that were judged, those that it would have been right to block, from 0 to 1; undefined for too few. */
    readonly precision: number | undefined
  }[]
  /** Lists of the policy in force whose numbers rules let go on. */
  readonly allowLists: readonly string[]
}

export type ShadowNumbers = {
  readonly numbers: readonly {
    readonly number: string
    readonly calls: number
    readonly firstAt: number
    readonly lastAt: number
    readonly judged:
      | {
          readonly label: 'legitimate' | 'unwanted'
          readonly at: number
          readonly by: string
          readonly note: string
        }
      | undefined
    readonly registered: readonly { readonly registration: string; readonly name: string }[]
  }[]
  readonly after: number | undefined
}

export type ShadowCall = {
  readonly at: number
  readonly calling: string
  readonly called: string
  readonly peer: string
  readonly trunk: string
  readonly attestation: string
}

export type ShadowJudged = { readonly label: 'legitimate' | 'unwanted' | undefined; readonly note: string }

/** Fewer judged numbers than this say nothing of a rule. */
export const PRECISION_NUMBERS_MIN = 10
