// One thing: what there is of keys and certificates in a running Recourse: names, times and places, never a private part.
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expiryOf, namesOf } from '#edge/gate/certificate.ts'
import type { RunningGate } from '#edge/http/gate/ports.ts'
import { nameOfPem } from '#edge/store/checkpoint-key.ts'
import { listReceiptKeys } from '#edge/store/receipt-keys.ts'
import { checkpointKeyBeside } from '#edge/store/sqlite-ledger.ts'
import type { Config } from '#main/config/config.ts'

type Keys = ReturnType<RunningGate['keys']>
type Certificate = Keys['certificates'][number]

export type KeyLookTerms = {
  readonly config: Pick<
    Config,
    'gate' | 'api' | 'desk' | 'office' | 'monitor' | 'stir' | 'keyFiles' | 'receipts' | 'store' | 'registry'
  >
  /** The slot of the key that new receipts are made with. */
  readonly currentSlot: number
  readonly nowMs: number
  /** What has the files read again; undefined where only a start does. */
  readonly reload: string | undefined
  readonly readFile?: (path: string) => string
}

/** Looks at all of them, reading files anew: a look takes some milliseconds. */
export function lookAtKeys(terms: KeyLookTerms): Keys {
  const { config, nowMs, reload } = terms
  const certificates = shownOf(config).flatMap((shown) => certificatesOf(shown, terms))
  return {
    at: iso(nowMs),
    receipts: receiptsOf(terms),
    certificates: certificates.toSorted((one, other) => (one.until < other.until ? -1 : 1)),
    signing: signingOf(terms),
    reload,
  }
}

/** What is shown or trusted by a certificate. */
type Shown = {
  readonly key: string
  readonly use: string
  /** PEM texts in force, as this thread knows them; undefined where they were not read. */
  readonly pem: string | undefined
  readonly taken: 'soon' | 'reload' | 'start'
}

function shownOf(config: KeyLookTerms['config']): Shown[] {
  const { gate, api, desk, office, monitor, stir } = config
  const tlsOf = (door: Config['api'] | Config['desk']): string | undefined =>
    door?.tls.kind === 'files' ? door.tls.certificate : undefined
  const { context } = gate.tls?.identity ?? {}
  const all: Shown[] = [
    { key: 'gate.tls', use: 'Shown to peers that ask over TLS', pem: pemOf(context?.cert), taken: 'soon' },
    { key: 'gate.tls.clients', use: 'Trusted as authority of peers', pem: pemOf(context?.ca), taken: 'soon' },
    { key: 'api.tls', use: 'Shown to peers that ask over HTTP', pem: tlsOf(api), taken: 'reload' },
    { key: 'desk.tls', use: 'Shown to callers at the desk', pem: tlsOf(desk), taken: 'reload' },
    { key: 'desk.card', use: 'Signs the cards that a 608 leads to', pem: desk?.card?.certificate, taken: 'reload' },
    {
      key: 'office.tls',
      use: 'Shown to your people at this console',
      pem: office?.tls.kind === 'files' ? office.tls.certificate : undefined,
      taken: 'start',
    },
    {
      key: 'monitor.tls',
      use: 'Shown to who sends copies of calls',
      pem: monitor?.tls?.certificate,
      taken: 'start',
    },
    { key: 'stir.roots', use: 'Trusted as authority of signed calls', pem: stir?.roots.join('\n'), taken: 'reload' },
  ]
  return all.filter(({ key }) => config.keyFiles.has(key))
}

function certificatesOf(shown: Shown, { config, nowMs, reload, readFile = read }: KeyLookTerms): Certificate[] {
  const { key, use, taken } = shown
  const files = config.keyFiles.get(key)!
  const onDisk = textOf(files.certificate, readFile)
  const inFile = certificatesIn(onDisk ?? '')
  const inForce = certificatesIn(shown.pem ?? '')
  // What is taken within seconds of its being there is not told to this thread: the file says what is shown.
  const found = taken === 'soon' && inFile.length > 0 ? inFile : inForce
  const [first] = found
  const isOwn = files.key !== undefined
  const disk =
    onDisk === undefined ? 'unreadable' : inFile.length === 0 ? 'none' : isSame(inFile, found) ? 'same' : 'other'
  const renew = renewWords(key, isOwn, taken, reload)
  return (isOwn ? found.slice(0, first === undefined ? 0 : 1) : found).map((certificate) => {
    const [from, until] = [certificate.validFromDate.getTime(), certificate.validToDate.getTime()]
    return {
      key,
      use,
      subject: oneLine(certificate.subject),
      issuer: oneLine(certificate.issuer),
      names: namesOf(certificate.subjectAltName),
      serial: certificate.serialNumber,
      from: iso(from),
      until: iso(until),
      daysLeft: Math.floor((until - nowMs) / DAY_MS),
      standing: from > nowMs ? 'early' : (expiryOf(until, nowMs) ?? 'good'),
      file: resolve(files.certificate),
      keyFile:
        files.key === undefined ? undefined : files.key.startsWith('the variable ') ? files.key : resolve(files.key),
      disk,
      renew,
    }
  })
}

