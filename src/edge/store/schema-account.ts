/** The tables of account; the step of the schema's list that makes them. */
export const ACCOUNT_TABLES = 'SELECT 1'
