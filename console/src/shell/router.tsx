import {
  type AnyRouter,
  Navigate,
  type RouteComponent,
  createRootRoute,
  createRoute,
  createRouter,
} from '@tanstack/react-router'
import { NotHere } from '../parts/not-here.tsx'
import { PageState } from '../parts/page-state.tsx'
import { asProblem } from '../parts/as-problem.ts'
import { PAGES } from '../routes.tsx'
import type { PageRoute } from './page-route.ts'
import { isAllowed, useSession } from './session.ts'
import { Shell } from './shell.tsx'

/** The pages of `routes.tsx` inside the shell; `/` leads to the first that the navigation has. */
export function createConsoleRouter(): AnyRouter {
  const root = createRootRoute({ component: Shell, notFoundComponent: NotHere })
  const home = createRoute({ getParentRoute: () => root, path: '/', component: Home })
  const pages = PAGES.map((page) =>
    createRoute({
      getParentRoute: () => root,
      path: page.path,
      component: guarded(page),
      errorComponent: ({ error, reset }) => <PageState isWhole failed={asProblem(error)} again={reset} />,
    }),
  )
  return createRouter({
    routeTree: root.addChildren([home, ...pages]),
    parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
    stringifySearch: (search) => formatSearch(search),
    scrollRestoration: true,
    defaultPreload: 'intent',
    defaultPendingMs: 150,
    defaultPendingComponent: () => <PageState isLoading />,
  })
}

/** Leads to the first page of the navigation that she who looks may see. */
function Home() {
  const session = useSession()
  const first = PAGES.find(({ label, permission }) => label !== undefined && isAllowed(session, permission))
  return first === undefined ? <PageState needs="cases.read" /> : <Navigate to={first.path} replace />
}

/** The page itself for who may see it, and words for who may not: the API would refuse her anyway. */
function guarded({ permission, page: Page }: PageRoute): RouteComponent {
  const Guarded = () =>
    isAllowed(useSession(), permission) ? <Page /> : <PageState needs={permission ?? 'cases.read'} />
  Guarded.preload = (Page as { preload?: () => Promise<void> }).preload
  return Guarded as RouteComponent
}

/** Plain strings, as a person would type them: `?open=true&number=%2B12125550117`. */
function formatSearch(search: Readonly<Record<string, unknown>>): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(search)) {
    if (typeof value === 'string' && value !== '') parameters.set(name, value)
  }
  return parameters.size === 0 ? '' : `?${parameters}`
}
