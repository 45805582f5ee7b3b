import { type ChildProcess, type StdioOptions, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What a journey needs from `node:test`'s context: a way to clean up. */
export type Owner = { after(cleanUp: () => unknown): void }

/** How a program ended: its exit code, or the signal that ended it. */
export type Ending = { code: number | undefined; signal: NodeJS.Signals | undefined }

/**
 * Tells which of the programs a journey needs are not there, as the reason to skip it; `false` when all are.
 * On the build machine (`CI=true`) nothing may be missing, so there it throws.
 */
export function missing(...programs: Program[]): string | false {
  const absent = programs.filter((program) => !usable(program))
  if (absent.length === 0) return false
  const reason = absent.map((program) => `${program} is ${WHY_UNUSABLE[program]}`).join('; ')
  if (process.env['CI'] === 'true') throw new Error(`${reason}: a build must run every journey`)
  return reason
}

/** A running program: its output so far, and ways to wait for a line of it, for its end, and to end it by its own pid. */
export class Peer {
  readonly #child: ChildProcess
  readonly ended: Promise<Ending>
  #output = ''
  #over: Ending | undefined
  readonly #watchers = new Set<() => void>()

  constructor(program: string, args: readonly string[], options: PeerOptions = {}) {
    const stdio: StdioOptions = ['ignore', 'pipe', 'pipe']
    this.#child = spawn(program, args, { cwd: options.cwd, env: { ...process.env, ...options.env }, stdio })
    RUNNING.add(this)
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (bytes: Buffer) => {
        this.#output = (this.#output + bytes.toString('latin1')).slice(-OUTPUT_KEPT)
        for (const look of this.#watchers) look()
      })
    this.ended = new Promise((resolve, reject) => {
      this.#child.on('error', (cause) => reject(new Error(`cannot start ${program}`, { cause })))
      this.#child.on('close', (code, signal) => {
        RUNNING.delete(this)
        this.#over = { code: code ?? undefined, signal: signal ?? undefined }
        resolve(this.#over)
        for (const look of this.#watchers) look()
      })
    })
    this.ended.catch(() => RUNNING.delete(this))
  }

  get pid(): number {
    return this.#child.pid ?? -1
  }

  /** Standard output and error so far, mixed, the last mebibyte of it. */
  get output(): string {
    return this.#output
  }

  get running(): boolean {
    return this.#over === undefined
  }

  /** Waits until the output holds this; fails with the output when the program ends or the time is up before. */
  async says(pattern: RegExp, withinMs = 20_000): Promise<RegExpExecArray> {
    let look = (): void => {}
    let timer: NodeJS.Timeout | undefined
    try {
      return await new Promise((resolve, reject) => {
        look = () => {
          const match = pattern.exec(this.#output)
          if (match !== null) resolve(match)
          else if (!this.running) reject(new Error(`ended before saying ${pattern}:\n${this.#output}`))
        }
        timer = setTimeout(() => reject(new Error(`did not say ${pattern} in time:\n${this.#output}`)), withinMs)
        this.#watchers.add(look)
        this.ended.catch(reject)
        look()
      })
    } finally {
      clearTimeout(timer)
      this.#watchers.delete(look)
    }
  }

  signal(signal: NodeJS.Signals): void {
    if (this.running && this.pid > 0) this.#child.kill(signal)
  }

  /** Asks the program to end and waits for it; after five seconds it is killed, and what it started. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ending> {
    // Processes of a Kamailio may stay behind in a lock that they share: they would hold its output, and so the test, for ever.
    const started = childrenOf(this.pid)
    this.signal(signal)
    const timer = setTimeout(() => {
      this.signal('SIGKILL')
      for (const pid of started) kill(pid)
    }, STOP_MS)
    try {
      return await this.ended
    } finally {
      clearTimeout(timer)
    }
  }
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended meanwhile.
  }
}

export type PeerOptions = { cwd?: string; env?: NodeJS.ProcessEnv }

/** Runs a program to its end and returns what it printed; fails when it does not exit with 0. */
export function run(program: string, args: readonly string[], options: PeerOptions = {}): string {
  const env = { ...process.env, ...options.env }
  const done = spawnSync(program, args, { cwd: options.cwd, env, maxBuffer: OUTPUT_MAX, encoding: 'utf8' })
  if (done.error !== undefined) throw new Error(`cannot run ${program}`, { cause: done.error })
  if (done.status !== 0) throw new Error(`${program} ${args.join(' ')} exited with ${done.status}:\n${done.stderr}`)
  return done.stdout
}

/** A directory of its own for one journey, gone when the journey is over. */
export function temporaryDirectory(owner: Owner): string {
  const directory = mkdtempSync(join(tmpdir(), 'recourse-journey-'))
  // A program that is just ending may put a file there meanwhile: then it is tried again.
  owner.after(() => rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }))
  return directory
}

/** Asks again every few milliseconds until there is an answer: for things that cannot tell by themselves. */
export async function until<T>(what: string, ask: () => T | undefined | Promise<T | undefined>, withinMs = 20_000) {
  const giveUpAt = performance.now() + withinMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    if (performance.now() > giveUpAt) throw new Error(`waited ${withinMs} ms in vain for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS))
  }
}

export type Program = keyof typeof WHY_UNUSABLE

function usable(program: Program): boolean {
  if (program === 'strace' && !mayAttach()) return false
  const { args, status, command = program } = PROOFS[program]
  return spawnSync(command, args, { stdio: 'ignore', timeout: PROOF_MS }).status === status
}

/** Where the kernel lets only parents trace, nobody but root may attach to a process that runs already. */
function mayAttach(): boolean {
  const rule = '/proc/sys/kernel/yama/ptrace_scope'
  return process.getuid?.() === 0 || !existsSync(rule) || readFileSync(rule, 'latin1').trim() === '0'
}

/** For each program a command that ends so only where the program is installed and may do what the journeys ask of it. */
const PROOFS: Record<keyof typeof WHY_UNUSABLE, { args: readonly string[]; status: number; command?: string }> = {
  kamailio: { args: ['-v'], status: 0 },
  sipp: { args: ['-v'], status: 99 },
  tshark: { args: ['-v'], status: 0 },
  dumpcap: { args: ['-i', 'lo', '-L'], status: 0 },
  chromium: { args: ['--version'], status: 0 },
  curl: { args: ['--version'], status: 0 },
  baresip: { args: ['-h'], status: 254 },
  strace: { args: ['-e', 'trace=none', 'true'], status: 0 },
  nft: { command: 'unshare', args: ['-rn', 'sh', '-c', 'ip link set lo up && nft list ruleset'], status: 0 },
}

const WHY_UNUSABLE = {
  kamailio: 'not installed',
  sipp: 'not installed',
  tshark: 'not installed',
  dumpcap: 'not installed, or may not capture on the loopback device',
  chromium: 'not installed',
  curl: 'not installed',
  baresip: 'not installed',
  strace: 'not installed, or may not trace',
  nft: 'not installed, or no network of its own may be made',
} as const

/** What is still running when the test process goes, by whichever way, is ended with it. */
const RUNNING = new Set<Peer>()
process.on('exit', () => {
  for (const peer of RUNNING) peer.signal('SIGKILL')
})

const OUTPUT_KEPT = 1_048_576
const OUTPUT_MAX = 512 * 1_048_576
const PROOF_MS = 10_000
const STOP_MS = 5_000
const ASK_AGAIN_MS = 10
