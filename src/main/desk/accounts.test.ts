import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HASHES_AT_A_TIME_MAX, HASHES_WAITING_MAX } from '#edge/account/password-hash.ts'
import { TOTP_STEP_MS } from '#edge/account/totp.ts'
import { FREE_TRIES } from '#core/account/sign-in-delays.ts'
import { OFFICE, PASSWORD, codeNow, linkOf, openTestOffice, sessionOf } from '../../../test/office.ts'
import { LINK_MS, RECOVERY_CODES, TOKENS_MAX, hashOf, makeFirstRunLink } from './accounts.ts'

const BY = { name: 'ann', account: 'test' }

test('the first account is made by a link that is good once, for an hour, and only while there is no account', async () => {
  const office = openTestOffice()
  try {
    const early = makeFirstRunLink(office.store, OFFICE, office.now)!
    const { link, until } = makeFirstRunLink(office.store, OFFICE, office.now)!
    assert.equal(until - office.now, LINK_MS['first-run'])
    const path = new URL(link).pathname
    const form = { name: 'ann', password: PASSWORD, again: PASSWORD }
    // The link of an earlier start is good no more, and the store never held the link itself.
    assert.equal((await office.ask('GET', new URL(early.link).pathname)).status, 404)
    assert.ok(office.store.link(hashOf(path.slice('/welcome/'.length))) !== undefined)
    assert.equal((await office.ask('GET', path)).status, 200)
    for (const [wrong, status] of [
      [{ ...form, again: 'something else' }, 400],
      [{ ...form, password: 'short', again: 'short' }, 400],
      [{ ...form, name: '+12125550142' }, 400],
    ] as const)
      assert.equal((await office.ask('POST', path, { form: wrong })).status, status)
    const made = await office.ask('POST', path, { form })
    assert.equal(made.status, 303)
    assert.match(
      made.headers.get('set-cookie')!,
      /^__Host-recourse=[\w-]{22}; Path=\/; Secure; HttpOnly; SameSite=Lax$/,
    )
    assert.equal((await office.ask('POST', path, { form: { ...form, name: 'bob' } })).status, 404)
    assert.equal(makeFirstRunLink(office.store, OFFICE, office.now), undefined)
    assert.deepEqual(
      office.accounts.list().map(({ name, role }) => [name, role]),
      [['ann', 'admin']],
    )
    const actions = office.accounts.audit({}, 10).map(({ action }) => action)
    assert.deepEqual(actions, ['account-signed-in', 'account-made'])
  } finally {
    office.close()
  }
})

test('a link is good until its time and not after', async () => {
  const office = openTestOffice()
  try {
    const { link } = makeFirstRunLink(office.store, OFFICE, office.now)!
    office.now += LINK_MS['first-run'] - 1
    assert.equal((await office.ask('GET', new URL(link).pathname)).status, 200)
    office.now++
    assert.equal((await office.ask('GET', new URL(link).pathname)).status, 404)
    const form = { name: 'ann', password: PASSWORD, again: PASSWORD }
    assert.equal((await office.ask('POST', new URL(link).pathname, { form })).status, 404)
    assert.equal(office.store.count(), 0)
  } finally {
    office.close()
  }
})

test('who signs in by a password has to set up a second factor before anything else is open', async () => {
  const office = openTestOffice()
  try {
    const { link } = makeFirstRunLink(office.store, OFFICE, office.now)!
    const form = { name: 'ann', password: PASSWORD, again: PASSWORD }
    const session = sessionOf(await office.ask('POST', new URL(link).pathname, { form }))
    const refused = await office.ask('GET', '/v1/accounts', { session })
    assert.equal(refused.status, 403)
    assert.match(await refused.text(), /problem:owes/)
    assert.match(await (await office.ask('GET', '/account', { session })).text(), /Set up a second factor/)
    const { session: next } = await office.staff('bob', 'admin')
    assert.equal((await office.ask('GET', '/v1/accounts', { session: next })).status, 200)
  } finally {
    office.close()
  }
})

