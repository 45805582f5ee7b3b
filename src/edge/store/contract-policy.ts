// What a store must keep of its promises about policies: part of the contract, in a file of its own for its length.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test, type TestContext } from 'node:test'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { hashPolicy, type PolicyText } from '#core/ledger/policy-text.ts'
import type { StoreOnTrial } from './contract.ts'
import { sampleBlock } from './contract-samples.ts'
import { openPolicyReader, openPolicyStore, partsOf, type PolicyChange, type PolicyStore } from './policy-store.ts'
import { openLedger } from './sqlite-ledger.ts'
import { StoreError } from './store-error.ts'
import { watchInForce } from './watch-policy.ts'

/** Registers the suite; `fresh` gives each test an empty store. */
export function policyContract(fresh: (t: TestContext) => StoreOnTrial): void {
  test('a policy is kept as it was written, with its lists, and the same content has the same number', (t) => {
    const { policies } = open(t, fresh)
    const [first, second] = [samplePolicy(1), samplePolicy(2)]

    const numbers = [first, second, first].map((text, index) => apply(policies, text, { atMs: 1000 * (index + 1) }))

    assert.deepEqual(numbers, [1, 2, 1])
    assert.deepEqual(policies.text(1), first)
    assert.deepEqual(policies.text(2), second)
    assert.equal(policies.text(3), undefined)
    assert.equal(policies.find(2)?.hash, hashPolicy(second))
    assert.deepEqual(
      policies.list(10).map(({ version, state }) => [version, state]),
      [
        [2, 'replaced'],
        [1, 'applied'],
      ],
    )
  })

  test('which policy was in force can be asked of any time', (t) => {
    const { policies } = open(t, fresh)
    for (const [index, text] of [samplePolicy(1), samplePolicy(2), samplePolicy(1)].entries())
      apply(policies, text, { atMs: 1000 * (index + 1) })

    assert.deepEqual(
      [999, 1000, 1999, 2000, 3000, 9000].map((atMs) => policies.inForceAt(atMs)),
      [undefined, 1, 1, 2, 1, 1],
    )
  })

  test('a list that several versions have is kept once', (t) => {
    const { policies, store } = open(t, fresh)
    for (let number = 1; number <= 5; number++) apply(policies, { ...samplePolicy(1), yaml: `rules: [] # ${number}\n` })

    assert.equal(policies.list(10).length, 5)
    assert.equal(store.count('SELECT count(*) FROM text'), 5 + 1)
  })

  test('what is staged changes nothing, and falls when another policy comes into force', (t) => {
    const { policies } = open(t, fresh)
    apply(policies, samplePolicy(1))

    const staged = change(policies, { of: samplePolicy(2), step: 'staged', action: 'policy-staged' })

    assert.deepEqual(staged, { kind: 'changed', version: 2 })
    assert.equal(policies.inForce()?.version, 1)
    assert.equal(policies.find(2)?.state, 'staged')
    apply(policies, samplePolicy(3))
    assert.equal(policies.find(2)?.state, 'dropped')
  })

  test('of two people who change the same policy the second is told, and writes nothing', (t) => {
    const { policies } = open(t, fresh)
    apply(policies, samplePolicy(1))
    const entries = policies.audit({}, 10).length

    apply(policies, samplePolicy(2), { base: 1 })
    const late = change(policies, { of: samplePolicy(3), base: 1 })

    assert.deepEqual(late, { kind: 'overtaken', inForce: 2 })
    assert.equal(policies.inForce()?.version, 2)
    assert.equal(policies.find(3), undefined)
    assert.equal(policies.audit({}, 10).length, entries + 1)
  })

  test('every change is in the audit trail with who and why, and nobody can edit it', (t) => {
    const { policies, store } = open(t, fresh)
    apply(policies, samplePolicy(1), { by: { name: 'Ann Lee', account: 'ops' }, note: 'the first', atMs: 1000 })
    policies.noteAudit({ at: 2000, by: ANN, action: 'personal-data-erased', subject: 'ledger', detail: { blocks: 3 } })

    const [second, first, ...more] = policies.audit({}, 10)

    assert.deepEqual(more, [])
    assert.deepEqual(first, {
      number: 1,
      at: 1000,
      by: { name: 'Ann Lee', account: 'ops' },
      action: 'policy-applied',
      subject: 'policy 1',
      detail: { note: 'the first' },
    })
    assert.deepEqual(second?.detail, { blocks: 3 })
    assert.deepEqual(policies.audit({ sinceMs: 1500 }, 10), [second])
    assert.deepEqual(policies.audit({ action: 'policy-applied' }, 10), [first])
    assert.deepEqual(policies.audit({ subject: 'ledger' }, 10), [second])
    assert.equal(policies.audit({}, 1).length, 1)
    assert.deepEqual(policies.audit({ after: second.number }, 10), [first])
    assert.deepEqual(policies.audit({ after: first.number }, 10), [])
    assert.deepEqual(policies.audit({ beforeMs: second.at }, 10), [first])
    assert.deepEqual(policies.audit({ by: first.by.name, after: second.number }, 10), [first])
    assert.deepEqual(policies.audit({ by: `${first.by.name}x` }, 10), [])
    policies.close()
    for (const sql of ["UPDATE audit SET actor = 'nobody'", 'DELETE FROM audit'])
      assert.throws(() => store.execute(sql), /the audit trail is not edited/)
    assert.equal(store.count('SELECT count(*) FROM audit'), 2)
  })

  test('a ledger in use takes lines of the audit trail, also while others write there', async (t) => {
    const { policies, store } = open(t, fresh)
    const ledger = await openLedger(store.url)
    t.after(() => ledger.close())
    const entry = { at: 7, by: ANN, action: 'personal-data-erased', subject: 'ledger', detail: { blocks: 1 } } as const

    await Promise.all([ledger.record(sampleBlock(1)), ledger.noteAudit(entry), ledger.noteAudit({ ...entry, at: 8 })])

    assert.deepEqual(
      policies.audit({}, 10).map(({ at, detail }) => [at, detail]),
      [
        [8, { blocks: 1 }],
        [7, { blocks: 1 }],
      ],
    )
  })

  test('a store remembers what a file was made of when it was last taken', (t) => {
    const { policies } = open(t, fresh)
    const parts = partsOf(samplePolicy(1))
    apply(policies, samplePolicy(1), { origin: { file: 'policy.yaml', parts } })

    assert.deepEqual(policies.partsOf('policy.yaml'), parts)
    assert.equal(policies.partsOf('other.yaml'), undefined)
    policies.rememberParts('policy.yaml', partsOf(samplePolicy(2)))
    assert.deepEqual(policies.partsOf('policy.yaml'), partsOf(samplePolicy(2)))
  })

  test('a text that is not what it was is told, and given to nobody', (t) => {
    for (const damage of [
      "UPDATE text_part SET octets = x'0000'",
      'DELETE FROM text_part',
      'UPDATE text_part SET octets = (SELECT octets FROM text_part LIMIT 1)',
    ]) {
      const copy = fresh(t)
      const made = openPolicyStore(copy.url)
      apply(made, samplePolicy(1))
      made.close()
      copy.execute(damage)
      const reader = openPolicyReader(copy.url)
      assert.throws(
        () => reader.text(1),
        (cause) => cause instanceof StoreError && /has lost the text/.test(cause.message),
      )
      assert.equal(reader.find(1)?.version, 1)
      reader.close()
    }
  })

  test('a gate beside it hears which policy is in force, whoever put it there, and of nothing else', async (t) => {
    const { policies, store } = open(t, fresh)
    apply(policies, samplePolicy(1))
    const heard: number[] = []
    const told: (() => void)[] = []
    const watch = watchInForce(store.url, {
      known: 1,
      onChange: (version) => {
        heard.push(version)
        told.shift()?.()
      },
      onFailure: (cause) => assert.fail(String(cause)),
    })
    t.after(() => watch.close())
    const next = () => new Promise<void>((resolve) => told.push(resolve))

    let heardOf = next()
    change(policies, { of: samplePolicy(2), step: 'staged', action: 'policy-staged' })
    apply(policies, samplePolicy(3))
    await heardOf
    heardOf = next()
    apply(policies, samplePolicy(1))
    await heardOf

    assert.deepEqual(heard, [3, 1])
  })

  test('a list of a million numbers goes in while a gate records, and no block is refused', async (t) => {
    const store = fresh(t)
    const ledger = await store.open()
    const policies = openPolicyStore(store.url)
    t.after(() => policies.close())
    const list = Array.from(
      { length: 1_000_000 },
      (_, at) => `+1${2_000_000_000 + ((at * 7_919) % 8_000_000_000)}\n`,
    ).join('')
    let recorded = 0
    const stop = new AbortController()
    const recording = (async () => {
      for (; !stop.signal.aborted; recorded++) await ledger.record(sampleBlock(recorded))
    })()

    const child = spawn(process.execPath, [CHILD, store.url, 'one'], { stdio: ['pipe', 'ignore', 'inherit'] })
    child.stdin.end(list)
    const [code] = (await once(child, 'exit')) as [number]
    stop.abort()
    await recording

    assert.equal(code, 0)
    assert.equal(policies.text(1)?.lists.get('list.csv')?.length, list.length)
    const { failed, committed } = ledger.figures()
    assert.equal(failed, 0)
    assert.ok(committed > 10, `${committed} blocks`)
    t.diagnostic(`${committed} blocks recorded meanwhile`)
    await ledger.close()
  })

  test('killed at any moment of a change, a store has the policy before or the one after, whole', async (t) => {
    const { policies, store } = open(t, fresh)
    apply(policies, samplePolicy(0))
    let changes = 0
    for (let round = 1; round <= 6; round++) {
      const before = policies.inForce()!.version
      await changeUntilKilled(store.url, round)

      const inForce = policies.inForce()!
      assert.equal(hashPolicy(policies.text(inForce.version)!), inForce.hash)
      assert.equal(policies.audit({ subject: `policy ${inForce.version}`, action: 'policy-applied' }, 10).length, 1)
      if (inForce.version !== before) changes++
    }
    t.diagnostic(`${policies.list(1000).length} versions, ${changes} of 6 rounds changed the policy`)
    assert.ok(changes > 0, 'a child that never changes anything proves nothing')
  })

  test('a version that was named by its hash before texts were kept keeps its number', (t) => {
    const { policies, store } = open(t, fresh)
    store.execute("INSERT INTO policy (at, content) VALUES (5, '0123456789abcdef')")

    assert.equal(policies.text(1), undefined)
    assert.deepEqual(policies.find(1)?.state, 'replaced')
    assert.equal(policies.inForce(), undefined)
    assert.equal(apply(policies, samplePolicy(1)), 2)
  })
}

