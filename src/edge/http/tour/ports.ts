import type { z } from '@hono/zod-openapi'
import type { Who } from '#core/account/permission.ts'
import type { Outcome } from '#edge/http/calling/ports.ts'
import type { tourCallSchema, tourSchema } from './schemas.ts'

/** What a new gate has and lacks, and a test call at it. */
export type Tour = {
  read(): TourRecord
  /** `from` is the caller; a usual one if not said. */
  call(from: string | undefined, who: Who): Promise<Outcome<TourCall>>
}
export type TourRecord = z.output<typeof tourSchema>
export type TourCall = z.output<typeof tourCallSchema>