test('a wrong code leaves the key and its picture on the page, for whoever has the key and for nobody else', async () => {
  const office = openTestOffice()
  try {
    const { link } = makeFirstRunLink(office.store, OFFICE, office.now)!
    const owner = { name: 'ann', password: PASSWORD, again: PASSWORD }
    const session = sessionOf(await office.ask('POST', new URL(link).pathname, { form: owner }))
    const first = await office.ask('POST', '/account/second-factor', { session, form: { password: PASSWORD } })
    const begun = await first.text()
    const key = /name="key" value="([A-Z2-7]{32})"/.exec(begun)![1]!
    const picture = /<svg class="qr".*<\/svg>/.exec(begun)![0]
    const wrong = (form: Record<string, string>) =>
      office.ask('POST', '/account/second-factor/code', { session, form: { code: 'abcdef', ...form } })

    const again = await wrong({ key })
    assert.equal(again.status, 400)
    const page = await again.text()
    assert.ok(page.includes(picture) && page.includes(`value="${key}"`), 'the same key')
    assert.match(page, /<span class="fault" id="code-fault">Enter the six digits that the app shows now\./)
    assert.match(page, /id="code"[^>]* aria-describedby="code-fault" aria-invalid="true"/)

    for (const shown of [{}, { key: '' }, { key: 'A'.repeat(32) }]) {
      office.now += 60_000
      const blind = await (await wrong(shown)).text()
      assert.ok(!blind.includes(key) && !blind.includes('<svg class="qr"'), JSON.stringify(shown))
    }
  } finally {
    office.close()
  }
})

test('where the configuration wants no second factor, a password is enough', async () => {
  const office = openTestOffice({ terms: { needsSecondFactor: false } })
  try {
    const { link } = makeFirstRunLink(office.store, OFFICE, office.now)!
    const form = { name: 'ann', password: PASSWORD, again: PASSWORD }
    const session = sessionOf(await office.ask('POST', new URL(link).pathname, { form }))
    assert.equal((await office.ask('GET', '/v1/accounts', { session })).status, 200)
  } finally {
    office.close()
  }
})

test('signing in takes name, password and code; whatever of it is wrong, the answer is the same', async () => {
  const office = openTestOffice()
  try {
    const ann = await office.staff('ann', 'admin')
    const bob = await office.staff('bob', 'auditor')
    office.accounts.change(bob.id, { isActive: false }, BY)
    const good = () => ({ name: 'ann', password: PASSWORD, code: codeNow(office, ann.totp) })
    const wrong = [
      { ...good(), name: 'nobody' },
      { ...good(), name: '<script>' },
      { ...good(), password: `${PASSWORD}.` },
      { ...good(), code: '' },
      { ...good(), code: '000000' },
      { ...good(), code: 'AAAA-AAAA-AAAA-AAAA' },
      { name: 'bob', password: PASSWORD, code: codeNow(office, bob.totp) },
    ]
    const answers = new Set<string>()
    for (const [index, json] of wrong.entries()) {
      const response = await office.ask('POST', '/v1/session', { json, from: `192.0.2.${index + 10}` })
      assert.equal(response.status, 401)
      assert.equal(response.headers.get('set-cookie'), null)
      answers.add(await response.text())
    }
    assert.equal(answers.size, 1, [...answers].join('\n'))
    const right = await office.ask('POST', '/v1/session', { json: good() })
    assert.equal(right.status, 200)
    assert.equal(((await right.json()) as { name: string }).name, 'ann')
    // A code is good once, also in another browser.
    assert.equal((await office.ask('POST', '/v1/session', { json: good() })).status, 401)
    office.now += TOTP_STEP_MS
    assert.equal((await office.ask('POST', '/v1/session', { json: good() })).status, 200)
  } finally {
    office.close()
  }
})

