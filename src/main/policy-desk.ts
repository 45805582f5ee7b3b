// One thing: all that those inside do with policies, over one store; long work of it is in a thread that this is made in.
import type { Worker } from '#core/redress/office.ts'
import type {
  PolicyChanging,
  PolicyDesk,
  PolicyNotDone,
  PolicySettled,
  PolicyVersionSummary,
} from '#edge/http/policy/policy-desk.ts'
import type { AuditAction } from '#edge/store/audit.ts'
import { openPolicyStore, type PolicyStore, type PolicyVersion } from '#edge/store/policy-store.ts'
import { openRegistryStore } from '#edge/store/registry-store.ts'
import { openForReading } from '#edge/store/schema.ts'
import { openShadowStore } from '#edge/store/shadow-store.ts'
import type { Config } from '#main/config/config.ts'
import { differenceInWords, diffPolicies, guardAgainst, isSame } from './policy-difference.ts'
import { EMPTY_POLICY, settlePolicy, type WantedPolicy } from './policy-settlement.ts'
import { registeredNames } from './registered-names.ts'
import { PolicyListRoom } from './policy-lists.ts'
import { ShadowRoom } from './policy-shadow.ts'
import { differ, loadPolicyText, saidOf, textOfDraft, wordsOf } from './policy-texts.ts'
import { TrialRoom } from './policy-trial-room.ts'

export type PolicyDeskTerms = {
  /** The path of the store. */
  readonly store: string
  /** The configuration file; undefined for the defaults. */
  readonly path: string | undefined
  readonly now: () => number
}

