import type { Command } from 'commander'
import { type Accounts, type AccountView, type Refusal, parseAccountName } from '#core/account/accounts.ts'
import { type Permission, PERMISSIONS, ROLES, type Role, parsePermission, parseRole } from '#core/account/permission.ts'
import { createPasswordHasher } from '#edge/account/password-hash.ts'
import { openAccountStore } from '#edge/store/account-store.ts'
import { actorOf } from './actor.ts'
import { createAccounts, makeFirstRunLink } from '#main/desk/accounts.ts'
import { termsOf } from '#main/desk/office-door.ts'
import { EXIT, Stop } from './exit.ts'
import { loadOrStop, openOrStop } from './load-or-stop.ts'
import { parseTime } from './ledger-time.ts'
import { showTime, visible } from './words.ts'

type AccountWords = { config?: string; store?: string; json?: boolean; by?: string }

/** What a subcommand works with: accounts on the store, who gives the command, and how to say what was done. */
type Desk = {
  readonly accounts: Accounts
  readonly by: { readonly name: string; readonly account: string }
  readonly firstRun: () => { readonly link: string; readonly until: number } | undefined
  /** Prints one result: an object for programs, lines for people. */
  readonly tell: (value: object, lines: readonly string[]) => void
}

/**
 * Adds `recourse account …`: who may work at the desk. It works on the store itself, so that whoever has the machine is never
 * shut out; beside a running desk too, which takes it in with its next request.
 */
export function accountCommands(program: Command): void {
  const account = program.command('account').description('who may work at the desk')
  const add = (name: string, description: string, example: string): Command =>
    account
      .command(name)
      .description(description)
      .option('--config <file>', 'the configuration that names the store and the office')
      .option('--store <url>', 'the store, like sqlite:./recourse.db')
      .option('--by <name>', 'who does this, for the audit trail')
      .option('--json', 'the outcome as JSON on standard output')
      .addHelpText('after', `\nExample:\n  $ npx recourse account ${example}`)

  add('list', 'list all accounts', 'list').action((words: AccountWords) =>
    withAccounts(words, ({ accounts, tell }) => {
      const list = accounts.list()
      tell(
        { accounts: list },
        list.length === 0 ? ['no accounts: recourse account add NAME --role admin'] : list.map(inWords),
      )
    }),
  )

  add('add', 'invite somebody: prints a link that makes the account', 'add ann@northwire.example --role case-worker')
    .argument('<name>', 'what she signs in by; an e-mail address is fine')
    .requiredOption('--role <role>', ROLES.join(', '))
    .action((name: string, words: AccountWords & { role: string }) =>
      withAccounts(words, ({ accounts, by, tell }) => {
        const { link, until } = orStop(accounts.invite(name, roleOf(words.role), by))
        tell({ link, until }, [link, `good once, until ${showTime(until)}; hand it over by a way you trust`])
      }),
    )

  add('role', 'give an account another role', 'role ann@northwire.example auditor')
    .argument('<name>', 'the account')
    .argument('<role>', ROLES.join(', '))
    .action((name: string, role: string, words: AccountWords) =>
      withAccounts(words, ({ accounts, by, tell }) => {
        const found = findOrStop(accounts, name)
        orStop(accounts.change(found.id, { role: roleOf(role) }, by))
        tell({ name: found.name, role }, [`${found.name} is ${role} now; its sessions ended`])
      }),
    )

  add('deactivate', 'close an account; its sessions and tokens are good no more', 'deactivate ann@northwire.example')
    .argument('<name>', 'the account')
    .option('--undo', 'open it again')
    .action((name: string, words: AccountWords & { undo?: boolean }) =>
      withAccounts(words, ({ accounts, by, tell }) => {
        const found = findOrStop(accounts, name)
        const isActive = words.undo === true
        orStop(accounts.change(found.id, { isActive }, by))
        tell({ name: found.name, isActive }, [`${found.name} is ${isActive ? 'open again' : 'closed'}`])
      }),
    )

  add(
    'reset',
    'take away password and second factor: prints a link to choose a new password',
    'reset ann@northwire.example',
  )
    .argument('<name>', 'the account')
    .action((name: string, words: AccountWords) =>
      withAccounts(words, ({ accounts, by, tell }) => {
        const { link, until } = orStop(accounts.reset(findOrStop(accounts, name).id, by))
        tell({ link, until }, [link, `good once, until ${showTime(until)}; hand it over by a way you trust`])
      }),
    )

  add('first', 'print the link that makes the first account, while there is none', 'first').action(
    (words: AccountWords) =>
      withAccounts(words, ({ firstRun, tell }) => {
        const made = firstRun()
        if (made === undefined)
          throw new Stop(EXIT.unusable, 'there are accounts already: recourse account add makes more')
        tell(made, [made.link, `good once, until ${showTime(made.until)}`])
      }),
  )

  add('token', 'make, list or end tokens of an account', 'token ann@northwire.example --name nagios --scope audit.read')
    .argument('<name>', 'the account that the token belongs to')
    .option('--name <token>', 'make one of this name')
    .option('--scope <scopes>', `what it may do, by commas: ${PERMISSIONS.join(', ')}`)
    .option('--for <duration>', 'how long it is good: 12h, 90d', '90d')
    .option('--end <id>', 'end the token with this id')
    .action((name: string, words: TokenWords) =>
      withAccounts(words, (desk) => changeTokens(desk, findOrStop(desk.accounts, name), words)),
    )
}

