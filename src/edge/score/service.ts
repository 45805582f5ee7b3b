import { Agent, request as requestPlain } from 'node:http'
import { Agent as SecureAgent, request as requestSecure } from 'node:https'

/** Asks one service over connections that stay open. */
export class Service {
  readonly #url: URL
  readonly #token: string | undefined
  readonly #agent: Agent

  constructor(url: string, token: string | undefined) {
    this.#url = new URL(url)
    this.#token = token
    const options = { keepAlive: true, maxSockets: SOCKETS_MAX, maxFreeSockets: FREE_SOCKETS_MAX, timeout: IDLE_MS }
    this.#agent = this.#url.protocol === 'https:' ? new SecureAgent(options) : new Agent(options)
  }

  /**
   * Posts a question and reads the score, 0 to 100. Rejects for every other answer, for what is longer than
   * `SCORE_ANSWER_BYTES_MAX`, and for what has not come within the time; no redirect is followed.
   */
  ask(question: string, withinMs: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const send = this.#url.protocol === 'https:' ? requestSecure : requestPlain
      const asking = send(this.#url, {
        method: 'POST',
        agent: this.#agent,
        signal: AbortSignal.timeout(withinMs),
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(question),
          accept: 'application/json',
          ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
        },
      })
      asking.on('error', reject)
      asking.on('response', (response) => {
        if (response.statusCode !== OK) {
          // Its body is read to the end where it is short, so that the connection can be used again.
          response.resume()
          return reject(new Error(`the service answered ${response.statusCode}`))
        }
        const pieces: Buffer[] = []
        let length = 0
        response.on('error', reject)
        response.on('data', (piece: Buffer) => {
          length += piece.length
          if (length > SCORE_ANSWER_BYTES_MAX) asking.destroy(new Error('the answer is too long'))
          else pieces.push(piece)
        })
        response.on('end', () => {
          const score = readScore(Buffer.concat(pieces).toString())
          if (score === undefined) reject(new Error('the answer holds no score from 0 to 100'))
          else resolve(score)
        })
      })
      asking.end(question)
    })
  }

  close(): void {
    this.#agent.destroy()
  }
}

/** `{"score": 87.5}`, whatever else stands there. */
function readScore(text: string): number | undefined {
  try {
    const answer: unknown = JSON.parse(text)
    if (typeof answer !== 'object' || answer === null || !('score' in answer)) return undefined
    const { score } = answer
    return typeof score === 'number' && score >= 0 && score <= SCORE_MAX ? score : undefined
  } catch {
    return undefined
  }
}

export const SCORE_ANSWER_BYTES_MAX = 4_096
const SCORE_MAX = 100
const OK = 200
/** Connections to one service. */
const SOCKETS_MAX = 64
const FREE_SOCKETS_MAX = 16
/** How long a connection is kept that nobody uses. */
const IDLE_MS = 30_000
