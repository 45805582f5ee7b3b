/** What a server says to a request, apart from what it copies from it: status, phrase and header fields in order. */
export type Reply = {
  readonly status: number
  readonly phrase: string
  readonly fields: readonly ReplyField[]
}

export type ReplyField = readonly [name: string, value: string]
