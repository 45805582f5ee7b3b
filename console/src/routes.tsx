import { lazyRouteComponent } from '@tanstack/react-router'
import type { PageRoute } from './shell/page-route.ts'

/**
 * Every page, in the order of the navigation. A page with a `label` stands there for who has its permission; `key` is what
 * follows `g` on the keyboard. Details of something have neither: `/cases/$id`.
 */
export const PAGES: readonly PageRoute[] = [
  {
    path: '/overview',
    label: 'Overview',
    group: 'Today',
    key: 'o',
    permission: 'ledger.read',
    page: lazyRouteComponent(() => import('./pages/overview/overview-page.tsx'), 'OverviewPage'),
  },
  {
    path: '/blocks',
    label: 'Blocked calls',
    group: 'Blocking',
    key: 'b',
    permission: 'ledger.read',
    page: lazyRouteComponent(() => import('./pages/blocks/blocks-page.tsx'), 'BlocksPage'),
  },
  {
    path: '/blocks/$id',
    permission: 'ledger.read',
    page: lazyRouteComponent(() => import('./pages/blocks/block-page.tsx'), 'BlockPage'),
  },
  {
    path: '/cases',
    label: 'Cases',
    group: 'Blocking',
    key: 'c',
    permission: 'cases.read',
    page: lazyRouteComponent(() => import('./pages/cases/cases-page.tsx'), 'CasesPage'),
  },
  {
    path: '/cases/decide',
    permission: 'cases.decide',
    page: lazyRouteComponent(() => import('./pages/cases/decide-many-page.tsx'), 'DecideManyPage'),
  },
  {
    path: '/cases/$id',
    permission: 'cases.read',
    page: lazyRouteComponent(() => import('./pages/cases/case-page.tsx'), 'CasePage'),
  },
  {
    path: '/registry',
    label: 'Registry',
    group: 'Blocking',
    key: 'r',
    permission: 'registry.read',
    page: lazyRouteComponent(() => import('./pages/registry/registry-page.tsx'), 'RegistryPage'),
  },
  {
    path: '/registry/sources',
    permission: 'registry.read',
    page: lazyRouteComponent(() => import('./pages/registry/registry-page.tsx'), 'SourcesPage'),
  },
  {
    path: '/registry/$id',
    permission: 'registry.read',
    page: lazyRouteComponent(() => import('./pages/registry/registration-page.tsx'), 'RegistrationPage'),
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
