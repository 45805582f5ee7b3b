import type FFI from 'node:ffi'
import { arch, endianness, platform } from 'node:os'
import { getSystemErrorName } from 'node:util'

/** The calls into the C library that {@link listenUdpBatch} makes, bound for the thread that asked. */
export type Libc = ReturnType<typeof bind>

/** The C library of this process; throws an Error that says why it cannot be called from here. */
export function openLibc(): Libc {
  opened ??= bind()
  return opened
}

/** The error of a call that failed, with the system's name for it in `code`. */
export function systemError(call: string, errno: number): Error {
  const code = getSystemErrorName(-errno)
  return Object.assign(new Error(`${call} ${code}`), { code, syscall: call })
}

let opened: Libc | undefined

function bind() {
  if (platform() !== 'linux') throw new Error(`it needs Linux, and this is ${platform()}`)
  if (!ARCHITECTURES.includes(arch()) || endianness() !== 'LE')
    throw new Error(`it knows ${ARCHITECTURES.join(' and ')}, and this is ${arch()}`)
  const ffi = process.getBuiltinModule('node:ffi') as typeof FFI | undefined
  if (ffi === undefined) throw new Error(`it needs node:ffi of Node 26.1 or later, and this is Node ${process.version}`)
  const { functions } = openOr('libc.so.6, the GNU C library', () => ffi.dlopen('libc.so.6', CALLS))
  // The place of `errno` is the thread's own and stays where it is.
  const errnoAt = functions.__errno_location()
  return {
    ...functions,
    addressOf: (memory: ArrayBuffer): bigint => ffi.getRawPointer(memory),
    errno: (): number => ffi.getInt32(errnoAt, 0),
    /** Readable when this thread's event loop has something to do; undefined where Node does not tell. */
    loopDescriptor: loopDescriptor(ffi),
  }
}

function openOr<Library>(what: string, open: () => Library): Library {
  try {
    return open()
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`${what} cannot be opened (${why})`, { cause })
  }
}

function loopDescriptor(ffi: typeof FFI): number | undefined {
  // Since Node 26.6.
  if (typeof ffi.getCurrentEventLoop !== 'function') return undefined
  try {
    const { functions } = ffi.dlopen(null, { uv_backend_fd: { arguments: ['pointer'], return: 'i32' } })
    const descriptor = functions.uv_backend_fd(ffi.getCurrentEventLoop())
    return descriptor >= 0 ? descriptor : undefined
  } catch {
    // A Node that is linked to a libuv which does not show its names.
    return undefined
  }
}

/** 64-bit machines on which the numbers and structures of the batch transport are those of Linux's generic headers. */
const ARCHITECTURES = ['x64', 'arm64']
const CALLS = {
  __errno_location: { arguments: [], return: 'pointer' },
  bind: { arguments: ['i32', 'buffer', 'u32'], return: 'i32' },
  close: { arguments: ['i32'], return: 'i32' },
  getsockname: { arguments: ['i32', 'buffer', 'buffer'], return: 'i32' },
  getsockopt: { arguments: ['i32', 'i32', 'i32', 'buffer', 'buffer'], return: 'i32' },
  if_indextoname: { arguments: ['u32', 'buffer'], return: 'pointer' },
  if_nametoindex: { arguments: ['string'], return: 'u32' },
  inet_ntop: { arguments: ['i32', 'buffer', 'buffer', 'u32'], return: 'pointer' },
  inet_pton: { arguments: ['i32', 'string', 'buffer'], return: 'i32' },
  poll: { arguments: ['pointer', 'u32', 'i32'], return: 'i32' },
  recvmmsg: { arguments: ['i32', 'pointer', 'u32', 'i32', 'pointer'], return: 'i32' },
  sendmmsg: { arguments: ['i32', 'pointer', 'u32', 'i32'], return: 'i32' },
  setsockopt: { arguments: ['i32', 'i32', 'i32', 'buffer', 'u32'], return: 'i32' },
  socket: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
} as const
