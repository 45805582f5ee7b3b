import { resolve } from 'node:path'
import type { RunningGate } from '#edge/http/gate/ports.ts'
import type { Config } from '#main/config/config.ts'

/** How blocked callers are told, as the configuration in force has it. `path` is its file, `reload` what has it read again. */
export function lookAtNotice(
  { notices, gate, policyFile }: Pick<Config, 'notices' | 'gate' | 'policyFile'>,
  path: string,
  reload: string | undefined,
): ReturnType<RunningGate['notice']> {
  const { profile, choices, form, carry, announce, contact, location, desk, needsContact } = notices
  const { url, tel, email } = contact
  const files = { configuration: resolve(path), policy: resolve(policyFile) }
  return {
    profile,
    choices,
    form,
    carry,
    announce,
    contact: { url, tel, email },
    location,
    desk,
    needsContact,
    treatments: [...gate.treatments.keys()],
    files: { ...files, policy: files.policy === files.configuration ? undefined : files.policy },
    reload,
  }
}
