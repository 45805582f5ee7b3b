import type { z } from '@hono/zod-openapi'
import type { Who } from '#core/account/permission.ts'
import type { Outcome } from '#edge/http/calling/ports.ts'
import type {
  healthSchema,
  hookTestSchema,
  hookTestStartSchema,
  mailTestSchema,
  mailTestStartSchema,
  outgoingSchema,
  retentionSchema,
} from './schemas.ts'

/** What leaves this machine, and tests of it. */
export type OutgoingDesk = {
  read(who: Who): z.output<typeof outgoingSchema>
  /** Puts a message into the outbox that all mail leaves by. */
  testMail(start: z.output<typeof mailTestStartSchema>, who: Who): Outcome<MailTest>
  /** A test of this account; undefined for none of that id. */
  mailTest(id: string, who: Who): MailTest | undefined
  testHook(start: z.output<typeof hookTestStartSchema>, who: Who): Promise<Outcome<z.output<typeof hookTestSchema>>>
}
export type MailTest = z.output<typeof mailTestSchema>
export type WebhookTest = z.output<typeof hookTestSchema>

/** What is kept and for how long; counting goes on beside, and an answer has what is known so far. */
export type Retention = z.output<typeof retentionSchema>

export type Health = z.output<typeof healthSchema>

/** How the machine is kept, as the settings show it. */
export type Upkeep = {
  readonly outgoing: OutgoingDesk
  retention(): Retention
  health(): Health
}
