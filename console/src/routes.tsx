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
  {
    path: '/calls',
    label: 'My calls',
    group: 'Calling',
    key: 'm',
    permission: 'calling.read',
    page: lazyRouteComponent(() => import('./pages/calls/calls-page.tsx'), 'CallsPage'),
  },
  {
    path: '/calls/groups',
    permission: 'calling.read',
    page: lazyRouteComponent(() => import('./pages/calls/groups-page.tsx'), 'GroupsPage'),
  },
  {
    path: '/calls/groups/$id',
    permission: 'calling.read',
    page: lazyRouteComponent(() => import('./pages/calls/group-page.tsx'), 'GroupPage'),
  },
  {
    path: '/calls/observations',
    permission: 'calling.read',
    page: lazyRouteComponent(() => import('./pages/calls/observations-page.tsx'), 'ObservationsPage'),
  },
  {
    path: '/calls/observations/$id',
    permission: 'calling.read',
    page: lazyRouteComponent(() => import('./pages/calls/observation-page.tsx'), 'ObservationPage'),
  },
  {
    path: '/calls/silence',
    permission: 'calling.read',
    page: lazyRouteComponent(() => import('./pages/calls/silence-page.tsx'), 'SilencePage'),
  },
  {
    path: '/calls/disputes',
    permission: 'calling.read',
    page: lazyRouteComponent(() => import('./pages/calls/disputes-page.tsx'), 'DisputesPage'),
  },
  {
    path: '/calls/disputes/$id',
    permission: 'calling.read',
    page: lazyRouteComponent(() => import('./pages/calls/dispute-page.tsx'), 'DisputePage'),
  },
  {
    path: '/calls/directory',
    permission: 'calling.read',
    page: lazyRouteComponent(() => import('./pages/calls/directory-page.tsx'), 'DirectoryPage'),
  },
  {
    path: '/probes',
    label: 'Probes',
    group: 'Calling',
    key: 't',
    permission: 'probe',
    page: lazyRouteComponent(() => import('./pages/probes/probes-page.tsx'), 'ProbesPage'),
  },
  {
    path: '/probes/$id',
    permission: 'probe',
    page: lazyRouteComponent(() => import('./pages/probes/probe-page.tsx'), 'ProbePage'),
  },
  {
    path: '/settings',
    label: 'Settings',
    group: 'Recourse',
    key: 's',
    permission: 'audit.read',
    page: lazyRouteComponent(() => import('./pages/settings/settings-page.tsx'), 'SettingsPage'),
  },
  {
    path: '/settings/accounts',
    permission: 'accounts',
    page: lazyRouteComponent(() => import('./pages/settings/accounts-page.tsx'), 'AccountsPage'),
  },
  {
    path: '/settings/accounts/$id',
    permission: 'accounts',
    page: lazyRouteComponent(() => import('./pages/settings/account-page.tsx'), 'AccountPage'),
  },
  {
    path: '/settings/tokens',
    page: lazyRouteComponent(() => import('./pages/settings/tokens-page.tsx'), 'TokensPage'),
  },
  {
    path: '/settings/peers',
    permission: 'settings',
    page: lazyRouteComponent(() => import('./pages/settings/peers-page.tsx'), 'PeersPage'),
  },
  {
    path: '/settings/peers/$name',
    permission: 'settings',
    page: lazyRouteComponent(() => import('./pages/settings/peer-page.tsx'), 'PeerPage'),
  },
  {
    path: '/settings/outgoing',
    permission: 'settings',
    page: lazyRouteComponent(() => import('./pages/settings/outgoing-page.tsx'), 'OutgoingPage'),
  },
  {
    path: '/settings/retention',
    permission: 'audit.read',
    page: lazyRouteComponent(() => import('./pages/settings/retention-page.tsx'), 'RetentionPage'),
  },
  {
    path: '/settings/health',
    permission: 'audit.read',
    page: lazyRouteComponent(() => import('./pages/settings/health-page.tsx'), 'HealthPage'),
  },
  {
    path: '/settings/notice',
    permission: 'settings',
    page: lazyRouteComponent(() => import('./pages/settings/notice-page.tsx'), 'NoticePage'),
  },
  {
    path: '/settings/keys',
    permission: 'settings',
    page: lazyRouteComponent(() => import('./pages/settings/keys-page.tsx'), 'KeysPage'),
  },
  {
    path: '/welcome-tour',
    permission: 'settings',
    page: lazyRouteComponent(() => import('./pages/welcome/tour-page.tsx'), 'TourPage'),
  },
  {
    path: '/settings/audit',
    permission: 'audit.read',
    page: lazyRouteComponent(() => import('./pages/settings/audit-page.tsx'), 'AuditPage'),
  },
]