test('a recovery code signs in once', async () => {
  const office = openTestOffice()
  try {
    const ann = await office.staff('ann', 'admin')
    assert.equal(new Set(ann.recoveryCodes).size, RECOVERY_CODES)
    const json = { name: 'ann', password: PASSWORD, code: ann.recoveryCodes[3]!.toLowerCase() }
    assert.equal((await office.ask('POST', '/v1/session', { json })).status, 200)
    assert.equal((await office.ask('POST', '/v1/session', { json })).status, 401)
    const again = { ...json, code: ann.recoveryCodes[4]! }
    const made = await office.ask('POST', '/v1/session/recovery-codes', {
      session: ann.session,
      json: { password: PASSWORD },
    })
    assert.equal(made.status, 200)
    // New ones end the old ones.
    assert.equal((await office.ask('POST', '/v1/session', { json: again })).status, 401)
  } finally {
    office.close()
  }
})

test('signing in gives another session and ends the one before; so do a new password and a second factor', async () => {
  const office = openTestOffice()
  try {
    const ann = await office.staff('ann', 'admin')
    const show = async (session: string) => (await office.ask('GET', '/v1/session', { session })).status
    assert.equal(await show(ann.session), 200)
    const json = { name: 'ann', password: PASSWORD, code: codeNow(office, ann.totp) }
    const next = sessionOf(await office.ask('POST', '/v1/session', { session: ann.session, json }))
    assert.notEqual(next, ann.session)
    assert.deepEqual([await show(ann.session), await show(next)], [401, 200])
    assert.equal(office.store.session(next), undefined, 'only hashes of sessions are kept')

    const change = { password: PASSWORD, newPassword: 'another long row of words' }
    const wrong = await office.ask('PUT', '/v1/session/password', {
      session: next,
      json: { ...change, password: 'not the password' },
    })
    assert.equal(wrong.status, 400)
    const changed = await office.ask('PUT', '/v1/session/password', { session: next, json: change })
    assert.deepEqual([await show(next), await show(sessionOf(changed))], [401, 200])
  } finally {
    office.close()
  }
})

test('a session ends when it is not used, at its time, by signing out, and everywhere at once', async () => {
  const office = openTestOffice({ terms: { idleMs: 600_000, sessionMs: 3_600_000 } })
  try {
    const ann = await office.staff('ann', 'admin')
    const show = async (session: string) => (await office.ask('GET', '/v1/session', { session })).status
    const signIn = async () => {
      office.now += TOTP_STEP_MS
      const json = { name: 'ann', password: PASSWORD, code: codeNow(office, ann.totp) }
      return sessionOf(await office.ask('POST', '/v1/session', { json }))
    }
    const idle = await signIn()
    office.now += 600_000
    assert.equal(await show(idle), 200)
    office.now += 600_001
    assert.equal(await show(idle), 401)

    const used = await signIn()
    for (let passed = 0; passed < 3_600_000 - 300_000; passed += 300_000) {
      office.now += 300_000
      assert.equal(await show(used), 200)
    }
    office.now += 300_000
    assert.equal(await show(used), 401)

    const [one, two] = [await signIn(), await signIn()]
    assert.equal((await office.ask('DELETE', '/v1/session', { session: one })).status, 204)
    assert.deepEqual([await show(one), await show(two)], [401, 200])
    const three = await signIn()
    assert.equal((await office.ask('DELETE', '/v1/session/all', { session: three })).status, 204)
    assert.deepEqual([await show(two), await show(three)], [401, 401])
  } finally {
    office.close()
  }
})

