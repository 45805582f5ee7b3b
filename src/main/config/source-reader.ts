import { readTlsIdentity } from '#edge/gate/certificate.ts'
import type { Environment } from './environment.ts'
import type { ConfigFault } from './fault.ts'
import type { SecretSource } from './keys.ts'
import { besides, reasonOf, type ReadFile } from './lists.ts'
import type { Places } from './rules.ts'
import type { Path } from './source.ts'

/** What there is to read beside the settings. */
export type Sources = {
  readonly file: string
  readonly readFile: ReadFile
  readonly env: Environment
  readonly places: Places
  /** Whether secrets and certificates are to be read. */
  readonly serves: boolean
}

/** Reads files and secrets that settings name, and keeps what is wrong with them. */
export class SourceReader {
  readonly faults: ConfigFault[] = []
  readonly #sources: Sources

  constructor(sources: Sources) {
    this.#sources = sources
  }

  fault(path: Path, message: string): void {
    this.faults.push({ ...this.#sources.places.at(path), message })
  }

  /** The text of a secret; undefined where none is to be read, or with a fault where it cannot be. */
  secret(path: Path, source: SecretSource): string | undefined {
    if (!this.#sources.serves) return undefined
    if (source.kind === 'file') return this.text(path, source.path)
    const text = this.#sources.env[source.name]
    if (text === undefined || text === '') {
      this.fault(path, `found no value in the variable ${source.name}, expected the secret`)
      return undefined
    }
    return text
  }

  /** The text of a file, by the same rules. */
  text(path: Path, named: string): string | undefined {
    if (!this.#sources.serves) return undefined
    const file = besides(this.#sources.file, named)
    try {
      return this.#sources.readFile(file)
    } catch (error) {
      this.fault(path, `found the file ${file}, which cannot be read (${reasonOf(error)}), expected one that can`)
      return undefined
    }
  }

  /** A certificate with its key, PEM texts that serve a handshake; undefined where they are not to be read, or with a fault. */
  identity(
    path: Path,
    named: { readonly certificate: string; readonly key: SecretSource },
  ): { readonly certificate: string; readonly key: string } | undefined {
    const certificate = this.text([...path, 'certificate'], named.certificate)
    const key = this.secret([...path, 'key'], named.key)
    if (certificate === undefined || key === undefined) return undefined
    const reading = readTlsIdentity({ certificate, key, clients: undefined }, Date.now())
    if (reading.kind === 'ok') return { certificate, key }
    this.fault([...path, reading.file], `found ${reading.found}, expected ${reading.expected}`)
    return undefined
  }
}