/** Opens it. Throws StoreError. */
export function openPolicyDesk({ store: path, path: config, now }: PolicyDeskTerms): PolicyDesk & { close(): void } {
  const url = `sqlite:${path}`
  const store = openPolicyStore(url)
  const registry = openRegistryStore(url)
  const shadowStore = openShadowStore(url)
  const facts = openForReading(path)
  const names = registeredNames(facts, registry, now)

  /** Makes the change, where what was looked at is still in force. */
  const settle = (
    { seen, note, by }: PolicyChanging,
    wanted: (inForce: PolicyVersion | undefined) => WantedPolicy | PolicyNotDone,
  ): PolicySettled | PolicyNotDone => {
    const inForce = store.inForce()
    if ((inForce?.version ?? 0) !== seen) return overtaken(inForce?.version)
    const found = wanted(inForce)
    if ('kind' in found) return found
    const settled = settlePolicy(store, inForce, found, { by, note, atMs: now(), isDry: false })
    if (settled.kind === 'overtaken') return overtaken(settled.inForce)
    const { policy, state, before, guarded, difference } = settled
    if (policy === undefined || state.startsWith('would')) throw new Error('a change was only tried')
    return {
      kind: 'settled',
      policy,
      state: state as PolicySettled['state'],
      before,
      guarded,
      words: differenceInWords(difference),
    }
  }
  const versionAs = (version: number, action: AuditAction): WantedPolicy | PolicyNotDone => {
    const text = store.text(version)
    if (text === undefined)
      return refuse('not-found', `policy ${version} is not there, or was made before texts were kept`)
    const loaded = loadPolicyText(config, text)
    if (loaded.kind === 'good') return { of: { version, text }, action, detail: {}, origin: undefined, isKnown: true }
    const [fault] = loaded.faults
    return refuse('conflict', `policy ${version} cannot be judged by now: found ${fault?.found}`)
  }

  const lists = new PolicyListRoom({ store, config, now, settle })
  const trials = new TrialRoom({ url, path, config, names, now })
  const shadow = new ShadowRoom({ store: shadowStore, policies: store, config, names, now })

  return {
    async versions(before, limit) {
      const found = store.list(limit + 1, before)
      const versions = found.slice(0, limit).map((version) => summaryOf(store, version))
      const after = found.length > limit ? versions.at(-1)?.version : undefined
      return { inForce: store.inForce()?.version ?? 0, versions, after }
    },
    async version(number) {
      const version = store.find(number)
      if (version === undefined) return undefined
      const text = store.text(number)
      const loaded = text && loadPolicyText(config, text)
      return {
        ...summaryOf(store, version),
        yaml: text?.yaml,
        words: loaded?.kind === 'good' ? wordsOf(loaded.config) : undefined,
        faults: loaded?.kind === 'faulty' ? loaded.faults : [],
      }
    },
    async differ(from, to) {
      const [before, after] = [store.text(from), store.text(to)]
      return before === undefined || after === undefined ? undefined : differ(before, after)
    },
    async check(draft) {
      const text = textOfDraft(store, lists.handedIn, draft)
      if ('kind' in text)
        return { kind: 'faulty', faults: [{ ...NOWHERE, where: 'uploads', found: text.detail, expected: '' }] }
      const loaded = loadPolicyText(config, text)
      if (loaded.kind === 'faulty') return loaded
      const inForce = store.inForce()
      const standing = (inForce && store.text(inForce.version)) ?? EMPTY_POLICY
      const { policyText } = loaded.config
      const difference = diffPolicies(standing, policyText)
      return {
        kind: 'good',
        words: wordsOf(loaded.config),
        // What the rest of the configuration should not stay at is no matter of this text.
        reminders: loaded.reminders.filter((one) => one.includes(' without + ')),
        difference: differ(standing, policyText),
        isSame: isSame(difference),
        guarded: inForce === undefined ? [] : guardAgainst(standing, difference),
      }
    },
    async apply(draft, change) {
      return settle(change, () => {
        const text = textOfDraft(store, lists.handedIn, draft)
        if ('kind' in text) return text
        const loaded = loadPolicyText(config, text)
        if (loaded.kind === 'good') return wantedOf(loaded.config.policyText)
        const [{ where, line, column, found } = { ...NOWHERE, where: '', found: '' }] = loaded.faults
        const place = line === undefined ? where : `${where}, line ${line}, column ${column ?? 1}`
        return refuse('bad-field', `the policy cannot be judged by: ${place}: found ${found}`)
      })
    },
    applyVersion: async (version, change) =>
      settle(change, () => {
        const found = store.find(version)
        if (found?.state === 'staged') return refuse('conflict', `policy ${version} waits for a second person`)
        if (found?.state === 'dropped')
          return refuse('conflict', `policy ${version} never was in force, and another came meanwhile: apply its text`)
        return versionAs(version, 'policy-taken-back')
      }),
    approve: async (version, change) =>
      settle(change, () => {
        const staged = store.find(version)
        const step = staged?.steps.findLast((one) => one.step === 'staged')
        if (staged?.state !== 'staged' || step === undefined)
          return refuse('conflict', `policy ${version} does not wait for a second person`)
        if (isSamePerson(step.actor, change.by))
          return refuse('conflict', `policy ${version} was staged by ${step.actor}: somebody else has to approve it`)
        return versionAs(version, 'policy-approved')
      }),

    lists: async () => lists.all(),
    list: async (name, page) => lists.page(name, page),
    listText: async (name) => lists.text(name),
    upload: async (name, text, by) => lists.upload(name, text, by),
    uploaded: async (id) => lists.uploaded(id),
    confirm: async (id, change) => lists.confirm(id, change),
    drop: async (id) => lists.drop(id),
    addNumber: async (name, number, why, change) => lists.addNumber(name, number, why, change),
    takeListBack: async (name, change) => lists.takeBack(name, change),

    async tryOut(draft, days, against, by) {
      const text = textOfDraft(store, lists.handedIn, draft)
      if ('kind' in text) return text
      const loaded = loadPolicyText(config, text)
      if (loaded.kind === 'faulty') return refuse('bad-field', 'the policy has faults: check it first')
      const inForce = store.inForce()
      const standing = inForce && store.text(inForce.version)
      return trials.begin(loaded.config.policyText, against === 'in-force' ? standing : undefined, days, against, by)
    },
    trial: async (id) => trials.state(id),
    cancelTrial: async (id) => trials.cancel(id),
    trialNumbers: (id, filter, after, limit) => trials.numbers(id, filter, after, limit),

    shadow: async (days) => shadow.rules(days),
    shadowNumbers: async (rule, days, only, after, limit) => shadow.numbers(rule, days, only, after, limit),
    shadowCalls: async (rule, number, days) => shadow.calls(rule, number, days),
    judgeShadow: async (rule, number, judged, by) => shadow.judge(rule, number, judged, by),

    close() {
      trials.close()
      facts.close()
      shadowStore.close()
      registry.close()
      store.close()
    },
  }
}

function wantedOf(text: Config['policyText']): WantedPolicy {
  return { of: text, action: 'policy-applied', detail: { from: 'console' }, origin: undefined, isKnown: false }
}

function summaryOf(store: PolicyStore, version: PolicyVersion): PolicyVersionSummary {
  const replaced = version.state === 'replaced' ? store.replacedBy(version.version) : undefined
  const isTakenBack = replaced !== undefined && replaced.version < version.version
  return {
    version: version.version,
    state: isTakenBack ? 'taken-back' : version.state,
    madeAt: version.madeMs,
    steps: version.steps.map(saidOf),
    replaced: replaced && saidOf(replaced),
    lists: [...version.lists.keys()],
  }
}

/** A token of hers is the same person. Names are compared as people write them. */
function isSamePerson(staged: string, { name }: Worker): boolean {
  const plain = (text: string): string =>
    text
      .replace(/, token .*$/s, '')
      .trim()
      .replaceAll(/\s+/g, ' ')
      .toLowerCase()
  return plain(staged) === plain(name)
}

function overtaken(inForce: number | undefined): PolicyNotDone {
  return refuse('changed', `policy ${inForce ?? 'none'} is in force by now: look again, then try again`)
}

function refuse(problem: PolicyNotDone['problem'], detail: string): PolicyNotDone {
  return { kind: 'refused', problem, detail }
}

const NOWHERE = { line: undefined, column: undefined }
