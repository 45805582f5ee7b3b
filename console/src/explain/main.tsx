import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import './explain.css'
import { ExplainPage } from './explain-page.tsx'

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <ExplainPage />
  </StrictMode>,
)
