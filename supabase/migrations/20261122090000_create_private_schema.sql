-- What the server needs for itself. Nothing in this schema is reachable through the Data API, and no
-- role but keepsake_server may call its functions: they are the narrow doors through which the app
-- acts without being a person (browser sessions, claiming pending turns).
create schema if not exists private;
revoke all on schema private from public;

do $$
begin
  if not exists (select from pg_roles where rolname = 'keepsake_server') then
    create role keepsake_server nologin noinherit;
  end if;
end
$$;

-- The login role takes the server's role for one transaction at a time.
grant keepsake_server to current_user;
grant usage on schema private to keepsake_server;
alter default privileges in schema private revoke execute on functions from public;
