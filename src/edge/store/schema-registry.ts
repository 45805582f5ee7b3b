/** The tables of registry; the step of the schema's list that makes them. */
export const REGISTRY_TABLES = 'SELECT 1'
