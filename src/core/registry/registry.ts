import type { EvidenceFile } from '#core/redress/case-event.ts'
import type { EvidenceUpload, Refused, Visitor } from '#core/redress/desk.ts'
import type { ProofChallenge } from '#core/redress/proof.ts'
import type { Business, BusinessFields, FieldFault } from './business.ts'
import type { LineFault } from './number-lines.ts'
import type { RegistrationEvent } from './registration-event.ts'
import type { Registration, RegistrationStatus } from './registration.ts'
import type { Vetter } from './steps.ts'
import type { VettingItem, VettingOutcome } from './vetting.ts'

/** What the public pages and the API ask of the registry. Whoever implements it keeps the limits and records before it answers. */
export type Registry = {
  /** The same application with the same `once` opens nothing again and answers as before. */
  open(application: Application, from: Visitor): Promise<Opened>
  /** Whether the link of a first message has been confirmed; false alike for what is no such link. */
  isConfirmed(token: string): Promise<boolean>
  /** Presses the button behind the link of the first message. */
  confirm(token: string): Promise<{ readonly kind: 'confirmed'; readonly token: string } | { readonly kind: 'unknown' }>
  /** By the unguessable part of a private link; undefined alike for wrong and forbidden ones. */
  status(token: string): Promise<RegistrationView | undefined>
  /** The lines as CSV, which `addNumbers` reads back. */
  numbersCsv(token: string): Promise<string | undefined>
  addNumbers(token: string, text: string, from: Visitor): Promise<NumbersAdded | Refused>
  /** One line as it was listed, each in a line of the text. */
  removeNumbers(token: string, text: string, from: Visitor): Promise<RegistryDone>
  /** Asks for a number to dial from the one that is to be proved. */
  challenge(token: string, number: string, from: Visitor): Promise<ProofChallenge | Refused>
  addEvidence(
    token: string,
    file: EvidenceUpload,
    from: Visitor,
  ): Promise<{ readonly kind: 'added'; readonly file: EvidenceFile } | Refused>
  answer(token: string, text: string, from: Visitor): Promise<RegistryDone>
  change(token: string, fields: BusinessFields, from: Visitor): Promise<RegistryDone>
  renew(token: string, from: Visitor): Promise<RegistryDone>
  /** Hands lines to another registration, by its id. */
  offer(token: string, text: string, to: string, from: Visitor): Promise<RegistryDone>
  /** Takes what the other registration has offered. */
  take(token: string, other: string, from: Visitor): Promise<RegistryDone>
  withdraw(token: string, reason: string, from: Visitor): Promise<RegistryDone>
  /** Sends new private links to who has registrations under the address. Never tells whether there are any. */
  relink(email: string, from: Visitor): Promise<RegistryDone>
}

export type Application = {
  readonly way: 'page' | 'api'
  readonly fields: BusinessFields
  /** Pasted, or a CSV file. */
  readonly numbers: string
  readonly faultyLines: FaultyLines
}

/** What becomes of the whole where some lines cannot be used: `refuse` does nothing, so that they can be set right. */
export type FaultyLines = 'refuse' | 'leave-out'

export type Opened =
  | {
      readonly kind: 'opened'
      readonly id: string
      readonly token: string
      readonly report: NumbersReport
    }
  | { readonly kind: 'faults'; readonly faults: readonly FieldFault[]; readonly report: NumbersReport }
  | Refused

/** What somebody inside opened for its holder; `key-reused` where something else was opened by the same name. */
export type OpenedFor =
  | { readonly kind: 'opened'; readonly id: string; readonly report: NumbersReport }
  | { readonly kind: 'key-reused' }
  | Exclude<Opened, { readonly kind: 'opened' }>

/** What a list that was handed in came to, line by line. */
export type NumbersReport = {
  readonly added: number
  /** Lines that were there already. */
  readonly there: number
  readonly faults: readonly LineFault[]
}

export type NumbersAdded = { readonly kind: 'taken'; readonly report: NumbersReport }
/** `note`: it was so already, and is done no second time. */
export type RegistryDone = { readonly kind: 'done'; readonly note?: string | undefined } | Refused
/** `changed`: others were faster than who had read it up to `Acting.seen`, and nothing was done; `seq` is the last event now. */
export type VettingDone = RegistryDone | Overtaken
export type Overtaken = { readonly kind: 'changed'; readonly seq: number }
/** Who takes a step, and the last event that was read before: where there are later ones nothing is done. */
export type Acting = Vetter & { readonly seen?: number | undefined }

/** A registration as its holder reads it: no note, no name of who vetted it, and nothing of a claim that nobody has proved. */
export type RegistrationView = {
  readonly id: string
  readonly status: RegistrationStatus
  readonly openedAt: number
  readonly until: number | undefined
  /** What happens next and who is to do it, in words. */
  readonly next: string
  readonly business: Business
  readonly numbers: readonly NumberView[]
  readonly counts: { readonly lines: number; readonly numbers: number; readonly registered: number }
  readonly question: string | undefined
  readonly refusal: { readonly reasons: readonly string[]; readonly next: string } | undefined
  readonly challenges: readonly ProofChallenge[]
  readonly evidence: readonly EvidenceFile[]
  /** Numbers that another registration hands over to this one. */
  readonly offered: readonly { readonly from: string; readonly numbers: readonly string[] }[]
  readonly events: readonly { readonly at: number; readonly words: string }[]
  readonly may: readonly ('add' | 'prove' | 'answer' | 'renew' | 'withdraw' | 'change')[]
}

