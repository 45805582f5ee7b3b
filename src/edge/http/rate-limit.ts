/** So many requests a second for everybody together, and for each client; a table that does not grow. */
export class RateLimit {
  readonly #perSecond: number
  readonly #perClient: number
  readonly #clientsMax: number
  #second = 0
  #taken = 0
  readonly #clients = new Map<string, number>()

  constructor(perSecond: number, perClient: number, clientsMax: number) {
    this.#perSecond = perSecond
    this.#perClient = perClient
    this.#clientsMax = clientsMax
  }

  takes(client: string, nowMs: number): boolean {
    const second = Math.floor(nowMs / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#taken = 0
      this.#clients.clear()
    }
    const before = this.#clients.get(client) ?? 0
    if (this.#taken >= this.#perSecond || before >= this.#perClient) return false
    if (before === 0 && this.#clients.size >= this.#clientsMax) return false
    this.#taken++
    this.#clients.set(client, before + 1)
    return true
  }
}
