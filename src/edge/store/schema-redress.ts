/** The tables of redress; the step of the schema's list that makes them. */
export const REDRESS_TABLES = 'SELECT 1'
