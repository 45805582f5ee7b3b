import type { RouteComponent } from '@tanstack/react-router'
import type { Permission } from '#core/account/permission.ts'

/** One page of the console. */
export type PageRoute = {
  /** As TanStack Router writes it: `/cases/$id`. */
  readonly path: string
  /** How the navigation calls it; a page without is reached from another one. */
  readonly label?: string
  readonly group?: 'Today' | 'Blocking' | 'Calling' | 'Recourse'
  /** The letter that follows `g`. */
  readonly key?: string
  /** What one needs to see it; the API asks for the same. Undefined: to be signed in. */
  readonly permission?: Permission
  /** Loaded when it is first gone to. */
  readonly page: RouteComponent
}