/** A policy with a list that differs from every other number's. */
export function samplePolicy(number: number): PolicyText {
  return {
    yaml: `rules:\n  - { id: dno, do-not-originate: "file:list.csv" } # ${number} é\n`,
    lists: new Map([['list.csv', `number,note\r\n+1212555${String(number).padStart(4, '0')},é\r\n`]]),
  }
}

function open(t: TestContext, fresh: (t: TestContext) => StoreOnTrial): { policies: PolicyStore; store: StoreOnTrial } {
  const store = fresh(t)
  const policies = openPolicyStore(store.url)
  t.after(() => {
    try {
      policies.close()
    } catch {
      // The test has closed it.
    }
  })
  return { policies, store }
}

function change(policies: PolicyStore, what: Partial<PolicyChange> & Pick<PolicyChange, 'of'>) {
  return policies.change({
    step: 'applied',
    base: policies.inForce()?.version,
    by: ANN,
    note: '',
    origin: undefined,
    action: 'policy-applied',
    detail: {},
    atMs: 1000,
    ...what,
  })
}

function apply(policies: PolicyStore, of: PolicyText, more: Partial<PolicyChange> = {}): number {
  const changed = change(policies, { of, ...more })
  assert.equal(changed.kind, 'changed')
  return changed.kind === 'changed' ? changed.version : 0
}

/** Runs a process that changes policies one after the other, and kills it without warning. */
async function changeUntilKilled(url: string, round: number): Promise<void> {
  const child = spawn(process.execPath, [CHILD, url, String(round)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })
  lines.on('line', () => setTimeout(() => child.kill('SIGKILL'), 20 + Math.random() * 150))
  await Promise.all([once(child, 'exit'), once(lines, 'close')])
}

const ANN = { name: 'ann', account: 'ops' }
const CHILD = fileURLToPath(new URL('./contract-policy-child.ts', import.meta.url))
