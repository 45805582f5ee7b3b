import './styles.ts'
import './shell/shell.css'
import { MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { AskProvider } from './parts/ask.tsx'
import { nonce } from './shell/nonce.ts'
import { createQueries } from './shell/queries.ts'
import { createConsoleRouter } from './shell/router.tsx'
import { CSS_VARIABLES, THEME } from './shell/theme.ts'

const root = document.querySelector('#root')
if (root === null) throw new Error('the page has no place for the console')
const queries = createQueries()
const router = createConsoleRouter()

createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={THEME}
      cssVariablesResolver={CSS_VARIABLES}
      defaultColorScheme="auto"
      getStyleNonce={() => nonce}
    >
      <QueryClientProvider client={queries}>
        <AskProvider>
          <RouterProvider router={router} />
        </AskProvider>
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
)
