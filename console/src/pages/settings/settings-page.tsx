import { useMay } from '../../shell/session.ts'
import { AccountsPage } from './accounts-page.tsx'
import { AuditPage } from './audit-page.tsx'

/** The settings as they open: accounts for who manages them, the audit trail for who only reads. */
export function SettingsPage() {
  return useMay('accounts') ? <AccountsPage /> : <AuditPage />
}
