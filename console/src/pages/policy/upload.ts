import { type AnswerOf, Problem } from '../../client.ts'

export type Upload = AnswerOf<'post', '/v1/policy/lists/{name}/uploads'>

/** Hands a list in, as the octets that its file has. Throws Problem. */
export async function uploadList(name: string, file: Blob): Promise<Upload> {
  const response = await fetch(`/v1/policy/lists/${encodeURIComponent(name)}/uploads`, {
    method: 'POST',
    headers: { accept: 'application/json', 'content-type': 'text/csv', 'idempotency-key': crypto.randomUUID() },
    credentials: 'same-origin',
    body: file,
  }).catch((cause: unknown) => {
    throw new Problem(
      { kind: 'offline', status: 0, title: 'Recourse cannot be reached', detail: 'The list was not sent.' },
      cause,
    )
  })
  if (response.ok) return (await response.json()) as Upload
  const found = (await response.json().catch(() => ({}))) as { type?: string; title?: string; detail?: string }
  const { type = 'fault', title = 'The list was refused', detail = `the answer was ${response.status}` } = found
  throw new Problem({ kind: type.slice(type.lastIndexOf(':') + 1), status: response.status, title, detail })
}
