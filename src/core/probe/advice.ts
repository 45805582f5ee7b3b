import { CULPRITS, type Culprit, type CulpritId } from '#core/observe/culprits.ts'
import type { Comparison, FindingKind } from './compare.ts'
import type { Deduction } from './grade.ts'

/** What to switch in a product against one kind of damage, and how that is known. */
export type Advice = {
  readonly kind: FindingKind
  readonly product: string
  readonly does: string
  readonly remedy: string
  readonly source: string
  readonly date: string
  /** `tested`: a journey of this project makes the product do this damage, in one of the ways that are named, and finds it intact without. `untested`: from documentation or source. */
  readonly standing: 'tested' | 'untested'
  /** The answers name this product. */
  readonly isGuessed: boolean
}

/** A product that the answers point at, and by what. It is a guess: any element of the path may write these fields. */
export type Guess = { readonly product: string; readonly by: string }

/** Guesses which product answered, by `Server` or `User-Agent` of what arrived. */
export function guessProduct(comparisons: readonly Comparison[]): Guess | undefined {
  for (const { server } of comparisons) {
    const product = PRODUCTS.find(({ mark }) => mark.test(server))
    if (product !== undefined) return { product: product.name, by: server }
  }
  return undefined
}

/** The advice for each deduction: of the guessed product first, then of every product that is known for such damage. */
export function advise(deductions: readonly Deduction[], guess: Guess | undefined): Advice[] {
  return deductions.flatMap((deduction) => {
    const { kind, arrived } = deduction
    const known = ADVICE.filter((entry) => entry.kinds.includes(kind) && (entry.arrived?.test(arrived) ?? true))
    return known
      .map(({ product, culprit }): Advice => {
        const { does, remedy, source, date } = typeof culprit === 'string' ? CULPRITS[culprit] : culprit
        return {
          kind,
          product,
          does,
          remedy,
          source,
          date,
          standing: TESTED.get(product)?.has(kind) === true ? 'tested' : 'untested',
          isGuessed: product === guess?.product,
        }
      })
      .toSorted((one, other) => Number(other.isGuessed) - Number(one.isGuessed))
  })
}

const PRODUCTS: readonly { readonly name: string; readonly mark: RegExp }[] = [
  { name: 'Kamailio', mark: /kamailio/i },
  { name: 'OpenSIPS', mark: /opensips/i },
  { name: 'FreeSWITCH', mark: /freeswitch/i },
  { name: 'Asterisk', mark: /asterisk|fpbx|freepbx/i },
  { name: 'AudioCodes', mark: /audiocodes|mediant/i },
  { name: 'Oracle', mark: /oracle|acme ?packet/i },
  { name: 'Ribbon', mark: /ribbon|sonus/i },
  { name: 'Sansay', mark: /sansay/i },
  { name: 'drachtio', mark: /drachtio|jambonz/i },
  { name: 'Sangoma', mark: /sangoma|dialogic/i },
  { name: 'baresip', mark: /baresip/i },
]

type Entry = {
  readonly product: string
  readonly kinds: readonly FindingKind[]
  /** Where it is given, what arrived has to look like this. */
  readonly arrived?: RegExp
  readonly culprit: CulpritId | Omit<Culprit, 'product'>
}

const KAMAILIO = { source: 'Kamailio tm, textops and textopsx README', date: '2026-08' }
const OPENSIPS = { source: 'OpenSIPS tm and sipmsgops documentation', date: '2026-08' }
const SANSAY = { source: 'Sansay guidance on 603+, March 2026', date: '2026-03' }
const RIBBON = { source: 'Ribbon SBC documentation, crankback profile', date: '2026-08' }

