import type { X509Certificate } from 'node:crypto'
import { validityOf } from '#edge/stir/chain.ts'
import { parseCertificates } from '#edge/stir/pem.ts'
import type { ConfigFault } from './fault.ts'
import type { Settings } from './schema.ts'
import { SourceReader, type Sources } from './source-reader.ts'

/** How signed calls are verified. Without roots where they were not to be read. */
export type StirConfig = {
  /** PEM texts, one certificate each. */
  readonly roots: readonly string[]
  readonly hosts: readonly string[]
  /** Addresses that may be connected to although they are not public. */
  readonly privateAddresses: readonly string[]
  readonly budgetMs: number
  readonly maxAgeMs: number
}

/**
 * Reads the roots and checks that they can verify anything; nothing where nothing is to be verified. `isWhole` says that
 * nothing was taken out of the settings, so that what is missing is missing.
 */
export function readStir(
  settings: Settings,
  sources: Sources,
  isWhole: boolean,
): { readonly stir: StirConfig | undefined; readonly faults: ConfigFault[]; readonly reminders: string[] } {
  const reader = new SourceReader(sources)
  const reminders: string[] = []
  const { stir } = settings
  if (stir === undefined || !stir.verify) return { stir: undefined, faults: [], reminders }
  if (isWhole && stir.roots === undefined)
    reader.fault(['stir'], 'found no roots, expected the file of the authorities that are trusted, or verify: false')
  if (isWhole && stir.hosts.length === 0)
    reader.fault(
      ['stir'],
      'found no hosts, expected those that certificates are fetched from ("*" for any public one), or verify: false',
    )
  const roots = stir.roots === undefined ? [] : readRoots(stir.roots, reader, reminders)
  const { hosts, budget: budgetMs, maxAge: maxAgeMs } = stir
  const config = { roots, hosts, privateAddresses: stir.fetch.private, budgetMs, maxAgeMs }
  return { stir: config, faults: reader.faults, reminders }
}

function readRoots(path: string, reader: SourceReader, reminders: string[]): string[] {
  const text = reader.text(['stir', 'roots'], path)
  if (text === undefined) return []
  const fault = (found: string): string[] => {
    reader.fault(['stir', 'roots'], `found ${found} in ${path}, expected certificates of authorities in PEM`)
    return []
  }
  let roots: X509Certificate[]
  try {
    roots = parseCertificates(text, ROOTS_MAX)
  } catch (error) {
    return fault(`what cannot be read (${error instanceof Error ? error.message : String(error)})`)
  }
  if (roots.length === 0) return fault('no certificate')
  const leaf = roots.find(({ ca }) => !ca)
  if (leaf !== undefined) return fault(`a certificate that is no authority’s (${nameOf(leaf)})`)
  const nowMs = Date.now()
  const expired = roots.filter((root) => validityOf([root]).untilMs < nowMs)
  if (expired.length === roots.length)
    return fault(`nothing but expired certificates (${nameOf(expired[0]!)}, until ${expired[0]!.validTo})`)
  for (const root of expired)
    reminders.push(`the root ${nameOf(root)} in ${path} expired on ${root.validTo}: calls signed under it fail`)
  return roots.map((root) => root.toString())
}

function nameOf({ subject }: X509Certificate): string {
  return subject.replaceAll('\n', ', ')
}

/** More than any country's list. */
const ROOTS_MAX = 500
