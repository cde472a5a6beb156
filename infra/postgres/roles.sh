#!/bin/bash
# Makes the database's owner, which migrates, and a role for each purpose, which may log in and no more: `turnlog migrate`
# gives each the rights that it needs (packages/call-store/src/schema/grant-rights.ts). The Postgres image runs this once,
# for a new database; run it again after a password was changed, or on a database that was made before there were roles:
#   docker compose exec postgres bash /docker-entrypoint-initdb.d/roles.sh
set -euo pipefail

psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "${POSTGRES_DB:-turnlog}" \
  -v owner="$POSTGRES_OWNER_PASSWORD" -v persister="$POSTGRES_PERSISTER_PASSWORD" \
  -v reconciler="$POSTGRES_RECONCILER_PASSWORD" -v reader="$POSTGRES_READER_PASSWORD" -v eraser="$POSTGRES_ERASER_PASSWORD" <<'SQL'
select format('create role %I login', name)
from unnest(array['turnlog_owner', 'turnlog_persister', 'turnlog_reconciler', 'turnlog_reader', 'turnlog_eraser']) as name
where not exists (select from pg_roles where rolname = name) \gexec

alter role turnlog_owner password :'owner';
alter role turnlog_persister password :'persister';
alter role turnlog_reconciler password :'reconciler';
alter role turnlog_reader password :'reader';
alter role turnlog_eraser password :'eraser';

-- A reader's question can neither change anything nor hold up the persister.
alter role turnlog_reader set default_transaction_read_only = on;
alter role turnlog_reader set statement_timeout = '30s';
alter role turnlog_reader set idle_in_transaction_session_timeout = '60s';

-- Transfers the existing tables to the owner.
select format('alter database %I owner to turnlog_owner', current_database()) \gexec
select format('alter %s public.%I owner to turnlog_owner', case relkind when 'v' then 'view' else 'table' end, relname)
from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'v') \gexec
select format('revoke all on database %I from public', current_database()) \gexec
select format('grant connect on database %I to turnlog_persister, turnlog_reconciler, turnlog_reader, turnlog_eraser', current_database()) \gexec
alter schema public owner to turnlog_owner;
revoke all on schema public from public;
grant usage on schema public to turnlog_persister, turnlog_reconciler, turnlog_reader, turnlog_eraser;
SQL
