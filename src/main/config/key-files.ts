import type { SecretSource } from './keys.ts'
import { besides } from './lists.ts'
import type { Settings } from './schema.ts'

/** Where a certificate lies, and where its private key is kept: a path, or `the variable NAME`. Nothing is read of them. */
export type KeyFiles = { readonly certificate: string; readonly key: string | undefined }

/** Where certificates and keys lie, by their keys in the configuration: `desk.tls`. */
export function keyFilesOf({ gate, api, desk, office, monitor, stir }: Settings, file: string) {
  const named: readonly (readonly [key: string, files: Named | undefined])[] = [
    ['gate.tls', gate.tls],
    ['gate.tls.clients', gate.tls?.clients === undefined ? undefined : { certificate: gate.tls.clients }],
    ['api.tls', filesIn(api?.tls)],
    ['desk.tls', filesIn(desk?.tls)],
    ['desk.card', desk?.card],
    ['office.tls', filesIn(office?.tls)],
    ['monitor.tls', monitor?.tls],
    ['stir.roots', stir?.roots === undefined ? undefined : { certificate: stir.roots }],
  ]
  const files = named.flatMap(([key, found]): [string, KeyFiles][] =>
    found === undefined
      ? []
      : [[key, { certificate: besides(file, found.certificate), key: found.key && placeOf(found.key, file) }]],
  )
  return new Map(files) satisfies ReadonlyMap<string, KeyFiles>
}

type Named = { readonly certificate: string; readonly key?: SecretSource | undefined }

function filesIn(tls: NonNullable<Settings['desk']>['tls'] | undefined): Named | undefined {
  return tls === undefined || tls === 'none' || 'proxy' in tls ? undefined : tls
}

function placeOf(source: SecretSource, file: string): string {
  return source.kind === 'file' ? besides(file, source.path) : `the variable ${source.name}`
}