function renewWords(key: string, isOwn: boolean, taken: Shown['taken'], reload: string | undefined): string {
  const place = isOwn
    ? 'Put the new certificate and its key in place (write beside, then rename)'
    : 'Put the authorities into the file (write beside, then rename)'
  if (taken === 'soon') return `${place}: they are taken within ten seconds, and open connections stay`
  if (taken === 'start' || reload === undefined) return `${place}, then start Recourse again: ${key} is read at a start`
  return `${place}, then: ${reload}`
}

function receiptsOf({ config, currentSlot }: KeyLookTerms): Keys['receipts'] {
  const { keys, keepMs, rotateMs } = config.receipts
  const about = {
    folder: resolve(keys.path),
    keepDays: Math.round(keepMs / DAY_MS),
    rotateDays: Math.round(rotateMs / DAY_MS),
  }
  try {
    const ring = listReceiptKeys(keys.path)
    const listed = ring.map(({ slot, path, madeMs }, index) => {
      const isSealing = slot === currentSlot
      const replacedMs = ring[index + 1]?.madeMs
      const untilMs = isSealing ? madeMs + rotateMs : replacedMs === undefined ? undefined : replacedMs + keepMs
      return {
        slot,
        file: resolve(path),
        madeAt: iso(madeMs),
        isSealing,
        until: untilMs === undefined ? undefined : iso(untilMs),
      }
    })
    return { ...about, keys: listed.toReversed(), why: '' }
  } catch (error) {
    return { ...about, keys: [], why: messageOf(error) }
  }
}

function signingOf({ config, readFile = read }: KeyLookTerms): Keys['signing'] {
  const { store, registry } = config
  const named = [
    {
      use: 'Signs the checkpoints of the ledger',
      file: checkpointKeyBeside(store.path),
      renew:
        'Move the file away and start again: a new key is made. The public halves of old ones are kept beside it, and go on proving what they signed',
    },
    ...(registry.feed
      ? [
          {
            use: 'Signs the feed of the registry',
            file: registry.keyPath ?? `${store.path}.feed-key.pem`,
            renew:
              'Move the file away and start again: a new key is made. Tell those who read the feed, who check by the old one',
          },
        ]
      : []),
  ]
  return named.map(({ use, file, renew }) => {
    const about = { use, file: resolve(file), renew }
    try {
      return { ...about, name: nameOfPem(readFile(file)), why: '' }
    } catch (error) {
      return { ...about, why: whyUnread(error) }
    }
  })
}

/** Why a key cannot be named, without anything of what stands in its file. */
function whyUnread(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'ENOENT') return 'not made yet: it is when something is to be signed first'
  return code === 'EACCES'
    ? 'the file cannot be read: check its owner and mode'
    : 'the file holds no key that can be read'
}

function certificatesIn(text: string): X509Certificate[] {
  return Array.from(text.matchAll(CERTIFICATE), ([pem]) => pem).flatMap((pem) => {
    try {
      return [new X509Certificate(pem)]
    } catch {
      return []
    }
  })
}

function isSame(some: readonly X509Certificate[], others: readonly X509Certificate[]): boolean {
  const prints = new Set(others.map(({ fingerprint256 }) => fingerprint256))
  return some.length === others.length && some.every(({ fingerprint256 }) => prints.has(fingerprint256))
}

/** What a context holds, as one text. */
function pemOf(held: unknown): string | undefined {
  if (Array.isArray(held)) return held.map((one) => pemOf(one) ?? '').join('\n')
  if (typeof held === 'string') return held
  return Buffer.isBuffer(held) ? held.toString() : undefined
}

function textOf(path: string, readFile: (path: string) => string): string | undefined {
  try {
    return readFile(path)
  } catch {
    return undefined
  }
}

function read(path: string): string {
  return readFileSync(path, 'utf8')
}

function oneLine(name: string | undefined): string {
  return (name ?? '').replaceAll('\n', ', ')
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function iso(at: number): string {
  return new Date(at).toISOString()
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g
const DAY_MS = 86_400_000
