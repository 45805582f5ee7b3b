// The commands of docs/accounts.md that need an account, on a store that has one.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Command } from 'commander'
import { openAccountStore } from '#edge/store/account-store.ts'
import { hashOf } from '#main/desk/accounts.ts'
import { accountCommands } from './account.ts'
import { EXIT, Stop } from './exit.ts'

const ANN = 'ann@northwire.example'

test('accounts are listed, changed, closed, opened, reset and given tokens from the command line', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'recourse-account-'))
  const url = `sqlite:${join(folder, 'recourse.db')}`
  const config = join(folder, 'recourse.yaml')
  writeFileSync(config, 'store: sqlite:./recourse.db\noffice: { public: "https://office.northwire.example" }\n')
  const account = async (...words: string[]): Promise<string> => {
    const program = new Command('recourse').exitOverride()
    accountCommands(program)
    let printed = ''
    const { mock } = t.mock.method(process.stdout, 'write', (text: string) => {
      printed += text
      return true
    })
    try {
      await program.parseAsync(['account', ...words, '--config', config], { from: 'user' })
    } finally {
      mock.restore()
    }
    return printed
  }
  const read = async (...words: string[]) => JSON.parse(await account(...words, '--json')) as Record<string, unknown>
  const store = openAccountStore(url)
  try {
    for (const [id, name, role] of [
      ['a', ANN, 'case-worker'],
      ['b', 'bob', 'admin'],
    ] as const)
      store.insertAccount({ id, name, role, password: '$argon2id$', madeAt: 1 })
    assert.match(await account('list'), /^ann@northwire\.example {2}case-worker {2}password {2}never signed in$/m)
    await read('role', ANN, 'auditor', '--by', 'Bob Lee')
    assert.equal(store.account('a')?.role, 'auditor')
    const made = await read('token', ANN, '--name', 'dashboard', '--scope', 'cases.read,exports', '--for', '90d')
    assert.deepEqual(store.tokenByHash(hashOf(String(made['token'])))?.scopes, ['cases.read', 'exports'])
    assert.match(await account('token', ANN), /dashboard {2}cases\.read,exports {2}until/)
    await read('token', ANN, '--end', String(made['id']))
    assert.match(await account('token', ANN), /dashboard .* ended/)
    await read('deactivate', ANN)
    assert.equal(store.account('a')?.isActive, false)
    await read('deactivate', ANN, '--undo')
    assert.match(
      String((await read('reset', ANN))['link']),
      /^https:\/\/office\.northwire\.example\/welcome\/[\w-]{22}$/,
    )
    assert.equal(store.account('a')?.password, undefined)
    const [role] = store.audit({ action: 'account-role-changed' }, 1)
    assert.deepEqual([role?.by.name, role?.subject], ['Bob Lee', `account ${ANN}`])

    for (const [words, said] of [
      [['role', 'nobody', 'auditor'], /there is no account nobody/],
      [['role', 'bob', 'boss'], /boss is no role/],
      [['role', 'bob', 'auditor'], /the last admin/],
      [['deactivate', 'bob'], /the last admin/],
      [['add', 'bob', '--role', 'admin'], /has this name already/],
      [['add', '+12125550142', '--role', 'admin'], /expected a name/],
      [['token', 'bob', '--name', 'x'], /needs --scope/],
      [['token', 'bob', '--name', 'x', '--scope', 'all'], /all is no scope/],
      [['token', 'bob', '--name', 'x', '--scope', 'exports', '--for', 'long'], /is no duration/],
      [['token', ANN, '--name', 'x', '--scope', 'accounts'], /found accounts/],
      [['first'], /accounts already/],
    ] as const) {
      await assert.rejects(account(...words), (stop) => {
        assert.ok(stop instanceof Stop && stop.exitCode === EXIT.unusable, words.join(' '))
        assert.match(stop.message, said)
        return !stop.message.includes('\n')
      })
    }
  } finally {
    store.close()
    rmSync(folder, { recursive: true })
  }
})
