import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Owner, Peer, temporaryDirectory, until } from './peer.ts'

/** One traced system call, in the order in which the calls began. */
export type SystemCall = {
  thread: number
  name: string
  /** The arguments as strace writes them; strings with octal escapes. */
  args: string
  /** Line numbers of the trace at which the call began and at which it returned. */
  began: number
  returned: number
  result: number
}

/**
 * Attaches to a running process, every thread of it, and records these system calls until stopped. `tamper` is strace's
 * own word for what to do to them (`inject=fdatasync:delay_enter=600000`).
 */
export async function trace(
  owner: Owner,
  pid: number,
  calls: readonly string[],
  tamper?: string,
): Promise<{ stop(): Promise<SystemCall[]> }> {
  const file = join(temporaryDirectory(owner), 'trace')
  const options = ['-f', '-qq', '-s', String(STRING_BYTES), '-e', `trace=${calls.join(',')}`, '-e', 'signal=none']
  if (tamper !== undefined) options.push('-e', tamper)
  const strace = new Peer('strace', [...options, '-o', file, '-p', String(pid)])
  owner.after(() => strace.stop('SIGINT'))
  await attached(pid, strace)
  return {
    async stop() {
      await strace.stop('SIGINT')
      return readTrace(readFileSync(file, 'latin1'))
    },
  }
}

/** Reads a trace written with `-f -o`; a call that another thread interrupts stands on two lines. */
export function readTrace(text: string): SystemCall[] {
  const calls: SystemCall[] = []
  const open = new Map<number, SystemCall>()
  for (const [line, row] of text.split('\n').entries()) {
    const [, thread = '', rest = ''] = /^(\d+)\s+(.*)$/.exec(row) ?? []
    const resumed = /^<\.\.\. (\w+) resumed>(.*)$/.exec(rest)
    const began = /^(\w+)\((.*)$/.exec(rest)
    if (resumed !== null) {
      const call = open.get(Number(thread))
      open.delete(Number(thread))
      if (call !== undefined) finish(call, call.args + resumed[2]!, line)
    } else if (began !== null) {
      const call = { thread: Number(thread), name: began[1]!, args: began[2]!, began: line, returned: line, result: -1 }
      calls.push(call)
      if (began[2]!.endsWith('<unfinished ...>')) {
        call.args = call.args.slice(0, -'<unfinished ...>'.length)
        call.returned = Infinity
        open.set(call.thread, call)
      } else finish(call, call.args, line)
    }
  }
  return calls
}

function finish(call: SystemCall, text: string, line: number): void {
  const end = text.lastIndexOf(') ')
  call.args = end < 0 ? text : text.slice(0, end)
  call.returned = line
  call.result = Number(/= (-?\d+)/.exec(text.slice(end))?.[1] ?? -1)
}

/** strace says nothing once it is attached; the kernel does: each thread names its tracer. */
async function attached(pid: number, strace: Peer): Promise<void> {
  await until(`strace on process ${pid}`, () => {
    if (!strace.running) throw new Error(`strace ended: ${strace.output}`)
    return readdirSync(`/proc/${pid}/task`).every((task) =>
      readFileSync(`/proc/${pid}/task/${task}/status`, 'latin1').includes(`TracerPid:\t${strace.pid}\n`),
    )
  })
}

/** Long enough for a whole database page or batch of answers. */
const STRING_BYTES = 65_536
