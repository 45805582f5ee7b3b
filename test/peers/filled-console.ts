import assert from 'node:assert/strict'
import { startMockBlocker } from '#edge/prober/mock-blocker.ts'
import { type BlockedWorld, startBlocked } from './blocked-calls.ts'
import { type Owner, until } from './peer.ts'
import { recourse } from './recourse.ts'

/** A console with something in every place, and what it is called there. */
export type FilledWorld = BlockedWorld & {
  /** Paths of a detail of each kind: `/cases/…`. */
  readonly places: {
    readonly block: string
    readonly case: string
    readonly registration: string
    readonly group: string
    readonly observation: string
    readonly dispute: string
    readonly probe: string
    readonly account: string
    readonly peer: string
  }
}

/** Blocks of real calls, refused calls of real captures, and one case, registration, dispute and probe each. */
export async function startFilled(owner: Owner): Promise<FilledWorld> {
  const world = await startBlocked(owner)
  recourse(
    ['monitor', '--quiet', '--store', 'sqlite:./recourse.db', `${CAPTURES}calls.pcap`, `${CAPTURES}rewritten.pcapng`],
    world.gate.directory,
  )
  const blocker = await startMockBlocker()
  owner.after(() => blocker.close())
  const make = async (path: string, body: unknown): Promise<Record<string, unknown>> => {
    const { status, value } = await world.ask('admin', 'POST', path, body)
    assert.ok(status === 200 || status === 201, `${path}: ${status} ${JSON.stringify(value)}`)
    return value as Record<string, unknown>
  }
  const first = async (path: string, list: string): Promise<Record<string, unknown>> => {
    const { value } = await world.ask('admin', 'GET', path)
    const [row] = (value as Record<string, Record<string, unknown>[]>)[list] ?? []
    assert.ok(row !== undefined, `${path} has a row`)
    return row
  }
  const block = await first('/v1/blocks', 'blocks')
  const { case: filed } = await make('/v1/cases', CLAIM)
  const { id: registration } = await make('/v1/registry/registrations', BUSINESS)
  const { id: group } = await first('/v1/calling/groups', 'groups')
  const { id: observation } = await first('/v1/calling/observations', 'observations')
  const { dispute } = await make('/v1/calling/disputes', { group, purpose: 'Reminders.', changed: '', again: false })
  const { probe } = await make('/v1/probes', {
    via: `sip:${blocker.address}`,
    from: '+12125550117',
    scenarios: ['sip'],
  })
  await until('a probe that is over', async () => {
    const { value } = await world.ask('admin', 'GET', `/v1/probes/${String(probe)}`)
    return (value as { state: string }).state !== 'running' || undefined
  })
  const account = await first('/v1/accounts', 'accounts')
  const peer = await first('/v1/gate/peers', 'peers')
  return {
    ...world,
    places: {
      block: `/blocks/${String(block['receipt'])}`,
      case: `/cases/${String(filed)}`,
      registration: `/registry/${String(registration)}`,
      group: `/calls/groups/${String(group)}`,
      observation: `/calls/observations/${String(observation)}`,
      dispute: `/calls/disputes/${String(dispute)}`,
      probe: `/probes/${String(probe)}`,
      account: `/settings/accounts/${String(account['id'])}`,
      peer: `/settings/peers/${String(peer['name'])}`,
    },
  }
}

const CAPTURES = new URL('../../examples/captures/', import.meta.url).pathname
const CLAIM = {
  way: 'telephone',
  claim: {
    numbers: ['+12125550117'],
    claimant: { name: 'Ann Lee', tel: '+12125550100', organisation: 'Acme Clinic' },
    purpose: 'appointment reminders',
  },
}
const BUSINESS = {
  way: 'telephone',
  legalName: 'Main Street Clinic',
  contact: 'Ann Lee',
  email: 'ann@clinic.example.com',
  site: 'https://clinic.example.com',
  purpose: 'appointment reminders',
  callsPerDay: 40,
  provider: 'Northwire',
  numbers: ['+12125550118'],
}
