import { stringify } from 'yaml'
import { KINDS } from '#core/rules/kinds.ts'
import { variableOf } from './environment.ts'
import { knownKeys, type KnownKey } from './schema-walk.ts'
import { configSchema } from './schema.ts'

/**
 * Writes the reference page of the configuration from its schema.
 *
 *     node src/main/config/reference.ts > docs/configuration.md
 */
export function writeReference(): string {
  const keys = knownKeys(configSchema, true)
  const sections = keys.filter(({ path }) => path.length === 1)
  const parts = sections.map((section) => {
    const below = keys.filter(({ path }) => path.length > 1 && path[0] === section.path[0])
    return below.length === 0 ? single(section) : [single(section), table(below)].join('\n')
  })
  return [INTRODUCTION, ...parts, KINDS_OF_RULES].join('\n')
}

function single(key: KnownKey): string {
  const facts = key.isSection
    ? []
    : [`Takes ${key.meta.expected}${fallbackWords(key)}. Environment: \`${variableOf(key.path)}\`.`]
  return [`## ${key.path[0]}`, '', [key.meta.description, ...facts].join(' '), ''].join('\n')
}

function table(keys: readonly KnownKey[]): string {
  const rows = keys.map((key) => {
    const name = key.path.slice(1).join('.').replaceAll('.[]', '[]')
    const isOwn = key.fallback !== undefined && !(key.isSection && typeof key.fallback === 'object')
    const left = key.required ? 'required' : isOwn ? `\`${shown(key.fallback)}\`` : ''
    const variable = key.path.includes('[]') ? '' : `\`${variableOf(key.path)}\``
    return `| ${[`\`${name}\``, cell(key.meta.description), cell(key.meta.expected), left, variable].join(' | ')} |`
  })
  return ['| key | what it is | takes | without it | environment |', '|---|---|---|---|---|', ...rows, ''].join('\n')
}

function fallbackWords({ fallback }: KnownKey): string {
  return fallback === undefined ? '' : `; without it \`${shown(fallback)}\``
}

function shown(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow' }).trim()
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

const INTRODUCTION = `# Configuration

<!-- Written by \`node src/main/config/reference.ts > docs/configuration.md\`: change the schema, not this page. -->

One file, \`recourse.yaml\`; \`recourse up\` writes a commented one where there is none. Without any, the gate listens on
127.0.0.1:5060, answers programs on this machine only, and blocks nothing.

- **Durations** are a number and a unit: \`500ms\`, \`90s\`, \`10m\`, \`24h\`, \`60d\`. **Sizes**: \`512B\`, \`64KiB\`, \`4MiB\`, \`1GiB\`.
- **Paths** are relative to the file they stand in. **Secrets** are named, never written: \`file:\` and a path, or \`env:\`
  and a variable.
- **The environment** overrides single keys: \`RECOURSE_\` and the path in capitals, \`RECOURSE_OPERATOR_NAME=Northwire\`. Numbers,
  lists and mappings are read as YAML: \`RECOURSE_GATE_LISTEN='["udp:127.0.0.1:5070"]'\`. \`RECOURSE_CONFIG\` names the file
  itself. Any other \`RECOURSE_\` variable that no key has is an error.
- **Faults** are told all at once, each with file, line and column, what was found and what was expected:
  \`recourse.yaml:12:7: found the unknown key "contatc", expected one of name, contact, location (did you mean contact?)\`.
- **Contacts that end in \`.example\`** are taken while every peer is on this machine, with a reminder at start, and refused
  as soon as another machine may ask.
- **The policy** may stand in a file of its own: \`policy: "file:policy.yaml"\`. Lists it names are then relative to that file.

How rules are written and what they count is told in [rules.md](rules.md).
`

const KINDS_OF_RULES = `## Kinds of rules

A rule has exactly one of these keys. What it blocks by decides which notice is sent (\`policy.notices\`).

| key | blocks by |
|---|---|
${Object.entries(KINDS)
  .map(([kind, { cause }]) => `| \`${kind}\` | ${cause}${kind === 'deny' ? ', or what `cause` says' : ''} |`)
  .join('\n')}
| \`allow\` | nothing: it lets the call go on |
`

if (import.meta.main) process.stdout.write(writeReference())
