import type { Worker } from '#core/redress/office.ts'
import {
  PRECISION_NUMBERS_MIN,
  type PolicyShadow,
  type ShadowCall,
  type ShadowJudged,
  type ShadowNumbers,
  type ShadowOnly,
} from '#edge/http/policy/policy-desk.ts'
import type { PolicyReader } from '#edge/store/policy-store.ts'
import type { ShadowHits, ShadowNumber, ShadowStore } from '#edge/store/shadow-store.ts'
import { nameList } from '#main/config/lists.ts'
import { loadPolicyText, wordsOf } from './policy-texts.ts'
import type { RegisteredNames } from './registered-names.ts'

export type ShadowTerms = {
  readonly store: ShadowStore
  readonly policies: PolicyReader
  readonly config: string | undefined
  readonly names: RegisteredNames
  readonly now: () => number
}

/** What rules would have blocked, and what people found of it. The journal is read again after some seconds, not for each page. */
export class ShadowRoom {
  readonly #terms: ShadowTerms
  #kept: { readonly days: number; readonly at: number; readonly hits: ShadowHits } | undefined

  constructor(terms: ShadowTerms) {
    this.#terms = terms
  }

  rules(days: number): PolicyShadow {
    const { policies, config } = this.#terms
    const { rules, sinceMs } = this.#hits(days)
    const version = policies.inForce()?.version
    const text = version === undefined ? undefined : policies.text(version)
    const loaded = text && loadPolicyText(config, text)
    const known = loaded?.kind === 'good' ? wordsOf(loaded.config).rules : []
    const allow = loaded?.kind === 'good' ? loaded.config.policy.rules : []
    const rows = [
      ...known.filter(({ id, mode }) => mode === 'shadow' || rules.has(id)),
      ...Array.from(rules.keys(), (id) => ({ id, mode: 'gone' as const, words: '' })).filter(
        ({ id }) => !known.some((rule) => rule.id === id),
      ),
    ].map(({ id, mode, words }) => {
      const { calls = 0, numbers = 0, named = [] } = rules.get(id) ?? {}
      const legitimate = named.filter(({ judged }) => judged?.label === 'legitimate').length
      const unwanted = named.filter(({ judged }) => judged?.label === 'unwanted').length
      const judged = legitimate + unwanted
      const precision = judged < PRECISION_NUMBERS_MIN ? undefined : unwanted / judged
      return { rule: id, mode, words, calls, numbers, legitimate, unwanted, precision }
    })
    const order = { shadow: 0, enforce: 1, gone: 2 }
    return {
      policy: version ?? 0,
      sinceMs,
      rules: rows.toSorted((a, b) => order[a.mode] - order[b.mode]),
      allowLists: allow.flatMap((rule) =>
        rule.kind === 'allow' && text?.lists.has(nameList(rule.list.name)) === true ? [nameList(rule.list.name)] : [],
      ),
    }
  }

  numbers(rule: string, days: number, only: ShadowOnly, after: number, limit: number): ShadowNumbers {
    const named = this.#hits(days).rules.get(rule)?.named ?? []
    const asked = named.filter(({ judged }) => only === 'all' || (judged === undefined) === (only === 'open'))
    const page = asked.slice(after, after + limit)
    return {
      numbers: page.map((one) => ({ ...one, registered: this.#terms.names(one.number) })),
      after: after + limit < asked.length ? after + limit : undefined,
    }
  }

  calls(rule: string, number: string, days: number): ShadowCall[] {
    return this.#terms.store
      .calls(rule, number, this.#terms.now() - days * DAY_MS, CALLS_MAX)
      .map(({ at, calling, called, peer, trunk, attestation }) => ({ at, calling, called, peer, trunk, attestation }))
  }

  judge(rule: string, number: string, { label, note }: ShadowJudged, by: Worker): void {
    const at = this.#terms.now()
    this.#terms.store.label(rule, number, label, by, note, at)
    // Whoever judged sees it at once, and rows stay where they are on his page.
    const named = this.#kept?.hits.rules.get(rule)?.named as ShadowNumber[] | undefined
    const index = named?.findIndex((one) => one.number === number) ?? -1
    if (named === undefined || index < 0) return
    named[index] = { ...named[index]!, judged: label && { label, at, by: by.name, note } }
  }

  #hits(days: number): ShadowHits {
    const { store, now } = this.#terms
    const at = now()
    if (this.#kept === undefined || this.#kept.days !== days || at - this.#kept.at > KEPT_MS)
      this.#kept = { days, at, hits: store.hits(at - days * DAY_MS) }
    return this.#kept.hits
  }
}

const DAY_MS = 86_400_000
/** How old figures may be. */
const KEPT_MS = 10_000
const CALLS_MAX = 100
