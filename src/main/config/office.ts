import type { Role } from '#core/account/permission.ts'
import { type Endpoint, formatEndpoint, isOnThisMachine } from './addresses.ts'
import type { TlsConfig } from './config.ts'
import type { Settings } from './schema.ts'
import { SourceReader, type Sources } from './source-reader.ts'

/** Where the inside is served, and as what browsers reach it. */
export type OfficeConfig = {
  readonly listen: Endpoint
  /** An origin: scheme, host, and port where it is another than the usual. */
  readonly public: string
  readonly tls: TlsConfig
}

export type AccountsConfig = {
  readonly needsSecondFactor: boolean
  readonly idleMs: number
  readonly sessionMs: number
  readonly oidc: OidcConfig | undefined
}

export type OidcConfig = {
  readonly label: string
  readonly issuer: string
  readonly client: string
  readonly secret: string
  readonly claim: string
  readonly roles: ReadonlyMap<string, Role>
}

/** Reads the sections `office` and `accounts`; `tls` is what was read of the office's own. */
export function readOffice(settings: Settings, sources: Sources, tls: TlsConfig | undefined) {
  const reader = new SourceReader(sources)
  const { office, accounts, desk, api } = settings
  if (office === undefined)
    return { office: undefined, accounts: readAccounts(accounts, reader), faults: reader.faults }
  const { listen } = office
  const at = formatEndpoint(listen)
  if (office.public === undefined && !isOnThisMachine(listen)) {
    const message = `found ${at}, which other machines reach, and no office.public, expected the https URL that browsers reach it by`
    reader.fault(['office'], message)
  }
  for (const [name, door] of [
    ['desk', desk],
    ['api', api],
  ] as const) {
    if (door !== undefined && formatEndpoint(door.listen) === at)
      reader.fault(['office', 'listen'], `found ${at}, where the ${name} listens, expected each address once`)
  }
  const scheme = tls?.kind === 'files' ? 'https' : 'http'
  return {
    office: {
      listen,
      public: office.public ?? `${scheme}://${at}`,
      tls: tls ?? { kind: 'none' },
    } satisfies OfficeConfig,
    accounts: readAccounts(accounts, reader),
    faults: reader.faults,
  }
}

function readAccounts(settings: Settings['accounts'], reader: SourceReader): AccountsConfig {
  const { secondFactor, idle, session, oidc } = settings
  const secret = oidc && reader.secret(['accounts', 'oidc', 'secret'], oidc.secret)?.trim()
  return {
    needsSecondFactor: secondFactor === 'required',
    idleMs: idle,
    sessionMs: session,
    oidc: oidc && { ...oidc, secret: secret ?? '', roles: new Map(Object.entries(oidc.roles)) },
  }
}
