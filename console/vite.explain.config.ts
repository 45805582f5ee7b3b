import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { type Plugin, defineConfig } from 'vite'

const source = fileURLToPath(new URL('../src', import.meta.url))

/** The page that explains answers: one file with all it needs, so that it can be kept, mailed, and put on any host. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [react(), oneFile()],
  publicDir: false,
  resolve: {
    alias: [
      { find: /^#codec\//, replacement: `${source}/codec/` },
      { find: /^#core\//, replacement: `${source}/core/` },
    ],
  },
  build: {
    outDir: 'dist-explain',
    emptyOutDir: true,
    modulePreload: false,
    cssCodeSplit: false,
    target: 'es2023',
    rolldownOptions: { input: fileURLToPath(new URL('explain.html', import.meta.url)) },
  },
})

/** Puts script and style into the page, and a policy beside them that lets nothing else in and nothing out. */
function oneFile(): Plugin {
  return {
    name: 'one-file',
    enforce: 'post',
    generateBundle(_, bundle) {
      const files = Object.values(bundle)
      const scripts = files.flatMap((file) => (file.type === 'chunk' ? [file.code] : []))
      const styles = files.flatMap((file) =>
        file.fileName.endsWith('.css') && file.type === 'asset' ? [String(file.source)] : [],
      )
      const page = bundle['explain.html']
      if (scripts[0] === undefined || scripts.length > 1 || page?.type !== 'asset')
        throw new Error('expected one script and one page')
      // Inside a script element only its end tag has a meaning.
      const script = scripts[0].replaceAll('</script', '<\\/script')
      const style = styles.join('\n')
      const policy = [
        "default-src 'none'",
        `script-src '${hashOf(script)}'`,
        `style-src '${hashOf(style)}'`,
        'img-src data:',
        "connect-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
      ].join('; ')
      page.source = String(page.source)
        .replaceAll(/\s*<script type="module"[^>]*><\/script>/g, '')
        .replaceAll(/\s*<link rel="stylesheet"[^>]*>/g, '')
        .replace(
          '<meta charset="utf-8" />',
          () => `<meta charset="utf-8" />\n    <meta http-equiv="Content-Security-Policy" content="${policy}" />`,
        )
        .replace('</head>', () => `  <style>${style}</style>\n  </head>`)
        .replace('</body>', () => `  <script type="module">${script}</script>\n  </body>`)
      for (const file of files) if (file !== page) delete bundle[file.fileName]
    },
  }
}

/** What a policy names a script or style by. CSP 3 §6.7.3.3. */
function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}
