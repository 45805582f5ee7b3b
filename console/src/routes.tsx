import { lazyRouteComponent } from '@tanstack/react-router'
import type { PageRoute } from './shell/page-route.ts'

/**
 * Every page, in the order of the navigation. A page with a `label` stands there for who has its permission; `key` is what
 * follows `g` on the keyboard. Details of something have neither: `/cases/$id`.
 */
export const PAGES: readonly PageRoute[] = [
  {
    path: '/cases',
    label: 'Cases',
    group: 'Blocking',
    key: 'c',
    permission: 'cases.read',
    page: lazyRouteComponent(() => import('./pages/cases/cases-page.tsx'), 'CasesPage'),
  },
  {
    path: '/cases/$id',
    permission: 'cases.read',
    page: lazyRouteComponent(() => import('./pages/cases/case-page.tsx'), 'CasePage'),
  },
  {
    path: '/policy',
    label: 'Policy',
    group: 'Blocking',
    key: 'p',
    permission: 'policy.read',
    page: lazyRouteComponent(() => import('./pages/policy/policy-page.tsx'), 'PolicyPage'),
  },
  {
    path: '/policy/shadow',
    permission: 'policy.read',
    page: lazyRouteComponent(() => import('./pages/policy/shadow-page.tsx'), 'ShadowPage'),
  },
  {
    path: '/policy/lists',
    permission: 'policy.read',
    page: lazyRouteComponent(() => import('./pages/policy/lists-page.tsx'), 'ListsPage'),
  },
]
