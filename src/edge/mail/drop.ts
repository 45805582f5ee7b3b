import { mkdir, readdir, readFile, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { MESSAGE_OCTETS_MAX } from './reply.ts'

/**
 * Takes what a mail server delivered into a Maildir: each file in `new/` is handed to `take`, and moved to `cur/` when that
 * is done; one that throws stays for the next time. A file that is too long goes to `cur/` unread. Resolves to how many were taken.
 */
export async function takeDropped(
  folder: string,
  take: (octets: Uint8Array) => Promise<void>,
  onTooLong: (name: string) => void,
): Promise<number> {
  const [fresh, seen] = [join(folder, 'new'), join(folder, 'cur')]
  await mkdir(fresh, { recursive: true })
  await mkdir(seen, { recursive: true })
  const names = (await readdir(fresh)).filter((name) => !name.startsWith('.')).sort()
  let taken = 0
  for (const name of names.slice(0, FILES_AT_A_TIME)) {
    const path = join(fresh, name)
    const { size } = await stat(path)
    if (size > MESSAGE_OCTETS_MAX) onTooLong(name)
    else await take(await readFile(path))
    // `:2,S`: seen, as other programs that read a Maildir say it.
    await rename(path, join(seen, name.includes(':2,') ? name : `${name}:2,S`))
    taken++
  }
  return taken
}

/** Of a flood in the mailbox, so many are read in one go. */
const FILES_AT_A_TIME = 100
