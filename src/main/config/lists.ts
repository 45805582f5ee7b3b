import { dirname, isAbsolute, join, normalize } from 'node:path'
import type { DialPlan } from '#core/call/number.ts'
import { LIVING_CALLED_LISTS, parseCalledLists, type CalledLists } from '#core/rules/called-list.ts'
import { parseAllocations, type Allocations } from '#core/rules/allocations.ts'
import { makeExempted, type Exempted } from '#core/rules/exempted.ts'
import {
  parseEntries,
  parseNumberList,
  type ListFault,
  type NumberList,
  type ReadList,
} from '#core/rules/number-list.ts'
import { parseStandingList, type StandingList } from '#core/rules/standing-list.ts'
import type { ConfigFault } from './fault.ts'
import type { FileSource, ListSource } from './keys.ts'

/** Reads a file as UTF-8; throws as `node:fs` does. */
export type ReadFile = (path: string) => string

/** A place where faults of a list go, and what reading one needs. */
export type ListReader = {
  readonly readFile: ReadFile
  readonly plan: DialPlan | undefined
  readonly faults: ConfigFault[]
  /** The texts that were read, by the names that the policy gives them: part of what the policy is. */
  readonly texts: Map<string, string>
  /** What is no fault and may surprise: told when a gate starts. */
  readonly reminders: string[]
  /** The exempt lists read so far; no list that blocks may hold their numbers. */
  readonly exempted: Exempted[]
}

/** A reader that has read nothing. */
export function openListReader(readFile: ReadFile, plan: DialPlan | undefined): ListReader {
  return { readFile, plan, faults: [], texts: new Map(), reminders: [], exempted: [] }
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
  const { plan, exempted } = reader
  const options = { name: `the list in rule ${id}`, blocks, exempted, plan, allot: allotShared }
  if (source.kind === 'entries') {
    const { list, faults, national } = parseEntries(source.entries, options)
    for (const { line, found, expected } of faults) {
      reader.faults.push({ ...from.entry(line - 1), message: `found ${found}, expected ${expected}` })
    }
    remind(options.name, 'entry', national, reader)
    return list
  }
  const path = besides(from.file, source.path)
  const text = readText(source.path, 'a list of numbers', from, reader)
  const { list, faults, national } = parseNumberList(text, { ...options, name: source.path })
  tell(path, faults, reader)
  remind(path, 'line', national, reader)
  return list
}

/** Loads a list of exempt numbers, which from then on no list that blocks may hold. */
export function loadExempt(source: FileSource, from: ListPlace, reader: ListReader): NumberList {
  const list = loadNumbers(source, 'exempt', false, from, reader)
  const text = reader.texts.get(nameList(source.path)) ?? ''
  reader.exempted.push(makeExempted(list, text, reader.plan))
  return list
}

/** Loads numbers that stand under terms: cleared or registered ones. */
export function loadStanding(source: FileSource, from: ListPlace, reader: ListReader): StandingList {
  const path = besides(from.file, source.path)
  const text = readText(source.path, 'a list with the columns number, attestation, until and reason', from, reader)
  const { list, faults } = parseStandingList(text, { name: source.path, plan: reader.plan, allot: allotShared })
  tell(path, faults, reader)
  return list
}

/** Loads a file of number allocations. */
export function loadAllocations(source: FileSource, from: ListPlace, reader: ListReader): Allocations {
  const path = besides(from.file, source.path)
  const before = reader.faults.length
  const text = readText(source.path, 'a file of allocations with the columns npa and nxx, or prefix', from, reader)
  const { allocations, faults } = parseAllocations(text, { name: source.path, allot: allotShared })
  if (reader.faults.length === before) tell(path, faults, reader)
  return allocations
}

/** Loads the lists of called parties; `true` stands for what subscribers have told the desk, which gates hear of by themselves. */
export function loadCalledLists(source: FileSource | true, from: ListPlace, reader: ListReader): CalledLists {
  if (source === true) return LIVING_CALLED_LISTS
  const { plan, exempted } = reader
  const path = besides(from.file, source.path)
  const text = readText(source.path, 'a list with the columns called and calling', from, reader)
  const { lists, faults } = parseCalledLists(text, { plan, exempted, allot: allotShared })
  tell(path, faults, reader)
  return lists
}

/** Where a list is named: the file that names it, and the places of the name and of entries that stand there. */
export type ListPlace = {
  readonly file: string
  readonly name: () => Omit<ConfigFault, 'message'>
  readonly entry: (index: number) => Omit<ConfigFault, 'message'>
}

/** The name of a list whatever file names it: as it stands there, without detours. */
export function nameList(path: string): string {
  return isAbsolute(path) ? path : normalize(path)
}

function readText(named: string, expected: string, from: ListPlace, reader: ListReader): string {
  const path = besides(from.file, named)
  try {
    const text = reader.texts.get(nameList(named)) ?? reader.readFile(path)
    reader.texts.set(nameList(named), text)
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

/** Digits without a country code match only callers who come without one too, which is seldom what a list means. */
function remind(name: string, unit: string, national: ReadList['national'], reader: ListReader): void {
  if (national === undefined || reader.plan !== undefined) return
  const { count, line } = national
  const entries = count === 1 ? 'a number' : `${count} numbers`
  reader.reminders.push(
    `${name} has ${entries} without + (${unit} ${line}), which match only callers without + too: write +1…, or set gate.dialPlan`,
  )
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
