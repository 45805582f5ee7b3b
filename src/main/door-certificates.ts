import { X509Certificate } from 'node:crypto'
import { type Expiry, expiryOf } from '#edge/gate/certificate.ts'
import type { Config, TlsConfig } from '#main/config/config.ts'

/** Tells when the certificates of API, desk and cards come near their end: each once at each step, and again when it is over. */
export class DoorCertificates {
  readonly #said = new Map<string, string>()

  /** What there is to say now, in words. */
  look({ api, desk }: Pick<Config, 'api' | 'desk'>, nowMs: number): string[] {
    const shown: readonly (readonly [key: string, pem: string | undefined])[] = [
      ['api.tls', pemOf(api?.tls)],
      ['desk.tls', pemOf(desk?.tls)],
      ['desk.card', desk?.card?.certificate],
    ]
    return shown.flatMap(([key, pem]) => {
      if (pem === undefined) return []
      const expiresMs = new X509Certificate(pem).validToDate.getTime()
      const expiry = expiryOf(expiresMs, nowMs)
      const what = `${expiry} ${expiresMs}`
      if (this.#said.get(key) === what) return []
      this.#said.set(key, what)
      return expiry === undefined ? [] : [wordsOf(key, expiry, expiresMs)]
    })
  }
}

function pemOf(tls: TlsConfig | undefined): string | undefined {
  return tls?.kind === 'files' ? tls.certificate : undefined
}

function wordsOf(key: string, expiry: Expiry, expiresMs: number): string {
  const date = new Date(expiresMs).toISOString()
  const then = 'put a new one in its place and send SIGHUP'
  if (expiry === 'expired') return `the certificate of ${key} has expired on ${date}: ${then}`
  return `the certificate of ${key} ends within ${expiry}, on ${date}: ${then}`
}
