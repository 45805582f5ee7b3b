import { hash } from 'node:crypto'

/** Everything a policy is made of, as text: the YAML, and each list file under the name by which the YAML calls it. */
export type PolicyText = { readonly yaml: string; readonly lists: ReadonlyMap<string, string> }

/** SHA-256 of a text in UTF-8, as 64 hexadecimal digits. */
export function hashText(text: string): string {
  return hash('sha256', text)
}

/** Names a policy by all it is made of: SHA-256 over the hashes of its parts, as 64 hexadecimal digits. */
export function hashPolicy({ yaml, lists }: PolicyText): string {
  const parts = Array.from(lists, ([name, text]) => [name, hashText(text)] as const).sort(([a], [b]) =>
    a < b ? -1 : 1,
  )
  return hashText(JSON.stringify(['recourse policy 1', hashText(yaml), parts]))
}
