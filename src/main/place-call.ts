import { refusalOf } from '#core/observe/refusal.ts'
import { dial } from '#edge/prober/dial.ts'
import type { Target } from './call.ts'

/** What one call showed of the number that it was placed from, and the answer in words. */
export type CallResult = { readonly result: 'goes-through' | 'blocked' | 'unclear'; readonly words: string }

/** Places one call. `passes` are final answers that mean there that the call goes on. Rejects where no call can be placed. */
export async function placeCall(
  { host, port, transport }: Target,
  from: string,
  to: string,
  passes: readonly number[],
): Promise<CallResult> {
  const place = { host, port, transport, displayName: undefined, localAddress: undefined }
  const dialled = await dial({ ...place, from, to, timeoutMs: CALL_MS })
  if (dialled.kind === 'silent') return { result: 'unclear', words: dialled.why }
  const { response, provisional } = dialled
  const refusal = refusalOf(response, { carrier: '' })
  const words = `${response.status} ${refusal.phrase}`.trim()
  if (response.status < 300) return { result: 'goes-through', words }
  if (passes.includes(response.status))
    return { result: 'goes-through', words: `${words}, by which this path says that the call goes on` }
  if (refusal.standing === 'proven' || refusal.standing === 'unproven') return { result: 'blocked', words }
  // What rang has arrived, whoever declined it then.
  const isRinging = provisional.some((status) => status === 180)
  return isRinging ? { result: 'goes-through', words: `rang, then ${words}` } : { result: 'unclear', words }
}

/** A call that rings is left after half a minute. */
const CALL_MS = 30_000
