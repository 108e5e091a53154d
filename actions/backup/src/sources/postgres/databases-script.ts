// The SQL that makes a server's databases as they are, empty. pg_dump writes it only into dumps that name their database throughout
// (--create), which can't be restored under another name.
import { queryText, type Session } from './session.ts'

/**
 * One query for every version: columns that came later (the locale's provider with 15, its name with 17) are read from the row as
 * JSON, where they are NULL if they aren't there. What it writes follows pg_dump's dumpDatabase. A database that exists
 * (`postgres`) is left, and only given its owner, rights and settings.
 */
const STATEMENTS = String.raw`
SELECT coalesce(string_agg(statements, E'\n' ORDER BY datname), '') FROM (
  SELECT datname, concat_ws(E'\n',
    format(E'SELECT %L\n  WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = %L) \\gexec',
      format('CREATE DATABASE %I WITH TEMPLATE = template0 ENCODING = %L', datname, pg_encoding_to_char(encoding))
        || CASE shape->>'datlocprovider' WHEN 'i' THEN ' LOCALE_PROVIDER = icu' WHEN 'b' THEN ' LOCALE_PROVIDER = builtin'
             WHEN 'c' THEN ' LOCALE_PROVIDER = libc' ELSE '' END
        || format(' LC_COLLATE = %L LC_CTYPE = %L', shape->>'datcollate', shape->>'datctype')
        || CASE shape->>'datlocprovider'
             WHEN 'i' THEN format(' ICU_LOCALE = %L', coalesce(shape->>'datlocale', shape->>'daticulocale'))
             WHEN 'b' THEN format(' BUILTIN_LOCALE = %L', shape->>'datlocale') ELSE '' END
        || coalesce(' ICU_RULES = ' || quote_literal(shape->>'daticurules'), '')
        || CASE WHEN spcname = 'pg_default' THEN '' ELSE format(' TABLESPACE = %I', spcname) END,
      datname),
    format('ALTER DATABASE %I OWNER TO %I;', datname, pg_get_userbyid(datdba)),
    CASE WHEN datconnlimit >= 0 THEN format('ALTER DATABASE %I CONNECTION LIMIT = %s;', datname, datconnlimit) END,
    CASE WHEN datistemplate THEN format('ALTER DATABASE %I IS_TEMPLATE = true;', datname) END,
    (SELECT format('COMMENT ON DATABASE %I IS %L;', datname, description) FROM pg_shdescription
      WHERE objoid = d.number AND classoid = 'pg_catalog.pg_database'::regclass),
    CASE WHEN datacl IS NOT NULL THEN
      format(E'REVOKE ALL ON DATABASE %1$I FROM PUBLIC;\nREVOKE ALL ON DATABASE %1$I FROM %2$I;', datname, pg_get_userbyid(datdba)) END,
    (SELECT string_agg(format('GRANT %s ON DATABASE %I TO %s%s;', privilege_type, datname,
        CASE grantee WHEN 0 THEN 'PUBLIC' ELSE format('%I', pg_get_userbyid(grantee)) END,
        CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END), E'\n' ORDER BY grantee, privilege_type)
      FROM aclexplode(datacl)),
    (SELECT string_agg(format('ALTER %s SET %I TO %s;',
        CASE setrole WHEN 0 THEN format('DATABASE %I', datname)
          ELSE format('ROLE %I IN DATABASE %I', pg_get_userbyid(setrole), datname) END,
        name,
        -- Lists are kept as they are written; every other value is one text.
        CASE WHEN name NOT IN (${listSettings()}) THEN format('%L', value) WHEN value IN ('', '""') THEN '''''' ELSE value END),
        E'\n' ORDER BY setrole, position)
      FROM pg_db_role_setting, unnest(setconfig) WITH ORDINALITY AS setting(line, position),
        LATERAL (SELECT split_part(line, '=', 1) AS name, substr(line, strpos(line, '=') + 1) AS value) AS parts
      WHERE setdatabase = d.number)
  ) AS statements
  FROM (SELECT oid AS number, *, to_jsonb(pg_database) AS shape FROM pg_catalog.pg_database) AS d
    JOIN pg_catalog.pg_tablespace ON pg_tablespace.oid = dattablespace
  WHERE datname IN (SELECT jsonb_array_elements_text(%NAMES%::jsonb))
) AS databases`

/** Settings with GUC_LIST_QUOTE: pg_dump's variable_is_guc_list_quote. */
function listSettings(): string {
  return [
    'local_preload_libraries',
    'search_path',
    'session_preload_libraries',
    'shared_preload_libraries',
    'temp_tablespaces',
    'unix_socket_directories',
  ]
    .map((name) => `'${name}'`)
    .join(', ')
}

export const SCRIPT_END = /\n-- Databases complete\n$/

/** For psql, connected to any database; its roles must be there. */
export async function databasesScript(session: Session, database: string, names: readonly string[]): Promise<string> {
  const sql = STATEMENTS.replace('%NAMES%', () => literal(JSON.stringify(names)))
  const statements = await queryText(session, database, sql)
  return `-- Databases, empty, with their owners, rights and settings

SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;

${statements}

-- Databases complete
`
}

/** With standard_conforming_strings, which every supported server has on unless somebody turned it off. */
function literal(text: string): string {
  return `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