test('an unsafe request with a cookie comes from our own page, or is refused', async () => {
  const office = openTestOffice()
  try {
    const { session } = await office.staff('ann', 'admin')
    const cookie = { cookie: `__Host-recourse=${session}` }
    const json = { name: 'bob', role: 'auditor' }
    for (const [headers, status] of [
      [{ ...cookie, origin: OFFICE }, 200],
      [{ ...cookie, 'sec-fetch-site': 'same-origin' }, 409],
      [cookie, 403],
      [{ ...cookie, origin: 'null' }, 403],
      [{ ...cookie, origin: 'https://evil.example' }, 403],
      [{ ...cookie, origin: `${OFFICE}.evil.example` }, 403],
      [{ ...cookie, origin: OFFICE, 'sec-fetch-site': 'cross-site' }, 403],
      [{ ...cookie, 'sec-fetch-site': 'same-site' }, 403],
      [{ ...cookie, 'sec-fetch-site': 'none' }, 403],
    ] as const) {
      const response = await office.ask('POST', '/v1/accounts/invitations', { json, headers })
      if (status === 200) {
        // The name is taken from here on, so that the next good request is told so by the route itself.
        await office.ask('POST', new URL(((await response.json()) as { link: string }).link).pathname, {
          form: { name: 'bob', password: PASSWORD, again: PASSWORD },
        })
      }
      assert.equal(response.status, status, JSON.stringify(headers))
    }
    // Reading takes no such header, and signing in by a script has none.
    assert.equal((await office.ask('GET', '/v1/accounts', { headers: cookie })).status, 200)
    const stranger = { name: 'ann', password: 'wrong', code: '' }
    assert.equal((await office.ask('POST', '/v1/session', { json: stranger })).status, 401)
    const forged = { origin: 'https://evil.example' }
    assert.equal((await office.ask('POST', '/v1/session', { json: stranger, headers: forged })).status, 403)
    assert.equal((await office.ask('POST', '/sign-in', { form: { name: 'ann' }, headers: forged })).status, 403)
  } finally {
    office.close()
  }
})

test('guessing makes who guesses wait, and nobody else', async () => {
  const office = openTestOffice()
  try {
    const ann = await office.staff('ann', 'admin')
    const guess = (from: string, name = 'ann') =>
      office.ask('POST', '/v1/session', { json: { name, password: 'a wrong password', code: '' }, from })
    for (let tried = 0; tried < FREE_TRIES; tried++) assert.equal((await guess('203.0.113.9')).status, 401)
    const made = await guess('203.0.113.9')
    assert.equal(made.status, 429)
    assert.equal(made.headers.get('retry-after'), '1')
    // A name that is nobody's waits just so.
    for (let tried = 0; tried < FREE_TRIES; tried++) await guess('203.0.113.10', 'nobody')
    const other = await guess('203.0.113.10', 'nobody')
    assert.deepEqual([other.status, await other.text()], [429, await made.text()])
    const json = { name: 'ann', password: PASSWORD, code: codeNow(office, ann.totp) }
    assert.equal((await office.ask('POST', '/v1/session', { json, from: '192.0.2.77' })).status, 200)
    assert.equal(office.accounts.audit({ action: 'account-sign-in-failed' }, 10).length, 1)
  } finally {
    office.close()
  }
})

test('the page to sign in says what to do now, to who mistypes, to who is too quick, and to whose session is over', async () => {
  const office = openTestOffice()
  try {
    const browser = { 'sec-fetch-site': 'same-origin', accept: 'text/html' }
    const ask = async () => {
      const form = { name: 'ann', password: 'a wrong password', code: '', to: '' }
      return (await office.ask('POST', '/sign-in', { form, headers: browser, from: '203.0.113.9' })).text()
    }
    assert.match(await ask(), /The name, the password or the code is wrong: type all of them again, with the code/)
    for (let tried = 1; tried < FREE_TRIES; tried++) await ask()
    assert.match(await ask(), /Too many tries: try again in 1 second\./)
    const over = await office.ask('POST', '/account/password', {
      form: {},
      session: 'A'.repeat(22),
      headers: { accept: 'text/html' },
    })
    assert.equal(over.status, 401)
    assert.match(await over.text(), /Your session is over, and nothing was changed\. Sign in again/)
    assert.doesNotMatch(await ask(), /expected|Bearer/)
  } finally {
    office.close()
  }
})

