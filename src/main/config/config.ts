import type { CountryCode } from './country.ts'
import type { DialPlan } from '#core/call/number.ts'
import type { Party } from '#core/call/party.ts'
import type { Place } from '#core/call/place.ts'
import type { Redirect } from '#core/notify/redirect.ts'
import type { PolicyText } from '#core/ledger/policy-text.ts'
import type { NoticeTerms } from '#core/notify/choose-notice.ts'
import type { Profile } from '#core/notify/notice-choices.ts'
import type { NoticeSettings, OperatorContact } from '#core/notify/notice-terms.ts'
import type { Policy } from '#core/rules/policy.ts'
import type { BlockLocation } from '#codec/notice/notice.ts'
import type { TlsIdentity } from '#edge/gate/certificate.ts'
import type { StreamLimits } from '#edge/gate/streams.ts'
import type { Endpoint, Listening } from './addresses.ts'
import type { AccountsConfig, OfficeConfig } from './office.ts'
import type { OutcomesConfig } from './outcomes.ts'
import type { CallingConfig } from './calling.ts'
import type { MonitorConfig } from './monitor.ts'
import type { RegistryConfig } from './registry.ts'
import type { MailConfig } from './mail.ts'
import type { OutletsConfig } from './outlets.ts'
import type { KeyFiles } from './key-files.ts'
import type { FileSource, SecretSource } from './keys.ts'
import type { StirConfig } from './stir.ts'

/** A configuration that has been checked whole: whoever has one need not look again. Paths are ready to open. */
export type Config = {
  readonly operator: { readonly name: string; readonly contact: OperatorContact; readonly location: BlockLocation }
  readonly store: { readonly kind: 'sqlite'; readonly path: string }
  readonly tally: 'memory'
  readonly receipts: { readonly keys: FileSource; readonly keepMs: number; readonly rotateMs: number }
  readonly gate: {
    readonly listen: readonly Listening[]
    readonly peers: readonly PeerConfig[]
    readonly dialPlan: DialPlan | undefined
    readonly receiveBufferBytes: number
    /** Threads that take datagrams, beside the one that takes streams. */
    readonly threads: number
    readonly udp: 'dgram' | 'batch'
    readonly streams: StreamLimits
    /** Undefined where no address is for TLS. */
    readonly tls: GateTlsConfig | undefined
    /** Where calls can be sent instead of being refused, by name. */
    readonly treatments: ReadonlyMap<string, Redirect>
    readonly answersStrangers: boolean
    readonly answersOverload: boolean
    readonly limits: {
      readonly recordWithinMs: number
      readonly transactions: number
      readonly pending: number
      readonly inquiries: number
    }
  }
  /** With rules numbered from 1 in their order, until the store gives them their numbers (`numberRules`). */
  readonly policy: Policy
  /** What the policy was made of, and the file where it stands. */
  readonly policyText: PolicyText
  readonly policyFile: string
  readonly terms: NoticeTerms
  /** What the terms were made of. */
  readonly notices: NoticeSettings & { readonly profile: Profile }
  /** Where certificates and keys lie, by their keys in the configuration: `desk.tls`. */
  readonly keyFiles: ReadonlyMap<string, KeyFiles>
  readonly desk: DeskConfig | undefined
  readonly office: OfficeConfig | undefined
  readonly accounts: AccountsConfig
  readonly api: ApiConfig | undefined
  /** What outside services are asked with, by the id of the rule that asks. */
  readonly scoreTokens: ReadonlyMap<string, string>
  readonly outlets: OutletsConfig
  /** Undefined where messages only wait in the store. */
  readonly mail: MailConfig | undefined
  /** Undefined where no copies are taken. */
  readonly outcomes: OutcomesConfig | undefined
  readonly registry: RegistryConfig
  /** Undefined where the calling side is not watched. */
  readonly monitor: MonitorConfig | undefined
  /** What is done of the calling side from the inside's pages. */
  readonly calling: CallingConfig
  /** Undefined where signed calls are not verified here. */
  readonly stir: StirConfig | undefined
  readonly ledger: { readonly checkpoints: string; readonly keepMs: number; readonly chain: string }
  /** How long the texts of lists are kept that no version in force uses any more. */
  readonly lists: { readonly keepMs: number }
  readonly journal: { readonly keepMs: number }
  readonly metrics: { readonly listen: Endpoint | undefined }
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error' }
}

export type PeerConfig = {
  readonly name: string
  /** Addresses and CIDR ranges. */
  readonly from: readonly string[]
  /** Names in its certificate. */
  readonly certificates?: readonly string[] | undefined
  readonly continueStatus: number
  readonly tenant: string
  readonly continueContact?: Redirect | undefined
  readonly trunkAt?: readonly Place[] | undefined
  readonly tenantAt?: readonly Place[] | undefined
  readonly tells?: { readonly verdict?: string | undefined; readonly label?: string | undefined } | undefined
  readonly announces?: boolean | undefined
  readonly verstat?: 'trust' | 'ignore' | undefined
}

/** Where the certificate of the gate is, and what was read there; nothing where it was not to be read. */
export type GateTlsConfig = { readonly paths: TlsPaths; readonly identity: TlsIdentity | undefined }

export type TlsPaths = {
  readonly certificate: string
  readonly key: SecretSource
  readonly clients: string | undefined
}

export type DeskConfig = {
  readonly listen: Endpoint
  readonly public: string
  readonly tls: TlsConfig
  readonly card: CardConfig | undefined
  /** What is called to prove a number; undefined where nobody can prove one so. */
  readonly verification: VerificationConfig | undefined
  /** The folder of files that claimants hand in. */
  readonly evidence: string
  readonly alerts: readonly string[]
  readonly decideMs: number
  /** Whose numbers are meant where somebody leaves out the country code. */
  readonly country: CountryCode
  readonly zone: string
  /** Days (`2026-12-25`), or those of the federal government of the United States. */
  readonly holidays: 'us-federal' | readonly string[]
  /** What the subscribers' portal signs with; undefined where there is none. */
  readonly portalSecret: string | undefined
  readonly queueMax: number
  readonly fileBytesMax: number
  readonly keepMs: number
  readonly isTransparent: boolean
}

/** One number with room for a code behind it, or numbers that begin so; `begins` is E.164. */
export type VerificationConfig = { readonly kind: 'number' | 'range'; readonly begins: Party }

/** What cards are signed with, PEM texts, and where their certificate can be fetched. */
export type CardConfig = { readonly key: string; readonly certificate: string; readonly x5u: string }

export type ApiConfig = {
  readonly listen: Endpoint
  readonly tls: TlsConfig
  /** The names of peers by their tokens. */
  readonly tokens: ReadonlyMap<string, string>
}

export type TlsConfig =
  | { readonly kind: 'none' }
  /** PEM texts that fit together. */
  | { readonly kind: 'files'; readonly certificate: string; readonly key: string }
  | { readonly kind: 'proxy'; readonly addresses: readonly string[] }
