-- Memories of a collection that was there before Keepsake, and that belong to no account here: made by
-- mem0 for a user id that is no account's, or for an agent alone. No role of the app reads them; the
-- login role of DATABASE_URL does, in python -m memory.unowned.
create table private.unowned_memories (
  seq bigint generated always as identity primary key,
  collection text not null check (collection in ('memories', 'memories_entities')),
  id varchar not null,
  -- any number of dimensions, and no type of an extension whose schema is not known here
  vec real[] not null,
  metadata jsonb not null,
  reason text not null check (reason in ('no owner', 'no account', 'no text', 'id taken')),
  put_aside_at timestamptz not null default now()
);
alter table private.unowned_memories enable row level security;
revoke all on private.unowned_memories from public, anon, authenticated, keepsake_server;

-- A person's id as mem0's users write it, or null: "alice" is none.
create function private.uuid_in(said text) returns uuid
language sql immutable strict set search_path = '' as $$
  select case when said ~* '^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$' then said::uuid end
$$;

-- A moment or a day as mem0 writes it, or null; without a zone it is meant in UTC.
create function private.time_in(said text) returns timestamptz
language plpgsql stable strict set search_path = '' set timezone = 'UTC' as $$
begin
  return case when said ~ '^\d{4}-\d\d-\d\d' then said::timestamptz end;
exception when data_exception then
  return null;
end
$$;
revoke execute on function private.uuid_in(text), private.time_in(text) from public;