type TokenWords = AccountWords & { name?: string; scope?: string; for: string; end?: string }

function changeTokens({ accounts, by, tell }: Desk, account: AccountView, words: TokenWords): void {
  if (words.end !== undefined) {
    orStop(accounts.endToken(account.id, words.end, by))
    tell({ id: words.end }, [`the token ${words.end} is ended`])
    return
  }
  if (words.name === undefined) {
    const tokens = accounts.tokens(account.id)
    const lines = tokens.map(({ id, name, scopes, until, endedAt }) => {
      const end = endedAt === undefined ? `until ${showTime(until)}` : `ended ${showTime(endedAt)}`
      return `${id}  ${name}  ${scopes.join(',')}  ${end}`
    })
    tell({ tokens }, lines.length === 0 ? [`${account.name} has no tokens`] : lines)
    return
  }
  // What is so long ago is so long ahead, seen from the other side.
  const now = Date.now()
  const ago = /^\d/.test(words.for) && !words.for.includes('-') ? parseTime(words.for, now) : undefined
  if (ago === undefined)
    throw new Stop(EXIT.unusable, `--for ${visible(words.for)} is no duration: expected one such as 12h or 90d`)
  const token = { name: words.name, scopes: scopesOf(words.scope), until: 2 * now - ago }
  const made = orStop(accounts.makeToken(account.id, token, by))
  tell({ id: made.id, token: made.token, until: made.until }, [
    made.token,
    `it is shown this once; its id is ${made.id}, and it is good until ${showTime(made.until)}`,
  ])
}

function withAccounts(words: AccountWords, use: (desk: Desk) => void): Promise<void> {
  const { config } = loadOrStop(words.config)
  const by = actorOf(words.by)
  const office = config.office?.public ?? 'http://127.0.0.1:8082'
  return openOrStop(() => {
    const store = openAccountStore(words.store ?? `sqlite:${config.store.path}`)
    try {
      use({
        accounts: createAccounts({
          store,
          hasher: createPasswordHasher(),
          public: office,
          terms: termsOf(config.accounts, config.operator.name),
          oidc: undefined,
          now: () => Date.now(),
          alarm: () => undefined,
        }),
        by,
        firstRun: () => makeFirstRunLink(store, office, Date.now()),
        tell: (value, lines) => {
          const text = words.json === true ? [JSON.stringify(value)] : lines.map(visible)
          process.stdout.write(`${text.join('\n')}\n`)
        },
      })
    } finally {
      store.close()
    }
  })
}

function findOrStop(accounts: Accounts, given: string): AccountView {
  const name = parseAccountName(given)
  const found = accounts.list().find((account) => account.name === name)
  if (found !== undefined) return found
  throw new Stop(EXIT.unusable, `there is no account ${visible(given)}: recourse account list shows which there are`)
}

function roleOf(text: string): Role {
  const role = parseRole(text)
  if (role !== undefined) return role
  throw new Stop(EXIT.unusable, `${visible(text)} is no role: expected one of ${ROLES.join(', ')}`)
}

function scopesOf(text: string | undefined): Permission[] {
  if (text === undefined) throw new Stop(EXIT.unusable, 'a token needs --scope: what it may do')
  return text.split(',').map((word) => {
    const scope = parsePermission(word.trim())
    if (scope !== undefined) return scope
    throw new Stop(EXIT.unusable, `${visible(word)} is no scope: expected some of ${PERMISSIONS.join(', ')}`)
  })
}

function orStop<Value extends { readonly kind: string }>(value: Value | Refusal): Exclude<Value, Refusal> {
  if (value.kind === 'refused') throw new Stop(EXIT.unusable, (value as Refusal).detail)
  return value as Exclude<Value, Refusal>
}

function inWords({ name, role, isActive, hasSecondFactor, hasPassword, signedInAt }: AccountView): string {
  const seen = signedInAt === undefined ? 'never signed in' : `signed in ${showTime(signedInAt)}`
  const factors = [hasPassword ? 'password' : undefined, hasSecondFactor ? 'second factor' : undefined].filter(
    (word) => word !== undefined,
  )
  const state = isActive ? '' : '  closed'
  return `${name}  ${role}${state}  ${factors.join(' and ') || 'no password yet'}  ${seen}`
}
