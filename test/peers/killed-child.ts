// Registers businesses, or makes accounts and tokens, until it is killed, and writes to standard output each thing that it was told
// is safe. Run by journeys/killed.test.ts.
import { writeSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { ITEMS } from '#core/registry/vetting.ts'
import { createPasswordHasher } from '#edge/account/password-hash.ts'
import { openAccountStore } from '#edge/store/account-store.ts'
import { openRegistryStore } from '#edge/store/registry-store.ts'
import { makeRegistry } from '#main/registry/make-registry.ts'
import { createAccounts, makeFirstRunLink } from '#main/desk/accounts.ts'

/** A bound, should nobody kill it. */
const roundsMax = 10_000
const [what = '', path = '', round = '0', when = ''] = process.argv.slice(2)
const by = { name: 'ann', account: 'ann' }

/** Tells what a step said is safe; for the control, before the step is taken. */
async function told<Value>(line: string, step: () => Value | Promise<Value>): Promise<Value> {
  if (when === 'too-early') writeSync(1, `${line}\n`)
  const value = await step()
  if (when !== 'too-early') writeSync(1, `${line}\n`)
  return value
}

async function register(): Promise<void> {
  const store = openRegistryStore(`sqlite:${path}`)
  const db = new DatabaseSync(path, { readOnly: true })
  const { registry, vetting } = makeRegistry({
    store,
    terms: {
      public: 'https://desk.example',
      operator: 'Northwire',
      termMs: YEAR_MS,
      proofMs: YEAR_MS,
      confirmWithinMs: YEAR_MS,
    },
    plan: undefined,
    now: Date.now,
    assignDial: () => undefined,
    keepEvidence: async () => ({ kind: 'unknown' }),
    removeEvidence: () => undefined,
    readEvidence: async () => undefined,
    alarm: (cause) => console.error(cause),
  })
  writeSync(1, 'open\n')
  for (let at = 0; at < roundsMax; at++) {
    const name = `b${round}-${at}`
    const from = {
      address: `10.${Number(round)}.${at >> 8}.${at & 255}`,
      work: undefined,
      waited: false,
      once: undefined,
    }
    const numbers = `+1312${String(Number(round) * 10_000 + at).padStart(7, '0')}`
    const application = { way: 'page', fields: fieldsOf(name), numbers, faultyLines: 'refuse' } as const
    const opened = await told(`opened ${name}`, () => registry.open(application, from))
    if (opened.kind !== 'opened') throw new Error(opened.kind)
    const row = db
      .prepare("SELECT text FROM mail WHERE purpose = 'confirm' AND text IS NOT NULL ORDER BY id DESC LIMIT 1")
      .get()!
    const [, link = ''] = /\/g\/confirm\/([\w-]{22})/.exec(String(row['text']))!
    await told(`confirmed ${name}`, () => registry.confirm(link))
    for (const item of ITEMS) await vetting.vet(opened.id, item, 'passed', 'seen', by)
    await told(`approved ${name}`, () => vetting.approve(opened.id, 'all seen', by))
    await told(`proved ${name}`, () => vetting.prove(opened.id, 'letter', '', 'signed', by))
    if (at % 2 === 1) await told(`withdrawn ${name}`, () => vetting.withdraw(opened.id, 'asked for', by))
  }
}

async function account(): Promise<void> {
  const store = openAccountStore(`sqlite:${path}`)
  const accounts = createAccounts({
    store,
    hasher: createPasswordHasher({ memoryKib: 64, passes: 1, parallelism: 1 }),
    public: 'https://office.example',
    terms: { needsSecondFactor: false, idleMs: YEAR_MS, sessionMs: YEAR_MS, operator: 'Northwire' },
    oidc: undefined,
    now: Date.now,
    alarm: (cause) => console.error(cause),
  })
  const first = makeFirstRunLink(store, 'https://office.example', Date.now())
  if (first !== undefined) await accounts.acceptLink(keyIn(first.link), 'ann', PASSWORD, 'test')
  writeSync(1, 'open\n')
  for (let at = 0; at < roundsMax; at++) {
    const name = `w${round}-${at}`
    const invited = accounts.invite(name, 'case-worker', by)
    if (invited.kind !== 'made') throw new Error(invited.detail)
    await told(`made ${name}`, () => accounts.acceptLink(keyIn(invited.link), '', PASSWORD, `network ${at}`))
    const { id } = store.accountNamed(name)!
    const wish = { name: 'exports', scopes: ['cases.read'], until: Date.now() + 86_400_000 } as const
    const token = await told(`token ${name}`, () => accounts.makeToken(id, wish, by))
    if (token.kind !== 'made') throw new Error(token.detail)
    if (at % 2 === 1) await told(`ended ${name}`, () => accounts.endToken(id, token.id, by))
    if (at % 3 === 2) await told(`closed ${name}`, () => accounts.change(id, { isActive: false }, by))
  }
}

function fieldsOf(name: string) {
  return {
    legalName: name,
    contact: 'Ann Lee',
    email: `ann@${name}.example`,
    site: `https://${name}.example`,
    purpose: 'Reminders of appointments',
    callsPerDay: '250',
    provider: 'Northwire',
  }
}

function keyIn(link: string): string {
  return link.slice(link.lastIndexOf('/') + 1)
}

const YEAR_MS = 365 * 86_400_000
const PASSWORD = 'a long one that nobody guesses'

await (what === 'registry' ? register() : account())
