-- Cues: what a memory answers, in its metadata, embedded with its text. See memory/remember/cues.py.

-- Cues belong to one text: with another, whoever writes it, they go, unless new ones come with it.
create function private.drop_cues() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.metadata := new.metadata - 'cues';
  return new;
end
$$;
revoke execute on function private.drop_cues() from public;

create function private.tie_cues() returns void
language plpgsql set search_path = '' as $$
begin
  drop trigger if exists drop_cues on vecs.memories;
  create trigger drop_cues before update of metadata on vecs.memories
    for each row when (old.metadata ->> 'data' is distinct from new.metadata ->> 'data'
                       and new.metadata -> 'cues' = old.metadata -> 'cues')
    execute function private.drop_cues();
end
$$;
revoke execute on function private.tie_cues() from public;

do $$
begin
  if to_regclass('vecs.memories') is not null then
    perform private.tie_cues();
  end if;
end
$$;

-- As before, and a text that is replaced takes the cues that come with the new one.
create or replace function own.keep_memories(changes jsonb, graph jsonb) returns void
language plpgsql set search_path = extensions, public as $$
begin
  insert into vecs.memories (id, vec, metadata, turn_id, valid_from, invalid_at, waits_for, judged)
  select a.id, cast(a.vec as vector), a.metadata, a.turn_id, a.valid_from, a.invalid_at, a.waits_for,
         a.judged
  from rows from (jsonb_to_recordset(changes -> 'added')
    as (id varchar, vec text, metadata jsonb, turn_id uuid, valid_from timestamptz,
        invalid_at timestamptz, waits_for text, judged text)) with ordinality as a
    (id, vec, metadata, turn_id, valid_from, invalid_at, waits_for, judged, n)
  order by a.n;
  update vecs.memories m
  set vec = cast(t.vec as vector),
      metadata = m.metadata || jsonb_build_object(
        'data', t.text, 'hash', md5(t.text), 'updated_at', t.updated_at)
        || jsonb_strip_nulls(jsonb_build_object('cues', t.cues))
  from jsonb_to_recordset(changes -> 'refined')
    as t (id varchar, text text, vec text, cues text, updated_at text)
  where m.owner = (select auth.uid()) and m.id = t.id;
  -- It holds no longer: from when the new fact holds, but not before it began itself.
  update vecs.memories m
  set invalid_at = greatest(e.invalid_at, m.valid_from), superseded_by = e.superseded_by
  from jsonb_to_recordset(changes -> 'ended')
    as e (id varchar, invalid_at timestamptz, superseded_by varchar)
  where m.owner = (select auth.uid()) and m.id = e.id;
  insert into public.memory_checks (memory_id, because_of)
  select m.id, c.because_of
  from jsonb_to_recordset(changes -> 'to_check') as c (id varchar, because_of varchar)
  join vecs.memories m on m.id = c.id and m.owner = (select auth.uid())
    and (m.invalid_at is null or m.invalid_at > now())
  on conflict (memory_id, because_of, user_id) do update set marked_at = now();
  delete from public.memory_checks c
  using jsonb_to_recordset(changes -> 'noted') as n (id varchar, event text)
  where c.user_id = (select auth.uid()) and c.memory_id = n.id and n.event = 'CONFIRM';
  insert into public.memory_history (memory_id, event, old_memory, new_memory, turn_id)
  select h.id, h.event, h.old, h.new, h.turn_id
  from rows from (jsonb_to_recordset(changes -> 'noted')
    as (id text, event text, old text, new text, turn_id uuid)) with ordinality as h
    (id, event, old, new, turn_id, n)
  order by h.n;
  perform own.describe_memories(graph);
end
$$;