test('a role, a closed account and a reset count from the next request on, and the last admin stays one', async () => {
  const office = openTestOffice()
  try {
    const ann = await office.staff('ann', 'admin')
    const bob = await office.staff('bob', 'auditor')
    const patch = (id: string, json: object) =>
      office.ask('PATCH', `/v1/accounts/${id}`, { session: ann.session, json })
    const reads = async (session: string) => (await office.ask('GET', '/v1/audit', { session })).status
    assert.equal(await reads(bob.session), 200)
    assert.equal((await patch(bob.id, { role: 'vetting' })).status, 204)
    assert.equal(await reads(bob.session), 401)
    const signIn = () =>
      office.ask('POST', '/v1/session', { json: { name: 'bob', password: PASSWORD, code: codeNow(office, bob.totp) } })
    const session = sessionOf(await signIn())
    assert.equal(await reads(session), 403)
    assert.equal((await patch(bob.id, { isActive: false })).status, 204)
    assert.equal(await reads(session), 401)
    office.now += TOTP_STEP_MS
    assert.equal((await signIn()).status, 401)
    assert.equal((await patch(bob.id, { isActive: true })).status, 204)

    const spare = { name: 'spare', scopes: [], until: office.now + 86_400_000 }
    assert.equal(office.accounts.makeToken(bob.id, spare, { name: 'bob', account: bob.id }).kind, 'made')
    const ended = () => office.accounts.tokens(bob.id).map(({ endedAt }) => endedAt !== undefined)
    assert.deepEqual(ended(), [false])
    const { link } = (await (
      await office.ask('POST', `/v1/accounts/${bob.id}/reset`, { session: ann.session })
    ).json()) as { link: string }
    assert.equal((await signIn()).status, 401)
    assert.deepEqual(ended(), [true], 'tokens end with the rest')
    const form = { password: 'some other row of words', again: 'some other row of words' }
    const taken = await office.ask('POST', new URL(link).pathname, { form })
    assert.equal(taken.status, 303)
    assert.equal((await office.ask('GET', '/v1/audit', { session: sessionOf(taken) })).status, 403)

    for (const change of [{ role: 'auditor' }, { isActive: false }])
      assert.equal((await patch(ann.id, change)).status, 409)
    const actions = new Set(office.accounts.audit({ subject: 'account bob' }, 100).map(({ action }) => action))
    for (const action of [
      'account-role-changed',
      'account-deactivated',
      'account-reactivated',
      'account-reset',
      'account-token-ended',
    ])
      assert.ok(actions.has(action), action)
  } finally {
    office.close()
  }
})

test('the audit trail is read page by page to its end, each entry once, and by who, what and when', async () => {
  const office = openTestOffice()
  try {
    const { id, session } = await office.staff('ann', 'admin')
    for (let index = 0; index < 5; index++) {
      office.now += 1_000
      office.accounts.invite(`bob-${index}`, 'auditor', BY)
    }
    type Page = { entries: { number: number; at: number; by: { name: string } }[]; after?: string }
    const ask = async (query: string): Promise<Page> => {
      const answer = await office.ask('GET', `/v1/audit?${query}`, { session })
      assert.equal(answer.status, 200, await answer.clone().text())
      return (await answer.json()) as Page
    }
    const whole = await ask('limit=1000')
    assert.equal(whole.after, undefined)
    assert.ok(whole.entries.length >= 7)
    const read: number[] = []
    let pages = 0
    for (let after: string | undefined = ''; after !== undefined; pages++) {
      const page: Page = await ask(`limit=2${after === '' ? '' : `&after=${after}`}`)
      // What is written meanwhile is newer than every page to come.
      office.accounts.invite(`meanwhile-${pages}`, 'auditor', BY)
      read.push(...page.entries.map(({ number }) => number))
      ;({ after } = page)
    }
    assert.deepEqual(
      read,
      whole.entries.map(({ number }) => number),
    )
    assert.equal(pages, Math.ceil(read.length / 2), 'and no empty page behind the last')

    const by = async (query: string) => new Set((await ask(`limit=1000&${query}`)).entries.map((one) => one.by.name))
    assert.deepEqual(await by('by=ann'), new Set(['ann']))
    assert.deepEqual(await by(`by=${id}`), new Set(['ann']))
    assert.deepEqual(await by('by=an'), new Set())
    const { at } = whole.entries[1]!
    const spans = await Promise.all([ask(`since=${at}&limit=1000`), ask(`until=${at}&limit=1000`)])
    assert.ok(spans[0].entries.every((one) => one.at >= at) && spans[1].entries.every((one) => one.at < at))
    assert.ok(spans.every(({ entries }) => entries.length > 0))
    for (const wrong of ['after=first', 'limit=1001', 'until=today', 'who=ann'])
      assert.equal((await office.ask('GET', `/v1/audit?${wrong}`, { session })).status, 400, wrong)
  } finally {
    office.close()
  }
})