const ADVICE: readonly Entry[] = [
  {
    product: 'Kamailio',
    kinds: ['phrase-changed', 'phrase-case', 'status-changed'],
    culprit: {
      does: 'relays 6xx as they are; another status or phrase comes from t_reply in a failure_route, or from change_reply_status in an onreply_route',
      remedy:
        'leave 603, 607 and 608 alone: if (t_check_status("6[0-9][0-9]")) exit; and no change_reply_status for them',
      ...KAMAILIO,
    },
  },
  {
    product: 'Kamailio',
    kinds: ['reason-stripped', 'reason-value-lost', 'call-info-lost', 'retry-after-changed'],
    culprit: {
      does: 'relays header fields as they are; they go by remove_hf or remove_hf_re in an onreply_route, or are not copied where a failure_route answers by t_reply',
      remedy: 'take remove_hf("Reason") and its kin out of the onreply_route, and answer no 6xx anew',
      ...KAMAILIO,
    },
  },
  {
    product: 'Kamailio',
    kinds: ['reason-doubled', 'reason-added', 'notice-made'],
    culprit: {
      does: 'adds no Reason by itself; one comes from append_hf in an onreply_route or append_to_reply before t_reply',
      remedy: 'add a Reason only where there is none: if (!is_present_hf("Reason")) append_hf(…)',
      ...KAMAILIO,
    },
  },
  {
    product: 'Kamailio',
    kinds: ['tried-again'],
    culprit: {
      does: 'makes a new branch after a 6xx where failure_route does so (append_branch, t_next_contacts, t_relay): tm does not stop it',
      remedy: 'begin failure_route with if (t_check_status("6[0-9][0-9]")) exit;',
      ...KAMAILIO,
    },
  },
  {
    product: 'OpenSIPS',
    kinds: ['tried-again'],
    culprit: {
      does: 'blocks new branches after a 6xx unless tm’s disable_6xx_block is set',
      remedy: 'leave disable_6xx_block at 0, and begin failure_route with if (t_check_status("6[0-9][0-9]")) exit;',
      ...OPENSIPS,
    },
  },
  {
    product: 'OpenSIPS',
    kinds: ['phrase-changed', 'status-changed', 'reason-stripped', 'reason-doubled'],
    culprit: {
      does: 'relays 6xx as they are; t_reply in failure_route, change_reply_status, remove_hf and append_hf in onreply_route change them; b2b_entities answers anew',
      remedy: 'leave 603, 607 and 608 alone in both routes; relay them by a proxy rather than by b2b',
      ...OPENSIPS,
    },
  },
  {
    product: 'FreeSWITCH',
    kinds: ['phrase-changed'],
    arrived: /^Declined?$/i,
    culprit: 'freeswitchUnset',
  },
  { product: 'FreeSWITCH', kinds: ['reason-stripped'], culprit: 'freeswitchOff' },
  { product: 'FreeSWITCH', kinds: ['reason-cut'], culprit: 'freeswitchLong' },
  { product: 'FreeSWITCH', kinds: ['status-changed'], culprit: 'freeswitchRejected' },
  { product: 'FreeSWITCH', kinds: ['reason-value-lost'], culprit: 'telnyxQ850' },
  { product: 'FreeSWITCH', kinds: ['reason-added', 'reason-doubled'], culprit: 'telnyxSecond' },
  {
    product: 'Asterisk',
    kinds: ['reason-cut', 'reason-stripped', 'reason-changed'],
    culprit: 'asteriskReason',
  },
  {
    product: 'Asterisk',
    kinds: ['status-changed'],
    arrived: /^403/,
    culprit: 'asteriskForbidden',
  },
  { product: 'AudioCodes', kinds: ['phrase-changed'], culprit: 'audiocodesPhrase' },
  {
    product: 'AudioCodes',
    kinds: ['status-changed'],
    arrived: /^600/,
    culprit: 'audiocodesCode',
  },
  {
    product: 'Oracle',
    kinds: ['reason-doubled', 'reason-changed', 'reason-added'],
    culprit: 'oracleSecond',
  },
  {
    product: 'Ribbon',
    kinds: ['tried-again'],
    culprit: {
      does: 'tries the next route after a 603 where it is set to crank back always on 4xx to 6xx',
      remedy: 'take 6xx out of the crankback profile',
      ...RIBBON,
    },
  },
  {
    product: 'Sansay',
    kinds: ['status-changed', 'phrase-changed', 'reason-stripped', 'tried-again'],
    culprit: {
      does: 'asks in its own guidance that code, phrase and Reason are kept and that no other route is tried',
      remedy:
        'set route advance to end at 603, 607 and 608, take code mappings off, and ask Sansay for its 603+ guidance',
      ...SANSAY,
    },
  },
  {
    product: 'drachtio',
    kinds: ['reason-stripped', 'call-info-lost'],
    culprit: 'drachtioReason',
  },
  { product: 'drachtio', kinds: ['phrase-changed'], culprit: 'drachtioPhrase' },
  { product: 'drachtio', kinds: ['tried-again', 'status-changed'], culprit: 'jambonzEarly' },
  { product: 'Sangoma', kinds: ['reason-value-lost'], culprit: 'sangomaFirst' },
  {
    product: 'baresip',
    kinds: ['phrase-changed', 'reason-stripped', 'call-info-lost', 'retry-after-changed'],
    culprit: {
      does: 'ends the other leg with the status alone and an empty phrase: Reason, Call-Info and Retry-After stay behind (module b2bua)',
      remedy: 'no setting mends that: let a proxy such as Kamailio relay what may be refused',
      source: 'baresip modules/b2bua/b2bua.c; run as 1.0.0 of Debian 12',
      date: '2026-11',
    },
  },
]

/** The damage that test/journeys/probe.test.ts makes each product do; it holds this list to what it runs. */
export const TESTED: ReadonlyMap<string, ReadonlySet<FindingKind>> = new Map([
  [
    'Kamailio',
    new Set<FindingKind>(['phrase-changed', 'status-changed', 'reason-stripped', 'reason-doubled', 'tried-again']),
  ],
  ['baresip', new Set<FindingKind>(['phrase-changed', 'reason-stripped', 'call-info-lost', 'retry-after-changed'])],
])
