import type { z } from '@hono/zod-openapi'
import type { Who } from '#core/account/permission.ts'
import type { DisputeStatus } from '#core/dispute/dispute.ts'
import type { GroupState } from '#core/observe/group.ts'
import type { Standing } from '#core/observe/refusal.ts'
import type { Problem } from '#edge/http/problem.ts'
import type {
  checkedSchema,
  directorySchema,
  disputeFileSchema,
  disputeOpeningSchema,
  disputeSchema,
  draftSchema,
  draftingSchema,
  filedSchema,
  filingSchema,
  groupFileSchema,
  groupSchema,
  markingSchema,
  observationFileSchema,
  observationSchema,
  optionsSchema,
  outcomeSchema,
  probeFileSchema,
  probeSchema,
  probeStartSchema,
  provedBySchema,
  retestSchema,
  retestedSchema,
  silenceSchema,
  summarySchema,
} from './schemas.ts'

/** Who does something on the calling side. */
export type Doer = { readonly name: string; readonly account: string }

/** What was done, or the problem that it came to; nothing was done then. */
export type Outcome<Value> = { readonly kind: 'done'; readonly value: Value } | Refusal
export type Refusal = { readonly kind: 'refused' } & { readonly problem: Omit<Problem, 'headers'> }

/** Times are milliseconds since 1970; all that is said has to agree. */
export type GroupAsk = {
  readonly since?: number | undefined
  readonly carrier?: string | undefined
  readonly blocker?: string | undefined
  readonly number?: string | undefined
  readonly standing?: Exclude<Standing, 'fault'> | undefined
  readonly state?: GroupState | undefined
  /** Those too that are resolved or ignored. */
  readonly all: boolean
}
export type ObservationAsk = {
  readonly since?: number | undefined
  readonly until?: number | undefined
  readonly carrier?: string | undefined
  readonly blocker?: string | undefined
  readonly number?: string | undefined
  readonly called?: string | undefined
  readonly standing?: Standing | undefined
  readonly group?: number | undefined
}
export type DisputeAsk = {
  readonly status?: DisputeStatus | undefined
  readonly blocker?: string | undefined
  readonly number?: string | undefined
  readonly group?: number | undefined
  readonly isOverdue?: boolean | undefined
  /** Those only that are not settled. */
  readonly isOpen?: boolean | undefined
}

export type Paged<Row> = { readonly rows: readonly Row[]; readonly after: string | undefined }
export type GroupRecord = z.output<typeof groupSchema>
export type ObservationRecord = z.output<typeof observationSchema>
export type DisputeRecord = z.output<typeof disputeSchema>
export type ProbeRecord = z.output<typeof probeSchema>

/** The calling side as its own people look at it. */
export type Calling = {
  summary(): z.output<typeof summarySchema>
  groups(ask: GroupAsk): { readonly groups: readonly GroupRecord[]; readonly isEmpty: boolean }
  group(id: number): z.output<typeof groupFileSchema> | undefined
  mark(id: number, mark: z.output<typeof markingSchema>, by: Doer): Outcome<GroupRecord>
  observations(ask: ObservationAsk, after: string | undefined, limit: number): Paged<ObservationRecord>
  /** Whether nothing was ever seen. */
  isEmpty(): boolean
  observation(id: number): z.output<typeof observationFileSchema> | undefined
  silence(): Promise<z.output<typeof silenceSchema>>
  directory(): z.output<typeof directorySchema>
}

/** Disputes with those who blocked. `seq` is the event that somebody had seen; undefined where it does not matter. */
export type Disputes = {
  list(ask: DisputeAsk, after: string | undefined, limit: number): Paged<DisputeRecord>
  file(id: string): z.output<typeof disputeFileSchema> | undefined
  open(opening: z.output<typeof disputeOpeningSchema>, by: Doer): Outcome<string>
  draft(id: string, claim: z.output<typeof draftingSchema>): Outcome<z.output<typeof draftSchema>>
  /** Asks a page, which a notice named, whether it takes disputes; nothing is told to it. */
  check(id: string, to: string): Promise<Outcome<z.output<typeof checkedSchema>>>
  fileByApi(id: string, filing: z.output<typeof filingSchema>, by: Doer, seq?: number): Promise<Outcome<number>>
  noteFiled(id: string, filed: z.output<typeof filedSchema>, by: Doer, seq?: number): Outcome<number>
  say(id: string, what: Saying, text: string, by: Doer, seq?: number): Outcome<number>
  /** Answers the question of a desk there, or notes that it was answered. */
  reply(id: string, text: string, by: Doer, seq?: number): Promise<Outcome<number>>
  noteOutcome(id: string, outcome: z.output<typeof outcomeSchema>, by: Doer, seq?: number): Outcome<number>
  /** Asks the desk for a number to call; a call to it from one's own proves that. */
  prove(id: string, number: string | undefined): Promise<Outcome<z.output<typeof provedBySchema>>>
  /** Places one call from a number of the dispute, and notes what it showed. */
  retest(id: string, asked: Retest, by: Doer, seq?: number): Promise<Outcome<z.output<typeof retestedSchema>>>
  /** Asks the desk how it stands, and looks for calls since. */
  poll(id: string, by: Doer): Promise<Outcome<number>>
}
export type Retest = z.output<typeof retestSchema>
export type Saying = 'note' | 'heard' | 'close' | 'reopen'

/** Probes of paths. */
export type Probes = {
  options(who: Who): z.output<typeof optionsSchema>
  list(after: string | undefined, limit: number): Paged<ProbeRecord>
  probe(id: string): z.output<typeof probeFileSchema> | undefined
  start(plan: z.output<typeof probeStartSchema>, who: Who): Promise<Outcome<string>>
  cancel(id: string, by: Doer): Outcome<ProbeRecord>
  report(id: string): { readonly json: string; readonly page: string } | undefined
  share(id: string, days: number, by: Doer): Outcome<{ id: string; url: string; until: string }>
  unshare(id: string, link: string, by: Doer): boolean
}

export function refuse(kind: Problem['kind'], detail: string, pointer?: string): Refusal {
  return { kind: 'refused', problem: { kind, detail, pointer } }
}
