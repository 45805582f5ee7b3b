import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import manifest from '../package.json' with { type: 'json' }
import { build } from './build.ts'
import { buildConsole } from './console.ts'

/** Makes the tarball that is published, with the console in it, in `destination`; answers its path. Needs no network. */
export async function pack(destination: string): Promise<string> {
  const stage = mkdtempSync(join(tmpdir(), 'recourse-stage-'))
  try {
    for (const name of manifest.files)
      if (name !== 'dist' && existsSync(join(ROOT, name)))
        cpSync(join(ROOT, name), join(stage, name), { recursive: true })
    build(join(stage, 'dist'))
    await buildConsole(join(stage, 'dist', 'console'))
    writeFileSync(join(stage, 'package.json'), `${JSON.stringify(publishedManifest(), undefined, 2)}\n`)

    mkdirSync(destination, { recursive: true })
    const npm = spawnSync(
      'npm',
      ['pack', '--json', '--offline', '--ignore-scripts', '--pack-destination', destination],
      {
        cwd: stage,
        encoding: 'utf8',
      },
    )
    if (npm.status !== 0) throw new Error(`npm pack: ${npm.stderr}`)
    return join(destination, `${manifest.name}-${manifest.version}.tgz`)
  } finally {
    rmSync(stage, { recursive: true })
  }
}

/**
 * The manifest that users get. It differs from the repository's in four ways: modules are the built ones, development
 * packages and scripts are gone, no Node comes along, and the oldest Node that runs it is named.
 */
export function publishedManifest(): Record<string, unknown> {
  const kept = Object.entries(manifest).filter(([key]) => !OWN_TO_THE_REPOSITORY.has(key))
  return {
    ...Object.fromEntries(kept),
    engines: { node: OLDEST_NODE },
    imports: Object.fromEntries(Object.keys(manifest.imports).map((name) => [name, builtImport(name)])),
    exports: {
      './codec/*': { types: './dist/codec/*.d.ts', default: './dist/codec/*.js' },
      './mock-blocker': {
        types: './dist/edge/prober/mock-blocker.d.ts',
        default: './dist/edge/prober/mock-blocker.js',
      },
      './package.json': './package.json',
    },
  }
}

/** `#codec/*.ts`, as the sources write it, to the module built from it. */
function builtImport(name: string): { types: string; default: string } {
  const module = name.replace(/^#(.*)\.ts$/, './dist/$1')
  return { types: `${module}.d.ts`, default: `${module}.js` }
}

const ROOT = fileURLToPath(new URL('..', import.meta.url))

const OWN_TO_THE_REPOSITORY = new Set(['devDependencies', 'optionalDependencies', 'scripts', 'private'])

/** The oldest line that has `node:sqlite` without a warning. `bin/recourse.js` says the same to whoever has an older one. */
const OLDEST_NODE = '>=24.15.0'

if (import.meta.main) console.log(await pack(resolve(process.argv[2] ?? join(ROOT, 'dist'))))