test('a token or a link asked for again under the same key is the same one, for ten minutes; another body under it is refused', async () => {
  const office = openTestOffice()
  try {
    const { session } = await office.staff('ann', 'admin')
    const post = async (path: string, json: object, key: string) => {
      const answer = await office.ask('POST', path, { session, json, headers: { 'idempotency-key': key } })
      return { status: answer.status, text: await answer.text() }
    }
    const token = { name: 'nagios', scopes: ['audit.read'], until: office.now + 86_400_000 }
    const invitation = { name: 'bob', role: 'auditor' }
    for (const [path, body, other] of [
      ['/v1/tokens', token, { ...token, name: 'icinga' }],
      ['/v1/accounts/invitations', invitation, { ...invitation, role: 'admin' }],
    ] as const) {
      const first = await post(path, body, 'one')
      assert.equal(first.status, 200, first.text)
      assert.deepEqual(await post(path, body, 'one'), first, path)
      const reused = await post(path, other, 'one')
      assert.equal(reused.status, 422, path)
      assert.match(reused.text, /key-reused/)
      const second = await post(path, other, 'two')
      assert.equal(second.status, 200, second.text)
      assert.notEqual(second.text, first.text, path)
    }
    const tokens = (await (await office.ask('GET', '/v1/tokens', { session })).json()) as { tokens: unknown[] }
    assert.equal(tokens.tokens.length, 2)
  } finally {
    office.close()
  }
})

test('a token does what its scopes say until it ends, and what its owner may no more it may no more either', async () => {
  const office = openTestOffice()
  try {
    const ann = await office.staff('ann', 'admin')
    const until = office.now + 86_400_000
    const make = (json: object, session = ann.session) => office.ask('POST', '/v1/tokens', { session, json })
    const made = (await (await make({ name: 'nagios', scopes: ['audit.read'], until })).json()) as {
      id: string
      token: string
    }
    assert.match(made.token, /^rcs_[\w-]{43}$/)
    const reads = async (token: string, path = '/v1/audit') => (await office.ask('GET', path, { token })).status
    assert.equal(await reads(made.token), 200)
    assert.equal(await reads(made.token, '/v1/accounts'), 403)
    assert.equal(await reads(made.token, '/v1/tokens'), 403)
    assert.equal(await reads(`${made.token}x`), 401)
    // A good session beside a bad token helps nothing.
    const both = { session: ann.session, token: 'rcs_wrong' }
    assert.equal((await office.ask('GET', '/v1/audit', both)).status, 401)

    office.now = until
    assert.equal(await reads(made.token), 401)
    const again = sessionOf(
      await office.ask('POST', '/v1/session', {
        json: { name: 'ann', password: PASSWORD, code: codeNow(office, ann.totp) },
      }),
    )
    const next = (await (
      await make({ name: 'nagios', scopes: ['audit.read'], until: office.now + 1_000 }, again)
    ).json()) as { id: string; token: string }
    assert.equal(await reads(next.token), 200)
    const end = () => office.ask('DELETE', `/v1/tokens/${next.id}`, { session: again })
    assert.equal((await end()).status, 204)
    assert.equal(await reads(next.token), 401)

    const bob = await office.staff('bob', 'auditor')
    for (const [json, status] of [
      [{ name: 'x', scopes: ['cases.decide'], until: office.now + 1_000 }, 400],
      [{ name: 'x', scopes: [], until: office.now + 1_000 }, 400],
      [{ name: 'x', scopes: ['audit.read'], until: office.now }, 400],
      [{ name: 'x', scopes: ['audit.read'], until: office.now + 400 * 86_400_000 }, 400],
      [{ name: 'x', scopes: ['audit.read'], until: office.now + 1_000, role: 'admin' }, 400],
    ] as const)
      assert.equal((await make(json, bob.session)).status, status, JSON.stringify(json))
    const tokens: string[] = []
    for (let index = 0; index < TOKENS_MAX; index++) {
      const one = office.accounts.makeToken(
        bob.id,
        { name: `t${index}`, scopes: ['audit.read'], until: office.now + 9 },
        BY,
      )
      assert.equal(one.kind, 'made')
      if (one.kind === 'made') tokens.push(one.token)
    }
    assert.equal(
      office.accounts.makeToken(bob.id, { name: 'y', scopes: ['audit.read'], until: office.now + 9 }, BY).kind,
      'refused',
    )
    assert.equal(await reads(tokens[0]!), 200)
    office.accounts.change(bob.id, { role: 'vetting' }, BY)
    assert.equal(await reads(tokens[0]!), 403)
    office.accounts.change(bob.id, { isActive: false }, BY)
    assert.equal(await reads(tokens[0]!), 401)
  } finally {
    office.close()
  }
})

