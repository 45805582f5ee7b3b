// A process that floods a place with logins of made-up names, beside what is measured.
import { Agent, request } from 'node:http'
import { setPriority } from 'node:os'

const [port = 0, perSecond = 0] = process.argv.slice(2).map(Number)
// A real flood takes no time of this machine for being sent.
setPriority(19)
const agent = new Agent({ keepAlive: true, maxSockets: 64 })
const answers = new Map<number, number>()
let [sent, open] = [0, 0]
const startMs = performance.now()
const timer = setInterval(() => {
  const due = ((performance.now() - startMs) / 1_000) * perSecond
  for (; sent < due && open < OPEN_MAX; sent++) post(sent)
}, 5)
process.on('message', () => {
  clearInterval(timer)
  process.send!([...answers], () => process.exit())
})

/** Requests under way; more would only wait here. */
const OPEN_MAX = 256

function post(index: number): void {
  const body = JSON.stringify({ name: `user${index}`, password: 'a junk password' })
  open++
  const asked = request({
    agent,
    port,
    host: '127.0.0.1',
    method: 'POST',
    path: '/v1/session',
    headers: {
      'content-type': 'application/json',
      'content-length': body.length,
      'x-forwarded-for': `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`,
    },
  })
  asked.on('response', (response) => {
    response.resume()
    note(response.statusCode ?? 0)
  })
  asked.on('error', () => note(0))
  asked.end(body)
}

function note(status: number): void {
  open--
  answers.set(status, (answers.get(status) ?? 0) + 1)
}
