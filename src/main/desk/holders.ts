import { readRegistration } from '#core/registry/registration.ts'
import type { DeskStore } from '#edge/store/desk-store.ts'
import type { RegistryStore } from '#edge/store/registry-store.ts'
import type { RegisteredHolder } from './desk.ts'

/** Looks up to whom a number is registered now: by the facts that gates go by, with name and mail from the registration. */
export function lookUpHolders(
  registry: Pick<RegistryStore, 'known'>,
  now: () => number,
): (store: DeskStore, number: string) => RegisteredHolder[] {
  return (store, number) =>
    store.registeredOn(number, now()).flatMap((standing): RegisteredHolder[] => {
      if (standing.kind !== 'registered') return []
      const known = registry.known(standing.registration)
      const state = known && readRegistration(known.events, now())
      return state === undefined
        ? []
        : [{ registration: standing.registration, name: state.business.legalName, mail: state.business.email }]
    })
}
