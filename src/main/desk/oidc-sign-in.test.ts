import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Role } from '#core/account/permission.ts'
import { BINDING_COOKIE } from '#edge/http/accounts/session-cookie.ts'
import { OFFICE, PASSWORD, type TestOffice, linkOf, openTestOffice, sessionOf } from '../../../test/office.ts'
import { OIDC_LIES, type OidcTestProvider, startOidcProvider } from '../../../test/oidc-provider.ts'
import { makeFirstRunLink } from './accounts.ts'

const CLIENT = { id: 'recourse', secret: 'a secret of the provider' }
const BY = { name: 'ann', account: 'test' }

test('an identity whose claim gives a role signs in, and its role follows the claim', async () => {
  await withProvider({ staff: 'case-worker', boss: 'admin' }, async (office, provider) => {
    provider.claims = { sub: 'u1', preferred_username: 'Ann@Northwire.example', groups: ['others', 'staff'] }
    const entered = await signIn(office, provider)
    assert.deepEqual([entered.status, entered.headers.get('location')], [303, '/'])
    const show = async (response: Response) =>
      (await (await office.ask('GET', '/v1/session', { session: sessionOf(response) })).json()) as Record<
        string,
        unknown
      >
    const who = await show(entered)
    assert.deepEqual([who['name'], who['role'], who['owes']], ['ann@northwire.example', 'case-worker', 'nothing'])

    provider.claims = { ...provider.claims, groups: 'boss' }
    const again = await show(await signIn(office, provider))
    assert.deepEqual([again['account'], again['role']], [who['account'], 'admin'])
    assert.equal((await office.ask('GET', '/v1/session', { session: sessionOf(entered) })).status, 401)

    // Without a role any more she stays out, and what she had open ends.
    provider.claims = { ...provider.claims, groups: [] }
    assert.equal((await signIn(office, provider)).status, 401)
    assert.equal(office.store.count(), 1)
    assert.equal(provider.given(), 3)
  })
})

test('an identity comes to an account by an invitation, and never by a name that is the same', async () => {
  await withProvider({}, async (office, provider) => {
    await office.staff('ann', 'admin')
    provider.claims = { sub: 'u1', preferred_username: 'ann' }
    assert.equal((await signIn(office, provider)).status, 401)
    const link = linkOf(office.accounts.invite('bob', 'vetting', BY))
    const token = new URL(link).pathname.slice('/welcome/'.length)
    const entered = await signIn(office, provider, `?link=${token}`)
    assert.equal(entered.status, 303)
    assert.equal(office.store.accountNamed('bob')?.role, 'vetting')
    // The invitation is used up; the identity is known from here on.
    provider.claims = { sub: 'u2' }
    assert.equal((await signIn(office, provider, `?link=${token}`)).status, 401)
    provider.claims = { sub: 'u1' }
    assert.equal((await signIn(office, provider)).status, 303)
    office.accounts.change(office.store.accountNamed('bob')!.id, { isActive: false }, BY)
    assert.equal((await signIn(office, provider)).status, 401)
    // It has no password that could be guessed.
    const guess = { name: 'bob', password: '', code: '' }
    assert.equal((await office.ask('POST', '/v1/session', { json: guess })).status, 401)
  })
})

test('a claim that gives a role takes nobody else’s account, and the link of a first start is no invitation', async () => {
  await withProvider({ staff: 'admin' }, async (office, provider) => {
    const { link } = makeFirstRunLink(office.store, OFFICE, office.now)!
    const token = new URL(link).pathname.slice('/welcome/'.length)
    provider.claims = { sub: 'u1', preferred_username: 'mallory', groups: [] }
    assert.equal((await signIn(office, provider, `?link=${token}`)).status, 401)
    const form = { name: 'ann', password: PASSWORD, again: PASSWORD }
    assert.equal((await office.ask('POST', new URL(link).pathname, { form })).status, 303)
    provider.claims = { sub: 'u1', preferred_username: 'ann', groups: ['staff'] }
    assert.equal((await signIn(office, provider)).status, 409)
    assert.equal(office.store.accountOfIdentity(provider.issuer, 'u1'), undefined)
  })
})

