import { globSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

/** Builds the pages of the console into a folder; answers how many files it wrote. */
export async function buildConsole(folder: string): Promise<number> {
  await build({
    configFile: join(CONSOLE, 'vite.config.ts'),
    logLevel: 'warn',
    build: { outDir: folder, emptyOutDir: true, reportCompressedSize: false },
  })
  await build({
    configFile: join(CONSOLE, 'vite.explain.config.ts'),
    logLevel: 'warn',
    build: { outDir: folder, emptyOutDir: false, reportCompressedSize: false },
  })
  return globSync('**/*.*', { cwd: folder }).length
}

/**
 * Builds `console/dist` where it is missing or older than what it is made of; answers whether it did. The new one takes the
 * place of the old one whole, so whoever reads it meanwhile reads one of the two.
 */
export async function refreshConsole(): Promise<boolean> {
  if (ageOf(join(DIST, 'index.html')) >= Math.max(...sources().map(ageOf))) return false
  const fresh = mkdtempSync(`${DIST}-`)
  try {
    await buildConsole(fresh)
    const old = `${fresh}-old`
    rmSync(old, { recursive: true, force: true })
    if (ageOf(DIST) > 0) renameSync(DIST, old)
    renameSync(fresh, DIST)
    rmSync(old, { recursive: true, force: true })
    return true
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

/** What the build is made of: its own files, what it takes of the pure bands, and the locked packages. */
function sources(): string[] {
  const own = globSync(['console/*.*', 'console/src/**/*.*', 'console/public/**/*.*', 'src/{codec,core}/**/*.ts'], {
    cwd: ROOT,
    exclude: ['**/*.test.ts', '**/*.test.tsx'],
  })
  return [...own, 'package-lock.json'].map((path) => join(ROOT, path))
}

/** When a file was changed, in milliseconds since 1970; 0 where there is none. */
function ageOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const CONSOLE = join(ROOT, 'console')
const DIST = join(CONSOLE, 'dist')

if (import.meta.main) {
  const isNew = await refreshConsole()
  if (isNew || !process.argv.includes('--quiet'))
    console.log(isNew ? 'The console was built.' : 'The console is up to date.')
}
