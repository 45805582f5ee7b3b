import { spawnSync } from 'node:child_process'
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Compiles `src` without its tests into a folder, as JavaScript with declarations; answers how many modules it wrote. */
export function build(folder: string): number {
  const tsc = spawnSync(process.execPath, [TSC, '-p', 'tsconfig.build.json', '--outDir', folder], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  if (tsc.status !== 0) throw new Error(`the build does not compile:\n${tsc.stdout}${tsc.stderr}`)
  for (const path of globSync('**/*.js', { cwd: folder })) nameBuiltModules(join(folder, path))
  return globSync('**/*.js', { cwd: folder }).length
}

/** The compiler rewrites what `import` names; what `new URL` names (worker threads) it leaves as it is. */
function nameBuiltModules(path: string): void {
  const source = readFileSync(path, 'utf8')
  const built = source.replaceAll(/new URL\([^\n]{0,300}\bimport\.meta\.url\)/g, (named) =>
    named.replaceAll(/(['"]\.\/[^'"]+)\.ts(['"])/g, '$1.js$2'),
  )
  if (built !== source) writeFileSync(path, built)
}

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const TSC = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')

if (import.meta.main) {
  const folder = join(ROOT, 'dist')
  console.log(`${build(folder)} modules in ${folder}`)
}
