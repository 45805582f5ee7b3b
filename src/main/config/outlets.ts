import type { HepTarget } from '#edge/hep/send-hep.ts'
import type { Webhook } from '#edge/webhook/deliver.ts'
import type { ConfigFault } from './fault.ts'
import type { Settings } from './schema.ts'
import type { Path } from './source.ts'
import { SourceReader, type Sources } from './source-reader.ts'

/** Where this gate tells of what it does. Without secrets where they were not to be read. */
export type OutletsConfig = { readonly webhooks: readonly Webhook[]; readonly hep: HepTarget | undefined }

/** Reads what webhooks and copies need, secrets too. */
export function readOutlets(settings: Settings, sources: Sources): OutletsConfig & { readonly faults: ConfigFault[] } {
  const reader = new SourceReader(sources)
  const { webhooks, gate } = settings
  return {
    webhooks: readWebhooks(webhooks, ['webhooks'], reader),
    hep: readHep(gate.hep, reader),
    faults: reader.faults,
  }
}

/** Reads a list of receivers, their secrets too. */
export function readWebhooks(webhooks: Settings['webhooks'], path: Path, reader: SourceReader): Webhook[] {
  const names = new Set<string>()
  return webhooks.flatMap(({ name, url, secret }, index): Webhook[] => {
    if (names.has(name)) reader.fault([...path, index, 'name'], `found the name "${name}" again, expected each once`)
    names.add(name)
    const text = reader.secret([...path, index, 'secret'], secret)?.trim()
    if (text === undefined) return []
    if (text.length < SECRET_CHARACTERS_MIN)
      reader.fault(
        [...path, index, 'secret'],
        `found a secret of ${text.length} characters, expected ${SECRET_CHARACTERS_MIN} or more (make one: openssl rand -hex 32)`,
      )
    return [{ name, url, secret: text }]
  })
}

function readHep(hep: Settings['gate']['hep'], reader: SourceReader): HepTarget | undefined {
  if (hep === undefined) return undefined
  const { to, id, node } = hep
  const password =
    hep.password === undefined ? undefined : reader.secret(['gate', 'hep', 'password'], hep.password)?.trim()
  return { transport: to.transport, address: to.address, port: to.port, captureId: id, node, password }
}

const SECRET_CHARACTERS_MIN = 16