export type NumberView = {
  /** As `formatSpan` writes it. */
  readonly numbers: string
  readonly label: string
  readonly proof: 'none' | 'partly' | 'proven' | 'lapsed' | 'disputed'
  /** When it has to be shown again. */
  readonly until: number | undefined
  readonly offeredTo: string | undefined
}

/** What the provider's own people ask of the registry. */
export type Vetting = {
  list(filter: VettingFilter, after: string | undefined, limit: number): Promise<VettingPage>
  registration(id: string): Promise<VettingFile | undefined>
  open(
    fields: BusinessFields,
    numbers: string,
    way: 'telephone' | 'mail' | 'letter' | 'command',
    by: Vetter,
    faultyLines: FaultyLines,
  ): Promise<Opened>
  /**
   * The same for a request that may be sent again: by the same name, `once`, it opens nothing again. Who opens it learns nothing of
   * the private link, which its holder gets by the first message.
   */
  openOnce(
    fields: BusinessFields,
    numbers: string,
    way: 'telephone' | 'mail' | 'letter',
    by: Vetter,
    once: string | undefined,
    faultyLines: FaultyLines,
  ): Promise<OpenedFor>
  /** Lines for a holder who phoned or wrote; `faults` where lines that cannot be used keep it from being done. */
  addNumbers(
    id: string,
    numbers: string,
    by: Acting,
    faultyLines: FaultyLines,
  ): Promise<NumbersAdded | { readonly kind: 'faults'; readonly report: NumbersReport } | Refused | Overtaken>
  /** Lines as they were listed, each in a line of the text. */
  removeNumbers(id: string, numbers: string, by: Acting): Promise<VettingDone>
  vet(id: string, item: VettingItem, outcome: VettingOutcome, reason: string, by: Acting): Promise<VettingDone>
  approve(id: string, reason: string, by: Acting): Promise<VettingDone>
  refuse(id: string, reasons: readonly string[], next: string, by: Acting): Promise<VettingDone>
  suspend(id: string, reason: string, by: Acting): Promise<VettingDone>
  ask(id: string, question: string, by: Acting): Promise<VettingDone>
  note(id: string, text: string, by: Acting): Promise<VettingDone>
  /** `numbers`: lines, or empty for all that there are. */
  prove(id: string, way: 'letter' | 'provider', numbers: string, detail: string, by: Acting): Promise<VettingDone>
  /** Says whose a disputed number is: `keeps` for this registration. */
  settle(id: string, number: string, other: string, keeps: boolean, reason: string, by: Acting): Promise<VettingDone>
  correct(id: string, seq: number, reason: string, by: Acting): Promise<VettingDone>
  withdraw(id: string, reason: string, by: Acting): Promise<VettingDone>
  /** The octets of a file that was handed in; undefined where there is none. */
  evidence(id: string, file: string): Promise<{ readonly file: EvidenceFile; readonly octets: Uint8Array } | undefined>
  /** Who is registered with a number, here or at a source. */
  lookUp(number: string): Promise<NumberStanding>
  sources(): Promise<readonly SourceState[]>
}

export type VettingFilter = {
  readonly status?: RegistrationStatus | undefined
  /** Those with an open dispute of proofs only. */
  readonly disputed?: boolean | undefined
  /** E.164. */
  readonly number?: string | undefined
}

export type VettingPage = {
  readonly registrations: readonly RegistrationSummary[]
  /** Where to go on; undefined at the end. */
  readonly next: string | undefined
}

export type RegistrationSummary = {
  readonly id: string
  readonly status: RegistrationStatus
  readonly legalName: string
  readonly openedAt: number
  readonly changedAt: number
  readonly until: number | undefined
  readonly lines: number
  readonly disputes: number
}

/** All there is of one registration. */
export type VettingFile = { readonly registration: Registration; readonly events: readonly RegistrationEvent[] }

export type NumberStanding = {
  readonly registrations: readonly RegistrationSummary[]
  /** What other registries say; how far rules go by it is for the source's trust. */
  readonly imported: readonly {
    readonly source: string
    readonly trust: Trust
    readonly business: string
    readonly site: string
    readonly numbers: string
    readonly until: number
  }[]
}

/**
 * How far a source is believed. `none`: its feed is kept for looking at. `note`: people inside see it. `full`: it is told to
 * the gates like an own entry.
 */
export type Trust = 'none' | 'note' | 'full'

export type SourceState = {
  readonly name: string
  readonly trust: Trust
  readonly issuer: string | undefined
  readonly entries: number
  /** When it was last taken, or found unchanged; 0 for never. */
  readonly takenAt: number
  /** What is wrong with it since then; undefined where nothing is. */
  readonly failure: string | undefined
}

/** What the feed is served from. */
export type FeedDesk = {
  /** The signed page behind a place: compact JWS, its entity tag. Undefined where the feed is switched off or the place is ahead of it. */
  page(after: number): Promise<{ readonly jws: string; readonly tag: string; readonly goodForS: number } | undefined>
  /** The public keys, as a JWK set. */
  keys(): string | undefined
}