for (const lie of OIDC_LIES) {
  test(`an ID token that is wrong lets nobody in: ${lie}`, async () => {
    await withProvider({ staff: 'admin' }, async (office, provider) => {
      provider.claims = { sub: 'u1', preferred_username: 'ann', groups: ['staff'] }
      provider.lie = lie
      const refused = await signIn(office, provider)
      assert.equal(refused.status, 401)
      assert.equal(refused.headers.get('set-cookie'), null)
      assert.equal(office.store.count(), 0)
      assert.equal(provider.given(), 1, 'the provider gave out the token')
      // The same without the lie is good.
      provider.lie = undefined
      assert.equal((await signIn(office, provider)).status, 303)
    })
  })
}

test('an answer for another browser, another state, a second time, or none at all is refused', async () => {
  await withProvider({ staff: 'admin' }, async (office, provider) => {
    provider.claims = { sub: 'u1', preferred_username: 'ann', groups: ['staff'] }
    const finish = (url: URL, cookie: string) =>
      office.ask('GET', `${url.pathname}${url.search}`, { headers: { cookie, 'sec-fetch-site': 'cross-site' } })
    const one = await begin(office)
    const two = await begin(office)
    const back = await provider.visit(one.url)
    assert.equal((await finish(back, '')).status, 401)
    assert.equal((await finish(back, `${BINDING_COOKIE}=AAAAAAAAAAAAAAAAAAAAAA`)).status, 401)
    assert.equal((await finish(back, two.cookie)).status, 401)
    const entered = await finish(back, one.cookie)
    assert.equal(entered.status, 303)
    assert.equal((await finish(back, one.cookie)).status, 401)

    const three = await begin(office)
    const forged = await provider.visit(three.url)
    forged.searchParams.set('state', 'another')
    assert.equal((await finish(forged, three.cookie)).status, 401)

    const four = await begin(office)
    office.now += 600_001
    assert.equal((await finish(await provider.visit(four.url), four.cookie)).status, 401)
    const five = await begin(office)
    const denied = new URL(`${OFFICE}/oidc/callback?error=access_denied&state=x`)
    const refused = await finish(denied, five.cookie)
    assert.equal(refused.status, 401)
    const words = await refused.text()
    assert.match(words, /did not say who you are: try again, and tell an admin if it goes on\./)
    assert.doesNotMatch(words, /password or the code is wrong/, 'she typed neither here')
    const late = await (await finish(denied, five.cookie)).text()
    assert.match(late, /This sign-in was not begun in this browser, or more than 10 minutes ago: begin again\./)
  })
})

test('a provider that cannot be reached is told so, and asked again the next time', async () => {
  const provider = await startOidcProvider(CLIENT)
  const office = openTestOffice({ oidc: termsFor({ ...provider, issuer: 'http://127.0.0.1:1' }, {}) })
  try {
    const response = await office.ask('GET', '/oidc/start')
    assert.equal(response.status, 503)
    assert.match(await response.text(), /cannot be reached/)
    assert.equal(office.alarms.length, 1)
  } finally {
    office.close()
    await provider.close()
  }
})

async function withProvider(
  roles: Readonly<Record<string, Role>>,
  run: (office: TestOffice, provider: OidcTestProvider) => Promise<void>,
): Promise<void> {
  const provider = await startOidcProvider(CLIENT)
  const office = openTestOffice({ oidc: termsFor(provider, roles) })
  try {
    await run(office, provider)
  } finally {
    office.close()
    await provider.close()
  }
}

function termsFor({ issuer }: Pick<OidcTestProvider, 'issuer'>, roles: Readonly<Record<string, Role>>) {
  const { id, secret } = CLIENT
  const provider = { issuer, client: id, secret, claim: 'groups', redirect: `${OFFICE}/oidc/callback` }
  return { label: 'Northwire SSO', roles: new Map(Object.entries(roles)), provider }
}

async function begin(office: TestOffice, query = ''): Promise<{ url: string; cookie: string }> {
  const away = await office.ask('GET', `/oidc/start${query}`)
  assert.equal(away.status, 303, await away.text())
  const cookie = away.headers.get('set-cookie')!.split(';', 1)[0]!
  return { url: away.headers.get('location')!, cookie }
}

async function signIn(office: TestOffice, provider: OidcTestProvider, query = ''): Promise<Response> {
  const { url, cookie } = await begin(office, query)
  const back = await provider.visit(url)
  return await office.ask('GET', `${back.pathname}${back.search}`, { headers: { cookie } })
}
