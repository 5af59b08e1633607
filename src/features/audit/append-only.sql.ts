/** Makes `audit_entry` refuse UPDATE, DELETE and TRUNCATE. For the migration that creates the table. */
export const MAKE_AUDIT_APPEND_ONLY = [
  `CREATE FUNCTION audit_entry_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     RAISE EXCEPTION 'audit_entry is append-only' USING ERRCODE = 'insufficient_privilege';
   END $$`,
  `CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
   FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_refuse_change()`,
] as const;

/** Takes it back, for the migration's way down. */
export const UNMAKE_AUDIT_APPEND_ONLY = [
  'DROP TRIGGER audit_entry_append_only ON audit_entry',
  'DROP FUNCTION audit_entry_refuse_change()',
] as const;
