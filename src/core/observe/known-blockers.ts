import type { KnownBlocker } from './directory.ts'

// What public sources said of blockers and of those who take their complaints, one line each, with source and date read.
// No address stands here that a source does not have. What networks themselves write into notices goes before all of this.

/** Seed of the directory. */
export const KNOWN_BLOCKERS: readonly KnownBlocker[] = [
  {
    name: 'TransNexus ClearIP',
    domains: ['clearip.com', 'transnexus.com'],
    ways: ['form'],
    says: 'A redress request has to carry the SIP Message ID of the blocked call; the operator marks it pending, rejected or redressed, with a comment.',
    source: 'docs.clearip.com/analytics/redress',
    date: '2026-08',
  },
  {
    name: 'Free Caller Registry',
    domains: [],
    ways: ['form'],
    says: 'One form goes to three analytics engines (Hiya, TNS, First Orion). It answers with a Feedback ID; no status can be looked up. About 3 to 5 business days an engine are quoted.',
    source: 'glidecampaign.com/docs/how-to-whitelist-your-phone-number; crexendo.help, removal from robocall analytics',
    date: '2026-08',
  },
  {
    name: 'Hiya',
    domains: ['hiya.com'],
    ways: ['api', 'form'],
    says: 'States of a number: flagged, mixed high, mixed low, unflagged. Redress is said to show within minutes. A label belongs to a call, not to a number.',
    source: 'developer.hiya.com/docs/guides/voice-protection/number-reputation',
    date: '2026-08',
  },
  {
    name: 'TNS',
    domains: [],
    ways: ['form'],
    says: 'A report form; a carrier that uses it warns that there may be no reply.',
    source: 'appalachianwireless.com/guardian',
    date: '2026-08',
  },
  {
    name: 'First Orion',
    domains: ['firstorion.com', 'firstorionenterprise.com'],
    ways: ['api', 'phone'],
    says: 'Numbers are vetted by a call to them. Unauthenticated spoofing of registered numbers is blocked, asked by REST or SIP redirect.',
    source: 'developer.firstorion.com; support.firstorionenterprise.com',
    date: '2026-08',
  },
  {
    name: 'TransUnion (Neustar)',
    domains: [],
    ways: ['form'],
    says: 'An appeal takes 3 to 5 business days; the outcome is shown for each number.',
    source: 'sites.google.com/view/sunshine-life-health-advisors/neustar_1',
    date: '2026-08',
  },
  {
    name: 'Telnyx',
    domains: ['telnyx.com'],
    ways: ['api'],
    says: 'Remediation of the labels of your own Telnyx numbers: 1 to 2,000 numbers a request, an answer for each number, a webhook when done. It does not override filters further on.',
    source: 'developers.telnyx.com/docs/number-reputation/remediation',
    date: '2026-08',
  },
  {
    name: 'Bandwidth',
    domains: ['bandwidth.com'],
    ways: ['phone'],
    says: 'Relays 603+ as it came and does not retry. Before that it told customers to expect 486 for a block. Monitoring and remediation of labels are provisioned by Bandwidth, not by API.',
    source:
      'bandwidth.com/support/en/articles/13778049-sip-603-faq; dev.bandwidth.com/docs/numbers/guides/nrmResellerIntegration',
    date: '2026-08',
  },
  {
    name: 'Twilio',
    domains: ['twilio.com'],
    ways: ['form'],
    says: 'Error 32203 is a block by a carrier, 21216 and 32224 are blocks by Twilio itself, 31603 is ambiguous. Numbers are vouched for by its Trust Hub.',
    source: 'twilio.com/docs/api/errors/31603, /21216, /32224',
    date: '2026-08',
  },
  {
    name: 'CMS Internet',
    domains: ['cmsinter.net'],
    ways: ['form'],
    says: 'A small carrier’s redress page: a status within 24 hours, no charge.',
    source: 'cmsinter.net',
    date: '2026-08',
  },
]
