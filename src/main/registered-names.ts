import type { DatabaseSync } from 'node:sqlite'
import { readRegistration } from '#core/registry/registration.ts'
import type { RegistryStore } from '#edge/store/registry-store.ts'
import { readStandingOn } from '#edge/store/standing-store.ts'

/** Who has registered a number: the id of the registration and the name of the business. */
export type RegisteredNames = (number: string) => readonly { readonly registration: string; readonly name: string }[]

/** Looks them up by the facts that gates go by; what is no telephone number nobody has registered. */
export function registeredNames(
  facts: DatabaseSync,
  registry: Pick<RegistryStore, 'known'>,
  now: () => number,
): RegisteredNames {
  return (number) => {
    if (!/^\+\d{3,15}$/.test(number)) return []
    return readStandingOn(facts, 'registered', number, now()).flatMap((standing) => {
      if (standing.kind !== 'registered') return []
      const known = registry.known(standing.registration)
      const state = known && readRegistration(known.events, now())
      return state === undefined ? [] : [{ registration: standing.registration, name: state.business.legalName }]
    })
  }
}