test('the pages work as forms, hold no script, and show what strangers typed as text', async () => {
  const office = openTestOffice()
  try {
    const ann = await office.staff('ann', 'admin')
    const html = { accept: 'text/html' }
    const away = await office.ask('GET', '/account', { headers: html })
    assert.deepEqual([away.status, away.headers.get('location')], [303, '/sign-in?to=%2Faccount'])
    const hostile = '"><script>alert(1)</script>'
    const refused = await office.ask('POST', '/sign-in', {
      form: { name: hostile, password: 'x', code: '', to: '//evil.example' },
    })
    assert.equal(refused.status, 401)
    const text = await refused.text()
    assert.ok(!text.includes('<script'))
    assert.ok(!text.includes('evil.example'))
    assert.ok(text.includes('&lt;script&gt;'))
    assert.match(refused.headers.get('content-security-policy')!, /default-src 'none'/)
    for (const [to, place] of [
      ['/account?a=1', '/account?a=1'],
      ['//evil.example', '/'],
      ['/\\evil.example', '/'],
      ['https://evil.example', '/'],
    ] as const) {
      office.now += TOTP_STEP_MS
      const form = { name: 'ann', password: PASSWORD, code: codeNow(office, ann.totp), to }
      const entered = await office.ask('POST', '/sign-in', { form })
      assert.deepEqual([entered.status, entered.headers.get('location')], [303, place])
    }
    const begun = await office.ask('POST', '/account/second-factor', {
      session: ann.session,
      form: { password: PASSWORD },
    })
    assert.match(await begun.text(), /otpauth:\/\/totp\/Northwire:ann\?secret=[A-Z2-7]{32}&amp;issuer=Northwire/)
    const out = await office.ask('POST', '/sign-out', { session: ann.session, form: {} })
    assert.match(out.headers.get('set-cookie')!, /^__Host-recourse=; Max-Age=0/)
    assert.equal((await office.ask('GET', '/account', { session: ann.session })).status, 401)
  } finally {
    office.close()
  }
})

test('an invitation makes one account of the role that it says', async () => {
  const office = openTestOffice()
  try {
    await office.staff('ann', 'admin')
    const path = new URL(linkOf(office.accounts.invite('bob@northwire.example', 'vetting', BY))).pathname
    const form = { name: 'admin', password: PASSWORD, again: PASSWORD }
    const both = await Promise.all([
      office.ask('POST', path, { form }),
      office.ask('POST', path, { form, from: '192.0.2.2' }),
    ])
    assert.deepEqual(
      both.map(({ status }) => status).toSorted((a, b) => a - b),
      [303, 404],
    )
    assert.equal(office.store.accountNamed('bob@northwire.example')?.role, 'vetting')
    assert.equal(office.store.count(), 2)
    assert.equal(office.accounts.invite('ANN', 'admin', BY).kind, 'refused')
  } finally {
    office.close()
  }
})

