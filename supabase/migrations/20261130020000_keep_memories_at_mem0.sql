-- Where mem0's platform keeps the memories (MEM0_API_KEY), what an answer was given is noted by the
-- platform's ids: no row here stands behind them, so no key makes them go, and whoever forgets such a
-- memory deletes them (memory/hosted/hosted.sql).
alter table public.recalled_memories drop constraint recalled_memories_pkey;
alter table public.recalled_memories alter column memory_id drop not null;
alter table public.recalled_memories add column platform_id text;
alter table public.recalled_memories add constraint recalled_memories_one_memory
  check (num_nonnulls(memory_id, platform_id) = 1);
create unique index recalled_memories_once
  on public.recalled_memories (turn_id, answer_number, memory_id);
create unique index recalled_memories_platform_once
  on public.recalled_memories (turn_id, answer_number, platform_id);

-- The audit log takes these too, besides whatever it takes already: the platform answered with what is
-- not the person's; the person let a program in, or did not (OAuth).
do $$
declare
  known text[];
begin
  select array_agg(m.event[1] order by m.place) into known
  from pg_constraint c,
    regexp_matches(pg_get_constraintdef(c.oid), '''([a-z_]+)''::text', 'g')
      with ordinality as m (event, place)
  where c.conname = 'audit_log_event_check' and c.conrelid = 'public.audit_log'::regclass;
  known := known || array['foreign_memory_refused', 'program_allowed', 'program_refused'];
  alter table public.audit_log drop constraint audit_log_event_check;
  execute format('alter table public.audit_log add constraint audit_log_event_check'
                 ' check (event in (%s))',
                 (select string_agg(quote_literal(one), ', ') from unnest(known) as one));
end $$;
