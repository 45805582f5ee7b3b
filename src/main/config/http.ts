import { createPrivateKey } from 'node:crypto'
import { TOKEN, TOKEN_CHARACTERS_MAX, TOKEN_CHARACTERS_MIN } from '#edge/http/tokens.ts'
import { formatEndpoint, isOnThisMachine } from './addresses.ts'
import { noticesOf } from './checks.ts'
import type { ApiConfig, CardConfig, DeskConfig, TlsConfig, VerificationConfig } from './config.ts'
import { countryOfCallingCode } from './country.ts'
import { besides } from './lists.ts'
import type { ConfigFault } from './fault.ts'
import type { SecretSource } from './keys.ts'
import { type AccountsConfig, type OfficeConfig, readOffice } from './office.ts'
import type { Settings } from './schema.ts'
import { SourceReader, type Sources } from './source-reader.ts'
import type { Path } from './source.ts'

export type HttpConfig = {
  readonly api: ApiConfig | undefined
  readonly desk: DeskConfig | undefined
  readonly office: OfficeConfig | undefined
  readonly accounts: AccountsConfig
  readonly scoreTokens: ReadonlyMap<string, string>
  readonly faults: ConfigFault[]
  readonly reminders: string[]
}

/** Reads what the doors over HTTP need, tokens, keys and certificates too, and checks that it fits together. */
export function readHttp(settings: Settings, sources: Sources): HttpConfig {
  const reader = new Reader(settings, sources)
  const { api, desk } = settings
  const tellsBy608 = noticesOf(settings.policy.notices).choices.analytics === '608'
  const tokens = reader.tokens()
  const apiConfig = api && { listen: api.listen, tls: reader.tls(['api', 'tls'], api.tls), tokens }
  const deskConfig = desk && {
    listen: desk.listen,
    public: desk.public,
    tls: reader.tls(['desk', 'tls'], desk.tls),
    card: reader.card(desk),
    verification: desk.verification && verificationOf(desk.verification),
    evidence: besides(sources.file, desk.evidence),
    alerts: desk.alerts,
    decideMs: desk.decide,
    country: desk.country ?? countryOfCallingCode(settings.gate.dialPlan?.country ?? 0) ?? 'US',
    zone: desk.zone,
    holidays: desk.holidays,
    portalSecret: desk.portal && reader.secret(['desk', 'portal'], desk.portal)?.trim(),
    queueMax: desk.queue,
    fileBytesMax: desk.file,
    keepMs: desk.keep,
    isTransparent: desk.transparency,
  }
  if (api === undefined) {
    const index = settings.gate.peers?.findIndex(({ token }) => token !== undefined) ?? -1
    if (index >= 0)
      reader.fault(['gate', 'peers', index, 'token'], 'found a token, expected an api beside gate, which takes it')
  } else if (settings.gate.peers?.some(({ token }) => token !== undefined) !== true) {
    reader.fault(['api'], 'found an api that no peer may ask, expected a token for one in gate.peers')
  }
  if (tellsBy608 && desk !== undefined && desk.card === undefined) {
    reader.fault(
      ['desk'],
      'found no card, expected one with key and certificate, because notices tell analytics by 608',
    )
  }
  if (api !== undefined && desk !== undefined && formatEndpoint(api.listen) === formatEndpoint(desk.listen)) {
    reader.fault(
      ['desk', 'listen'],
      `found ${formatEndpoint(desk.listen)}, where the api listens, expected each address once`,
    )
  }
  if (api?.tls === 'none' && !isOnThisMachine(api.listen)) {
    reader.reminders.push(
      `api.listen takes tokens in clear text from other machines (${formatEndpoint(api.listen)}): set api.tls, unless the network between is yours alone`,
    )
  }
  const { office } = settings
  const inside = readOffice(settings, sources, office && reader.tls(['office', 'tls'], office.tls))
  return {
    api: apiConfig,
    desk: deskConfig,
    office: inside.office,
    accounts: inside.accounts,
    scoreTokens: reader.scoreTokens(),
    faults: [...reader.faults, ...inside.faults],
    reminders: reader.reminders,
  }
}

/** A number or a range: the mapping has one of them. */
function verificationOf(said: { number: VerificationConfig } | { range: VerificationConfig }): VerificationConfig {
  return 'number' in said ? said.number : said.range
}

/** Reads what the settings of the doors name. */
class Reader extends SourceReader {
  readonly reminders: string[] = []
  readonly #settings: Settings

  constructor(settings: Settings, sources: Sources) {
    super(sources)
    this.#settings = settings
  }

  /** The peers by their tokens. */
  tokens(): ReadonlyMap<string, string> {
    const tokens = new Map<string, string>()
    for (const [index, { name, token }] of (this.#settings.gate.peers ?? []).entries()) {
      if (token === undefined) continue
      const path: Path = ['gate', 'peers', index, 'token']
      const text = this.secret(path, token)?.trim()
      if (text === undefined) continue
      const other = tokens.get(text)
      if (!TOKEN.test(text) || text.length < TOKEN_CHARACTERS_MIN || text.length > TOKEN_CHARACTERS_MAX) {
        const found = `found a token of ${text.length} characters in ${nameOf(token)}`
        const expected = `expected ${TOKEN_CHARACTERS_MIN} to ${TOKEN_CHARACTERS_MAX} letters, digits and -._~+/ (make one: openssl rand -hex 32)`
        this.fault(path, `${found}, ${expected}`)
      } else if (other !== undefined) {
        this.fault(path, `found the token of peer "${other}" again, expected each peer to have its own`)
      } else tokens.set(text, name)
    }
    return tokens
  }

  /** What outside services are asked with, by the id of the rule. */
  scoreTokens(): ReadonlyMap<string, string> {
    const tokens = new Map<string, string>()
    for (const [index, { id, score }] of this.#settings.policy.rules.entries()) {
      if (score?.token === undefined) continue
      const path: Path = ['policy', 'rules', index, 'score', 'token']
      const text = this.secret(path, score.token)?.trim()
      if (text === undefined) continue
      if (/^[!-~]{1,4096}$/.test(text)) tokens.set(id, text)
      else this.fault(path, `found no token in ${nameOf(score.token)}, expected visible characters in one line`)
    }
    return tokens
  }

  tls(path: Path, tls: NonNullable<Settings['api']>['tls']): TlsConfig {
    if (tls === 'none') return { kind: 'none' }
    if ('proxy' in tls) return { kind: 'proxy', addresses: tls.proxy }
    const identity = this.identity(path, tls)
    return identity === undefined ? { kind: 'none' } : { kind: 'files', ...identity }
  }

  card(desk: NonNullable<Settings['desk']>): CardConfig | undefined {
    const { card } = desk
    if (card === undefined) return undefined
    const path: Path = ['desk', 'card']
    const identity = this.identity(path, card)
    if (identity === undefined) return undefined
    const { certificate, key } = identity
    if (createPrivateKey(key).asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
      this.fault(
        [...path, 'key'],
        'found a key that cannot sign by ES256, expected one on the curve P-256 (RFC 8688 §3.2.1)',
      )
    }
    // What signs wants PKCS #8; openssl writes elliptic keys in another form.
    const pkcs8 = createPrivateKey(key).export({ type: 'pkcs8', format: 'pem' })
    return { certificate, key: pkcs8, x5u: card.x5u ?? `${desk.public}/card.pem` }
  }
}

function nameOf(source: SecretSource): string {
  return source.kind === 'file' ? `the file ${source.path}` : `the variable ${source.name}`
}
