import { dirname, isAbsolute, join } from 'node:path'
import type { DialPlan } from '#core/call/number.ts'
import { NO_CALLED_LISTS, parseCalledLists, type CalledLists } from '#core/rules/called-list.ts'
import { parseEntries, parseNumberList, type ListFault, type NumberList } from '#core/rules/number-list.ts'
import type { ConfigFault } from './fault.ts'
import type { FileSource, ListSource } from './keys.ts'

/** Reads a file as UTF-8; throws as `node:fs` does. */
export type ReadFile = (path: string) => string

/** A place where faults of a list go, and what reading one needs. */
export type ListReader = {
  readonly readFile: ReadFile
  readonly plan: DialPlan | undefined
  readonly faults: ConfigFault[]
  /** The texts that were read, by name: part of what the policy is. */
  readonly texts: Map<string, string>
}

/** A path as a configuration file means it: relative to itself. */
export function besides(file: string, path: string): string {
  return isAbsolute(path) ? path : join(dirname(file), path)
}

/** Loads a list of numbers; `from` is where the policy names it. */
export function loadNumbers(
  source: ListSource,
  id: string,
  blocks: boolean,
  from: ListPlace,
  reader: ListReader,
): NumberList {
  if (source.kind === 'entries') {
    const options = { name: `the list in rule ${id}`, blocks, plan: reader.plan, allot: allotShared }
    const { list, faults } = parseEntries(source.entries, options)
    for (const { line, found, expected } of faults) {
      reader.faults.push({ ...from.entry(line - 1), message: `found ${found}, expected ${expected}` })
    }
    return list
  }
  const path = besides(from.file, source.path)
  const text = readText(path, 'a list of numbers', from, reader)
  const { list, faults } = parseNumberList(text, { name: source.path, blocks, plan: reader.plan, allot: allotShared })
  tell(path, faults, reader)
  return list
}

/** Loads the lists of called parties; `true` stands for those that subscribers keep, which are not there yet. */
export function loadCalledLists(source: FileSource | true, from: ListPlace, reader: ListReader): CalledLists {
  if (source === true) return NO_CALLED_LISTS
  const path = besides(from.file, source.path)
  const text = readText(path, 'a list with the columns called and calling', from, reader)
  const { lists, faults } = parseCalledLists(text, { plan: reader.plan, allot: allotShared })
  tell(path, faults, reader)
  return lists
}

/** Where a list is named: the file that names it, and the places of the name and of entries that stand there. */
export type ListPlace = {
  readonly file: string
  readonly name: () => Omit<ConfigFault, 'message'>
  readonly entry: (index: number) => Omit<ConfigFault, 'message'>
}

function readText(path: string, expected: string, from: ListPlace, reader: ListReader): string {
  try {
    const text = reader.texts.get(path) ?? reader.readFile(path)
    reader.texts.set(path, text)
    return text
  } catch (error) {
    const message = `found the file ${path}, which cannot be read (${reasonOf(error)}), expected ${expected}`
    reader.faults.push({ ...from.name(), message })
    return ''
  }
}

/** Why a file cannot be read, in a few words. */
export function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? ''
  return REASONS.get(code) ?? (error instanceof Error ? error.message.split('\n')[0]! : String(error))
}

function tell(where: string, faults: readonly ListFault[], reader: ListReader): void {
  for (const { line, column, found, expected } of faults) {
    reader.faults.push({ where, line, column, message: `found ${found}, expected ${expected}` })
  }
}

/** Lists lie in memory that all threads of a gate share: a policy that is sent to one brings none of it along. */
function allotShared(bytes: number): ArrayBufferLike {
  return new SharedArrayBuffer(bytes)
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file'],
  ['EACCES', 'no permission'],
  ['EISDIR', 'it is a folder'],
  ['ENOTDIR', 'a part of the path is not a folder'],
])
