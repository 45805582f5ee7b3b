// Journeys start hundreds of processes of ours: each finds what it loads compiled by those before it. Loaded before the runner.
import { fileURLToPath } from 'node:url'

process.env['NODE_COMPILE_CACHE'] ??= fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url))
