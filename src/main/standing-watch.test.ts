import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseParty } from '#core/call/party.ts'
import type { NewStanding } from '#core/redress/standing.ts'
import { isKnown, liftFor, type Living } from '#core/rules/living.ts'
import { openForWriting } from '#edge/store/schema.ts'
import { endStanding, insertStanding } from '#edge/store/standing-store.ts'
import { callFacts } from '../../test/call-facts.ts'
import { watchStandings } from './standing-watch.ts'

test('what is in force is there at once, and what is added and ended comes after it', async (t) => {
  const store = openStore(t)
  const [before] = store.add(lift('+12125550117'))
  const [over] = store.add(lift('+12125550118'))
  store.end(over!)
  const watch = await store.watch()
  assert.equal(spares(watch.living, '+12125550117'), before)
  assert.equal(spares(watch.living, '+12125550118'), 0)
  const heard: Living[] = []
  watch.follow((living) => void heard.push(living))
  assert.deepEqual(heard, [watch.living])

  const [added] = store.add(lift('+12125550119'))
  await until('the lift', () => spares(watch.living, '+12125550119') === added || undefined)
  store.end(before!)
  await until('its end', () => spares(watch.living, '+12125550117') === 0 || undefined)

  assert.equal(heard.at(-1), watch.living)
  assert.equal(spares(watch.living, '+12125550119'), added)
  const { entries, changes, unusable, lookAgeMs } = watch.figures()
  assert.deepEqual([entries, changes, unusable], [1, 2, 0])
  assert.ok(lookAgeMs < 10_000)
})

test('when much has changed a new base is made beside the changes, and neither is lost', async (t) => {
  const store = openStore(t)
  const watch = await store.watch()
  const ids = store.add(...Array.from({ length: 6000 }, (_, index) => lift(numberOf(index))))
  await until('so many lifts', () => watch.living.size === ids.length || undefined)
  for (let index = 0; index < 20; index++) {
    store.end(ids[index]!)
    store.add(lift(numberOf(10_000 + index)))
  }
  await until('a base', () => watch.living.base.keyCount >= 4096 || undefined)
  await until('all changes', () => spares(watch.living, numberOf(10_019)) > 0 || undefined)

  const wrong = Array.from({ length: 10_020 }, (_, index) => index).filter((index) => {
    const isLifted = (index >= 20 && index < 6000) || index >= 10_000
    return spares(watch.living, numberOf(index)) > 0 !== isLifted
  })
  assert.deepEqual(wrong, [])
  assert.ok(watch.living.recent.keyCount < 4096)
})

test('more changes than are worth taking in one by one are read as a whole', async (t) => {
  const store = openStore(t)
  const watch = await store.watch()
  store.add(...Array.from({ length: 50_001 }, (_, index) => registered(numberOf(index))))
  await until('all of them', () => watch.living.size === 50_001 || undefined)
  assert.equal(watch.living.base.keyCount, 50_001)
  assert.ok(isKnown(watch.living, factsOf(numberOf(50_000))))
  assert.ok(!isKnown(watch.living, factsOf(numberOf(50_001))))
})

test('what cannot be read is told, and what was known stays in force', async (t) => {
  const store = openStore(t)
  const [first] = store.add(lift('+12125550117'))
  const watch = await store.watch()
  store.run(
    "INSERT INTO standing (\"from\", kind, number, origin, changed) VALUES (0, 'granted', '+12125550118', '', 2)",
  )
  await until('the trouble', () => store.troubles.length > 0 || undefined)
  assert.match(String(store.troubles[0]), /1 entries of desk or registry cannot be used/)
  assert.equal(watch.figures().unusable, 1)
  assert.equal(spares(watch.living, '+12125550117'), first)

  store.run('ALTER TABLE standing RENAME TO gone')
  await until('another trouble', () => store.troubles.length > 1 || undefined)
  assert.match(String(store.troubles[1]), /no such table/)
  assert.equal(spares(watch.living, '+12125550117'), first)

  store.run('ALTER TABLE gone RENAME TO standing')
  const [second] = store.add(lift('+12125550119'))
  await until('the next lift', () => spares(watch.living, '+12125550119') === second || undefined)
})

test('a store that cannot be read keeps a gate from starting', async (t) => {
  const directory = temporaryDirectory(t)
  await assert.rejects(
    watchStandings({ url: `sqlite:${join(directory, 'missing.db')}`, onTrouble: () => undefined }),
    /no ledger at/,
  )
})

function openStore(t: TestContext) {
  const path = join(temporaryDirectory(t), 'recourse.db')
  const db = openForWriting(path, 'off')
  t.after(() => db.close())
  const troubles: unknown[] = []
  const change = <T>(work: () => T): T => {
    db.exec('BEGIN IMMEDIATE')
    const made = work()
    db.exec('COMMIT')
    return made
  }
  return {
    troubles,
    add: (...entries: NewStanding[]) => change(() => entries.map((entry) => insertStanding(db, entry))),
    end: (id: number) => change(() => assert.ok(endStanding(db, id, Date.now()) && !endStanding(db, id, Date.now()))),
    run: (sql: string) => db.exec(sql),
    async watch() {
      const watch = await watchStandings({ url: `sqlite:${path}`, onTrouble: (cause) => void troubles.push(cause) })
      t.after(() => watch.close())
      return watch
    },
  }
}

const COMMON = { from: 0, until: undefined, origin: 'case' } as const

function lift(number: string): NewStanding {
  return { kind: 'lift', scope: { kind: 'number', number }, attestation: undefined, rule: undefined, ...COMMON }
}

function registered(number: string): NewStanding {
  return { kind: 'registered', scope: { kind: 'number', number }, registration: 'r1', ...COMMON }
}

function numberOf(index: number): string {
  return `+${13_000_000_000 + index * 7}`
}

function spares(living: Living, number: string): number {
  return liftFor(living, 'volume', factsOf(number))
}

function factsOf(number: string) {
  return callFacts({ calling: parseParty(number) })
}

function temporaryDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'recourse-standing-'))
  t.after(() => rmSync(directory, { recursive: true }))
  return directory
}

/** Looks again and again: what happens in the other thread says nothing of itself. */
async function until(what: string, holds: () => true | undefined): Promise<void> {
  const startMs = performance.now()
  while (holds() === undefined) {
    assert.ok(performance.now() - startMs < PATIENCE_MS, `waited ${PATIENCE_MS} ms in vain for ${what}`)
    await sleep(10)
  }
}

const PATIENCE_MS = 30_000