test('of a flood of junk logins a few are looked at, and all others are told to come again at once', async () => {
  const office = openTestOffice()
  try {
    await office.staff('ann', 'admin')
    const json = (index: number) => ({ name: `user${index}`, password: 'a junk password' })
    const answers = await Promise.all(
      Array.from({ length: 500 }, (_, index) =>
        office.ask('POST', '/v1/session', { json: json(index), from: `10.0.${index >> 8}.${index & 255}` }),
      ),
    )
    const count = (status: number) => answers.filter((answer) => answer.status === status).length
    assert.equal(count(401) + count(503), 500)
    // What runs and what waits; no place came free before all had asked.
    assert.ok(count(401) >= 1 && count(401) <= HASHES_AT_A_TIME_MAX + HASHES_WAITING_MAX, `${count(401)} looked at`)
    assert.equal(answers.find(({ status }) => status === 503)!.headers.get('retry-after'), '5')
    assert.deepEqual(office.alarms, [])
    // Nothing of it entered the audit trail: these names are nobody's.
    assert.equal(office.accounts.audit({ action: 'account-sign-in-failed' }, 10).length, 0)
  } finally {
    office.close()
  }
})

test('invitations that wait are listed with who invited, and one that is withdrawn opens nothing', async () => {
  const office = openTestOffice()
  try {
    const { session } = await office.staff('ann', 'admin')
    const kept = new URL(linkOf(office.accounts.invite('bob@northwire.example', 'vetting', BY))).pathname
    office.now += 1_000
    const gone = new URL(linkOf(office.accounts.invite('carl@northwire.example', 'auditor', BY))).pathname

    const read = async () => {
      const response = await office.ask('GET', '/v1/accounts/invitations', { session })
      return ((await response.json()) as { invitations: Record<string, unknown>[] }).invitations
    }
    const [first, second, ...more] = await read()
    assert.deepEqual(first, {
      id: first!['id'],
      name: 'bob@northwire.example',
      role: 'vetting',
      by: BY.name,
      madeAt: office.now - 1_000,
      until: office.now - 1_000 + LINK_MS.invitation,
    })
    assert.deepEqual([second!['name'], more], ['carl@northwire.example', []])
    assert.ok(!JSON.stringify([first, second]).includes(gone.slice('/welcome/'.length)), 'the link itself is not told')

    const place = `/v1/accounts/invitations/${String(second!['id'])}`
    assert.equal((await office.ask('DELETE', place, { session })).status, 204)
    assert.equal((await office.ask('DELETE', place, { session })).status, 404)
    assert.equal((await office.ask('GET', gone)).status, 404)
    assert.equal((await office.ask('GET', kept)).status, 200)
    const [noted] = office.accounts.audit({ action: 'account-invitation-withdrawn' }, 10)
    assert.deepEqual(
      [noted?.by.name, noted?.subject, noted?.words],
      [
        'ann',
        'account carl@northwire.example',
        'an invitation to have an account was withdrawn before it was taken up',
      ],
    )
    // The clock goes on between an entry and its link; who invites again later takes nobody's place.
    office.now += 5_000
    office.accounts.invite('eve@northwire.example', 'vetting', BY)
    office.now += 5_000
    office.accounts.invite('eve@northwire.example', 'vetting', { name: 'dan', account: 'test' })
    const at = office.now
    const account = { name: 'fay', role: 'vetting', account: undefined } as const
    office.store.note({ at, by: BY, action: 'account-invited', subject: 'account fay', detail: {} })
    const link = { hash: hashOf('x'), kind: 'invitation', ...account } as const
    office.store.insertLink({ ...link, madeAt: at + 3, until: at + LINK_MS.invitation })
    assert.deepEqual(
      (await read()).map(({ name, by }) => [name, by]),
      [
        ['bob@northwire.example', BY.name],
        ['eve@northwire.example', BY.name],
        ['eve@northwire.example', 'dan'],
        ['fay', BY.name],
      ],
    )
    office.now += LINK_MS.invitation
    const { session: later } = await office.staff('dora', 'admin')
    const response = await office.ask('GET', '/v1/accounts/invitations', { session: later })
    assert.deepEqual(await response.json(), { invitations: [] }, 'what is over is not listed')
  } finally {
    office.close()
  }
})
