import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAccountName } from './accounts.ts'
import { PASSWORD_CHARACTERS_MAX, objectToPassword } from './password.ts'
import {
  PERMISSIONS,
  ROLES,
  ROLE_PERMISSIONS,
  isReadOnly,
  parsePermission,
  parseRole,
  permissionsOf,
} from './permission.ts'
import { DELAY_MAX_MS, FREE_TRIES, FREE_TRIES_NETWORK, SIGN_IN_ROWS_MAX, SignInDelays } from './sign-in-delays.ts'

test('each role has its permissions and no more, and every permission belongs to somebody', () => {
  const table: readonly (readonly [role: (typeof ROLES)[number], may: readonly string[]])[] = [
    ['admin', [...PERMISSIONS]],
    [
      'case-worker',
      [
        'cases.read',
        'cases.work',
        'cases.decide',
        'registry.read',
        'ledger.read',
        'exports',
        'mail',
        'calling.read',
        'calling.dispute',
        'policy.read',
      ],
    ],
    ['vetting', ['registry.read', 'registry.vet']],
    [
      'auditor',
      ['cases.read', 'registry.read', 'ledger.read', 'exports', 'audit.read', 'calling.read', 'probe', 'policy.read'],
    ],
  ]
  assert.deepEqual(
    table.map(([role]) => role),
    [...ROLES],
  )
  for (const [role, may] of table) assert.deepEqual([...ROLE_PERMISSIONS[role]].toSorted(), may.toSorted(), role)
  assert.deepEqual(
    ROLES.filter((role) => isReadOnly(role)),
    ['auditor'],
  )
})

test('a token may do what its scopes say, and never more than the role it belongs to', () => {
  assert.deepEqual([...permissionsOf('vetting', ['registry.vet', 'cases.decide'])], ['registry.vet'])
  assert.deepEqual([...permissionsOf('vetting', [])], [])
  assert.equal(permissionsOf('admin', undefined).size, PERMISSIONS.length)
  assert.equal(parseRole('admin'), 'admin')
  for (const text of ['Admin', '', 'root', 'constructor', '__proto__']) {
    assert.equal(parseRole(text), undefined, text)
    assert.equal(parsePermission(text), undefined, text)
  }
})

test('names of accounts are plain, and no telephone number', () => {
  for (const [given, name] of [
    ['ann', 'ann'],
    [' Ann@Northwire.example ', 'ann@northwire.example'],
    ['a1', 'a1'],
  ] as const)
    assert.equal(parseAccountName(given), name)
  for (const given of [
    '',
    'a',
    '12125550142',
    '+12125550142',
    'ann lee',
    'ann\nlee',
    'än',
    '-ann',
    'a'.repeat(65),
    'a<b',
  ])
    assert.equal(parseAccountName(given), undefined, given)
})

test('passwords are long and not the first to be guessed; nothing else is asked of them', () => {
  for (const password of [
    'a long row of words',
    'lowercaseonly!',
    'pässwörter sind lang',
    '月火水木金土日月火水木金',
    'x'.repeat(4).concat('yzab').repeat(32),
  ])
    assert.equal(objectToPassword(password, 'ann'), undefined, password)
  for (const [password, why] of [
    ['short enough', undefined],
    ['elevenchars', /at least 12/],
    ['passwordpassword', /first to be guessed/],
    ['Password12345', /first to be guessed/],
    ['PASSWORD-password-1', /first to be guessed/],
    ['aaaaaaaaaaaa', /first to be guessed/],
    ['121212121212', /first to be guessed/],
    ['123456789012', /first to be guessed/],
    ['qwertyuiop123', /first to be guessed/],
    ['Correct Horse Battery Staple', /first to be guessed/],
    ['ann@northwire.example1', /own name/],
    ['x1'.repeat(PASSWORD_CHARACTERS_MAX), /at most/],
  ] as const) {
    const problem = objectToPassword(password, 'ann@northwire.example')
    if (why === undefined) assert.equal(problem, undefined, password)
    else assert.match(problem ?? '', why, password)
  }
})

test('who keeps failing waits longer and longer, from one network only, and one good try ends it', () => {
  const delays = new SignInDelays()
  const waits: number[] = []
  let now = 1_000_000
  for (let tried = 1; tried < FREE_TRIES; tried++) assert.equal(delays.begin('ann', '192.0.2.1', now), 0)
  for (let tried = 0; tried < 9; tried++) {
    assert.equal(delays.begin('ann', '192.0.2.1', now), 0)
    const wait = delays.begin('ann', '192.0.2.1', now)
    // A try that had to wait counts for nothing, and nobody elsewhere waits for it.
    assert.equal(delays.begin('ann', '192.0.2.1', now), wait)
    assert.equal(delays.begin('ann', `2001:db8:${tried}::/64`, now), 0)
    waits.push(wait)
    now += wait
  }
  assert.deepEqual(waits, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, DELAY_MAX_MS, DELAY_MAX_MS, DELAY_MAX_MS])
  delays.begin('ann', '192.0.2.1', now)
  delays.succeed('ann', '192.0.2.1')
  assert.equal(delays.begin('ann', '192.0.2.1', now), 0)
  assert.equal(delays.begin('ann', '192.0.2.1', now), 0)
})

test('a network that tries many names waits as well, and the table does not grow', () => {
  const delays = new SignInDelays()
  const waits = Array.from({ length: FREE_TRIES_NETWORK + 2 }, (_, index) => delays.begin(`a${index}`, '192.0.2.1', 5))
  assert.equal(waits[FREE_TRIES_NETWORK - 1], 0)
  assert.ok(waits[FREE_TRIES_NETWORK + 1]! > 0)
  assert.equal(delays.begin('another', '192.0.2.2', 5), 0)
  for (let index = 0; index < SIGN_IN_ROWS_MAX; index++) delays.begin('ann', `network ${index}`, 6)
  // The oldest were forgotten for them.
  assert.equal(delays.begin('another', '192.0.2.1', 6), 0)
})
