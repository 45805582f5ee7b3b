import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A fenced block of a guide, with the comment that stands right above it. */
export type Block = {
  /** What follows the opening fence: `sh`, `text`, `yaml`. */
  readonly language: string
  readonly text: string
  /** The words of the HTML comment right above, `run` or `file: recourse.yaml`; undefined without one. */
  readonly mark: string | undefined
  /** The line of the opening fence, counted from 1. */
  readonly line: number
}

/**
 * What a guide wants done with a block, told by the comment above it.
 *
 * - `<!-- run -->`: run it in the guide's folder; it must end with 0, or as `<!-- run: exit 1 -->` says. A `text` block
 *   right below shows what it prints.
 *   A block of `$ command` lines with what they print below them is run line by line.
 * - `<!-- run: until "listening" -->`: start it, wait for these words, stop it at the end of the guide (SIGTERM, exit 0).
 * - `<!-- run by: test/journeys/x.test.ts -->`: another test runs it, and names the guide.
 * - `<!-- not run: why -->`: nobody runs it.
 * - `<!-- file: recourse.yaml -->`: what the reader saves under this name.
 */
export type Step =
  | { readonly kind: 'run'; readonly exitCode: number; readonly output: string | undefined }
  | { readonly kind: 'start'; readonly until: string; readonly output: string | undefined }
  | { readonly kind: 'elsewhere'; readonly test: string }
  | { readonly kind: 'not-run'; readonly why: string }
  | { readonly kind: 'file'; readonly name: string }

