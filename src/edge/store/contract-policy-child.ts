// Changes policies until it is killed, or once to a list that it reads from standard input. Run by the contract.
import { readFileSync, writeSync } from 'node:fs'
import { openPolicyStore, type PolicyStore } from './policy-store.ts'

/** A bound, should nobody kill it. */
const CHANGES_MAX = 10_000
const [url = '', round = ''] = process.argv.slice(2)
const policies = openPolicyStore(url)
if (round === 'one') changeTo(policies, 'rules: []\n', readFileSync(0, 'utf8'))
else {
  writeSync(1, 'open\n')
  for (let number = 0; number < CHANGES_MAX; number++) {
    const list = Array.from({ length: 2_000 }, (_, at) => `+1${2_000_000_000 + at * 7 + number}\n`).join('')
    changeTo(policies, `rules: [] # ${round} ${number}\n`, list)
  }
}
policies.close()

function changeTo(policies: PolicyStore, yaml: string, list: string): void {
  policies.change({
    of: { yaml, lists: new Map([['list.csv', list]]) },
    step: 'applied',
    base: policies.inForce()?.version,
    by: { name: 'child', account: 'child' },
    note: '',
    origin: undefined,
    action: 'policy-applied',
    detail: {},
    atMs: Date.now(),
  })
}
