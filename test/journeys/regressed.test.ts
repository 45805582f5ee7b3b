// A lift that does not hold, at a gate that runs: the rule that was lifted lets the number go, and another one blocks it.
import assert from 'node:assert/strict'
import test from 'node:test'
import { MailSink } from '../mail-sink.ts'
import { Caller, formatInvite, statusOf } from '../peers/caller.ts'
import { until } from '../peers/peer.ts'
import { figure, Recourse } from '../peers/recourse.ts'

const BLOCKED = '+12125550117'
const OTHER = '+12125550118'
const CALLED = '+14155550163'
const ALERTED = 'unblock@northwire.example'

test(
  'a lifted number that another rule blocks is regressed, and an alert leaves; one that no rule blocks stays verified',
  { timeout: 120_000 },
  async (t) => {
    const sink = await MailSink.start(t)
    const gate = await Recourse.start(t, {
      policy: {
        rules: [
          { id: 'deny', deny: [BLOCKED, OTHER], program: 'opt-out' },
          { id: 'often', volume: { of: 'number', limit: 3, per: '10m' }, program: 'opt-out' },
        ],
      },
      desk: 'https://redress.northwire.example',
      deskMore: { tls: 'none', alerts: [ALERTED] },
      more: () => ({ mail: { server: `smtp://127.0.0.1:${sink.port}`, from: 'redress@northwire.example' } }),
    })
    const caller = await Caller.open(gate.port)
    t.after(() => caller.close())
    let placed = 0
    const call = async (calling: string): Promise<number> => {
      const name = `regressed-${placed++}-${process.pid}`
      const branch = `z9hG4bK${name}`
      const invite = formatInvite({ calling, called: CALLED, callId: name, branch, fromTag: name, port: caller.port })
      const answer = await caller.ask(invite)
      return answer === undefined ? 0 : statusOf(answer)
    }
    const statusOfCase = (id: string): string =>
      (JSON.parse(gate.command('case', 'list', '--json', '--number', id)) as { status: string }).status
    const lift = (number: string): void => {
      const who = [
        '--way',
        'telephone',
        '--name',
        'Ann',
        '--tel',
        '+12125550100',
        '--purpose',
        'reminders',
        '--by',
        'beth',
      ]
      const { case: id } = JSON.parse(gate.command('case', 'open', ...who, '--number', number, '--json')) as {
        case: string
      }
      gate.command('case', 'prove', id, '--way', 'letter', '--number', number, '--detail', 'signed', '--by', 'beth')
      gate.command('case', 'decide', id, 'lift', '--rule', 'deny', '--reason', 'Wanted.', '--by', 'beth')
    }

    assert.deepEqual([await call(BLOCKED), await call(OTHER)], [603, 603])
    lift(OTHER)
    lift(BLOCKED)
    for (const number of [OTHER, BLOCKED]) {
      await until('a call that goes on', async () => (await call(number)) === 404 || undefined)
      await until('a verified case', () => statusOfCase(number) === 'verified' || undefined)
    }
    assert.deepEqual(sink.taken, [])

    await until('a call that is blocked again', async () => (await call(BLOCKED)) === 603 || undefined)
    await until('a call that is blocked behind the effective time', async () => {
      await call(BLOCKED)
      return statusOfCase(BLOCKED) === 'regressed' || undefined
    })
    assert.equal(gate.ledger().at(-1)?.rule, 'often')
    const [alert] = await sink.takes(1)
    assert.deepEqual(alert!.to, [ALERTED])
    assert.match(alert!.octets.toString(), /was blocked again within a lift/)
    assert.equal(statusOfCase(OTHER), 'verified')
    await until(
      'the figure',
      async () => (await gate.metrics()).get('recourse_desk_regressed_total') === 1 || undefined,
    )
    assert.ok(figure(await gate.metrics(), 'blocked') >= 3)
  },
)