/** Reads the fenced blocks of a Markdown text. */
export function readBlocks(markdown: string): Block[] {
  const blocks: Block[] = []
  const lines = markdown.split('\n')
  for (let at = 0; at < lines.length; at++) {
    const opening = /^(?<fence>`{3,})(?<language>\S*)/.exec(lines[at]!)?.groups
    if (opening === undefined) continue
    const end = lines.indexOf(opening['fence']!, at + 1)
    if (end < 0) throw new Error(`line ${at + 1}: the block is not closed`)
    const above = lines.slice(0, at).findLast((line) => line.trim() !== '')
    const mark = /^<!--\s*(.*?)\s*-->$/.exec(above ?? '')?.[1]
    const text = lines
      .slice(at + 1, end)
      .map((line) => `${line}\n`)
      .join('')
    blocks.push({ language: opening['language']!, text, mark, line: at + 1 })
    at = end
  }
  return blocks
}

/** Reads what is to be done with each block that is marked, and refuses commands that are not. */
export function readSteps(blocks: readonly Block[]): { readonly block: Block; readonly step: Step }[] {
  return blocks.flatMap((block, index) => {
    const next = blocks[index + 1]
    const output = next?.language === 'text' && next.mark === undefined ? next.text : undefined
    const step = block.mark === undefined ? undefined : readStep(block.mark, output)
    const isTranscript = block.text.startsWith('$ ')
    if (step?.kind === 'run' && isTranscript) return readTranscript(block, step.exitCode)
    if (step !== undefined) return [{ block, step }]
    if (COMMANDS.has(block.language) || isTranscript)
      throw new Error(`line ${block.line}: no test runs these commands, and no comment says why`)
    return []
  })
}

/** A block of `$ command` lines, each with what it prints below; the exit code is that of the last. */
function readTranscript(block: Block, exitCode: number): { readonly block: Block; readonly step: Step }[] {
  const parts = block.text.split(/^\$ /m).slice(1)
  return parts.map((part, index) => {
    const end = part.indexOf('\n') + 1
    const step: Step = { kind: 'run', exitCode: index === parts.length - 1 ? exitCode : 0, output: part.slice(end) }
    return { block: { ...block, text: part.slice(0, end) }, step }
  })
}

function readStep(mark: string, output: string | undefined): Step | undefined {
  const { exit, until, test, why, name } = MARK.exec(mark)?.groups ?? {}
  if (until !== undefined) return { kind: 'start', until, output }
  if (test !== undefined) return { kind: 'elsewhere', test }
  if (why !== undefined) return { kind: 'not-run', why }
  if (name !== undefined) return { kind: 'file', name }
  return mark === 'run' || exit !== undefined ? { kind: 'run', exitCode: Number(exit ?? 0), output } : undefined
}

const MARK =
  /^(?:run: exit (?<exit>\d+)|run: until "(?<until>[^"]+)"|run by: (?<test>\S+)|not run: (?<why>.{8,})|file: (?<name>[\w.-]+))$/

/**
 * The clone of somebody who follows a guide: a folder of its own that sees the repository's files, with `recourse`,
 * `npx recourse`, `npx node` and `npm start` as in a clone, and a network of its own so that the guide's ports are always free.
 */
export class Clone {
  readonly folder: string
  readonly #commands: string
  readonly #running: Started[] = []

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'recourse-guide-'))
    for (const name of readdirSync(ROOT)) if (SEEN.has(name)) symlinkSync(join(ROOT, name), join(this.folder, name))
    this.#commands = join(this.folder, '.commands')
    mkdirSync(this.#commands)
    const recourse = `exec "${process.execPath}" "${join(ROOT, 'bin', 'recourse.js')}"`
    this.#command('recourse', `${recourse} "$@"`)
    this.#command(
      'npx',
      `[ "$1" = node ] && { shift; exec node "$@"; }\n[ "$1" = recourse ] || { echo "npx $1: only recourse and node are here" >&2; exit 64; }\nshift\n${recourse} "$@"`,
    )
    this.#command('npm', NPM.replace('RECOURSE', recourse))
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text)
  }

  /** Runs commands to their end; answers what a terminal would show, and the exit code. */
  async run(commands: string): Promise<{ readonly exitCode: number; readonly output: string }> {
    const started = new Started(this.#spawn(commands))
    const ended = await started.ended(RUN_MS)
    return { exitCode: ended, output: started.output }
  }

  /** Starts commands that go on, and waits until they have printed these words. */
  async start(commands: string, words: string): Promise<Started> {
    const started = new Started(this.#spawn(commands))
    this.#running.push(started)
    await started.printed(words)
    return started
  }

  /** Stops what was started, last first, each with SIGTERM and an exit code of 0; the folder is gone afterwards. */
  async close(): Promise<void> {
    try {
      for (const started of this.#running.toReversed()) {
        started.signal('SIGTERM')
        assert.equal(await started.ended(STOP_MS), 0, `stopped by SIGTERM:\n${started.output}`)
      }
    } finally {
      for (const started of this.#running) started.signal('SIGKILL')
      rmSync(this.folder, { recursive: true, force: true })
    }
  }

  #command(name: string, script: string): void {
    writeFileSync(join(this.#commands, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  }

  #spawn(commands: string): ChildProcess {
    // One pipe for both outputs, so that their lines come in the order in which a terminal would show them.
    const shell = ['bash', '-euo', 'pipefail', '-c', `exec 2>&1\n${commands}`]
    const [command, ...args] = this.#running.length > 0 ? this.#running[0]!.inItsNetwork(shell) : inOwnNetwork(shell)
    const path = [this.#commands, process.env['PATH']].join(delimiter)
    const env = { ...process.env, PATH: path, NO_COLOR: '1', TERM: 'dumb' }
    return spawn(command!, args, { cwd: this.folder, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  }
}

/** A process of a guide, with all it prints. */
export class Started {
  output = ''
  readonly #child: ChildProcess
  readonly #end: Promise<number>

  constructor(child: ChildProcess) {
    this.#child = child
    for (const stream of [child.stdout!, child.stderr!])
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output += text
        child.emit('printed')
      })
    this.#end = once(child, 'close').then(([code]) => {
      child.emit('printed')
      return (code as number | null) ?? -1
    })
  }

  async printed(words: string): Promise<void> {
    const signal = AbortSignal.timeout(START_MS)
    while (!this.output.includes(words)) {
      if (this.#child.exitCode !== null) throw new Error(`ended before it printed "${words}":\n${this.output}`)
      await once(this.#child, 'printed', { signal }).catch(() => {
        throw new Error(`did not print "${words}" in ${START_MS} ms:\n${this.output}`)
      })
    }
  }

  async ended(deadlineMs: number): Promise<number> {
    const timer = setTimeout(() => this.signal('SIGKILL'), deadlineMs)
    try {
      return await this.#end
    } finally {
      clearTimeout(timer)
    }
  }

  /** Signals the whole group: what a terminal does on Ctrl-C, and what a supervisor does to stop a unit. */
  signal(name: NodeJS.Signals): void {
    if (this.#child.exitCode === null && this.#child.signalCode === null) process.kill(-this.#child.pid!, name)
  }

  inItsNetwork(shell: readonly string[]): string[] {
    return OWN_NETWORK ? ['nsenter', '--target', String(this.#child.pid), '--net', ...shell] : [...shell]
  }
}

/**
 * Tells how printed output differs from what a guide shows; undefined if it does not. In the guide `…` stands for any
 * part of a line, alone on a line for any lines; times, receipts and hashes are equal to each other; spaces count once.
 */
export function differenceOf(shown: string, printed: string): string | undefined {
  const wanted = linesOf(shown)
  const found = linesOf(printed)
  const fits = (want: number, at: number): boolean => {
    if (want === wanted.length) return at === found.length
    if (wanted[want] === '…')
      return found.slice(at).some((_, skip) => fits(want + 1, at + skip)) || fits(want + 1, found.length)
    return at < found.length && lineFits(wanted[want]!, found[at]!) && fits(want + 1, at + 1)
  }
  return fits(0, 0) ? undefined : `the guide shows\n${wanted.join('\n')}\nbut this came out\n${found.join('\n')}`
}

function lineFits(shown: string, printed: string): boolean {
  const pattern = shown.split('…').map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'))
  return new RegExp(`^${pattern.join('.*')}$`).test(printed)
}

function linesOf(text: string): string[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) =>
      line
        .replaceAll(/\b[0-9a-f]{64}\b/g, '<hash>')
        .replaceAll(/(?<![\w-])[\w-]{64}(?![\w-])/g, '<receipt>')
        .replaceAll(/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?/g, '<time>')
        .replaceAll(/\s+/g, ' ')
        .trim(),
    )
}

function inOwnNetwork(shell: readonly string[]): string[] {
  return OWN_NETWORK ? ['unshare', '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh', ...shell] : [...shell]
}

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Only root may make a network; anybody else runs the guides on the machine's own loopback. */
const OWN_NETWORK = process.platform === 'linux' && process.getuid?.() === 0

/** Fences that hold what a reader types. */
const COMMANDS = new Set(['sh', 'bash', 'shell', 'console'])

/** What of the repository a guide may name. */
const SEEN = new Set(['bin', 'docs', 'examples', 'node_modules', 'package.json', 'src', 'test', 'vectors'])

/** What `npm ci` would install is here already; the rest is npm's own. */
const NPM = `case "$1" in
ci) ;;
start) shift; RECOURSE up "$@" ;;
*) echo "npm $1: only ci and start are here" >&2; exit 64 ;;
esac`

const RUN_MS = 60_000
const START_MS = 20_000
const STOP_MS = 10_000
