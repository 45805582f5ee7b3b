#!/usr/bin/env node
// The one plain JavaScript file: it has to run, and to explain itself, on a Node that is too old for the rest.
import { spawn } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import module from 'node:module'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'

const [major, minor] = process.versions.node.split('.').map(Number)
const tooOld = major < 24 || (major === 24 && minor < 15)
const locked = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url))

if (tooOld && existsSync(locked) && process.execPath !== locked) {
  const run = spawn(locked, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' })
  // Whoever ends this process means the one behind it.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => run.kill(signal))
  run.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 70 : 128 + constants.signals[signal])))
} else if (tooOld) {
  console.error(
    `recourse needs Node 24.15 or newer, this is ${process.version}. Install a newer Node; in a clone, npm ci brings one.`,
  )
  process.exit(2)
} else {
  const source = new URL('../src/main/recourse.ts', import.meta.url)
  const built = new URL('../dist/main/recourse.js', import.meta.url)
  keepCompiled(fileURLToPath(new URL('../node_modules', import.meta.url)))
  await import((existsSync(source) ? source : built).href)
}

/** Halves the time that a command takes to start. Nobody leaves files in a folder of somebody else's for it. */
function keepCompiled(folder) {
  const owner = statSync(folder, { throwIfNoEntry: false })?.uid
  if (owner !== undefined && owner === process.getuid?.()) module.enableCompileCache(`${folder}/.cache/compiled`)
}
