import type { z } from '@hono/zod-openapi'
import type { Who } from '#core/account/permission.ts'
import type { Outcome } from '#edge/http/calling/ports.ts'
import type {
  keysSchema,
  noticeSchema,
  peerFileSchema,
  peerTestSchema,
  peerTestStartSchema,
  peersSchema,
  rangSchema,
} from './schemas.ts'

/** The running gate as the settings show it. */
export type RunningGate = {
  readonly peers: PeerDesk
  notice(): z.output<typeof noticeSchema>
  /** What there is of keys and certificates: names, times and places, never a private part. */
  keys(): z.output<typeof keysSchema>
}

/** Peers as they are configured and as their calls were counted, and their tests: one at a time. */
export type PeerDesk = {
  /** `after` is what the page before said. */
  list(after: string | undefined, limit: number): z.output<typeof peersSchema>
  peer(name: string, who: Who): z.output<typeof peerFileSchema> | undefined
  test(id: string): PeerTestRecord | undefined
  start(name: string, plan: z.output<typeof peerTestStartSchema>, who: Who): Promise<Outcome<string>>
  /** Ends a test before its time; undefined where there is none of that id. */
  cancel(id: string): PeerTestRecord | undefined
  /** Says whether a call rang at its destination. */
  rang(id: string, told: z.output<typeof rangSchema>): Outcome<PeerTestRecord>
}
export type PeerTestRecord = z.output<typeof peerTestSchema>
