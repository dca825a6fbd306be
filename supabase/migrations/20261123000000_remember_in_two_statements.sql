-- What an add of memories does to the database, in two calls of one transaction: `begin_keeping` takes
-- the locks and tells what is there, `keep_memories` writes. Between them the program decides which
-- names mean the same thing (memory/register.py). All run with the person's rights, under the
-- policies; each statement within them sees what was there when the lock before it was given.

-- Changes whenever a memory of the person comes, goes, changes or ends.
create function own.memories_version() returns text
language plpgsql stable set search_path = '' as $$
begin
  return (
    select coalesce(max(seq), 0) || ' ' || count(*) || ' ' || count(invalid_at) || ' '
           || coalesce(max(metadata ->> 'updated_at'), '') || ' ' || count(waits_for)
    from vecs.memories where owner = (select auth.uid()));
end
$$;

-- Entities that one of the keys names, or whose key begins and ends like one that may be mistyped, and
-- the person themselves; oldest first. From here on one writer per person, so that one thing does not
-- become two entities: taken after the locks of memories, as a deletion takes them.
create function own.known_entities(named text[], mistypable text[])
returns table (id uuid, kind text, is_self boolean, keys text[])
language plpgsql set search_path = '' as $$
#variable_conflict use_column
begin
  perform pg_advisory_xact_lock(hashtextextended('graph ' || (select auth.uid())::text, 0));
  return query
  select e.id, e.kind, e.is_self, array_agg(distinct n.key)
  from public.entities e
  left join public.entity_names n on n.entity_id = e.id and n.user_id = e.user_id
  where e.user_id = (select auth.uid()) and (
    e.is_self
    or e.id in (select w.entity_id from public.entity_names w
                where w.user_id = (select auth.uid()) and w.key = any (named))
    or e.id in (select w.entity_id from public.entity_names w
                join unnest(mistypable) as k (key)
                  on left(w.key, 1) = left(k.key, 1)
                 and right(w.key, 1) = right(k.key, 1)
                 and abs(char_length(w.key) - char_length(k.key)) <= 3
                where w.user_id = (select auth.uid()) and w.key <> k.key
                  and char_length(w.key) >= 6))
  group by e.id
  order by e.created_at, e.id;
end
$$;

-- One change of a person's memories at a time, in whichever process. Of the memories that the change
-- is about, which nobody may touch until it is done: what they say and whether they still hold.
-- `marked` is how many of the turns are marked as remembered, which is none once the lease is lost.
-- `keys` is null where nothing is named.
create function own.begin_keeping(
  about text[], turn_ids uuid[], lease uuid, keys text[], long_keys text[])
returns table (version text, marked int, held jsonb, known jsonb)
language plpgsql set search_path = '' as $$
#variable_conflict use_column
begin
  perform pg_advisory_xact_lock(hashtextextended('memories ' || (select auth.uid())::text, 0));
  select jsonb_object_agg(m.id, jsonb_build_object(
           'text', m.metadata ->> 'data', 'edited_at', m.edited_at,
           'holds', m.invalid_at is null or m.invalid_at > now()))
  into held
  from (select * from vecs.memories
        where owner = (select auth.uid()) and id = any (about)
        order by id for no key update) m;
  version := own.memories_version();
  update public.turns t
  set memory_state = 'done', memory_error = null, memory_lease = null, memory_leased_until = null
  where t.id = any (turn_ids) and t.memory_lease = begin_keeping.lease
    and t.memory_state = 'working';
  get diagnostics marked = row_count;
  if begin_keeping.keys is not null then
    select jsonb_agg(to_jsonb(k)) into known
    from own.known_entities(begin_keeping.keys, begin_keeping.long_keys) k;
  end if;
  return next;
end
$$;

-- What memories mention: `graph` has entities that are new, kinds that became known, and for each
-- memory in `described` its mentions, the keys of their names and its relations, in place of what it
-- had before. New mentions first, so that an entity that stays does not lose its last one in between.
create function own.describe_memories(graph jsonb) returns void
language plpgsql set search_path = '' as $$
begin
  insert into public.entities (id, kind, is_self)
  select id, kind, is_self
  from jsonb_to_recordset(graph -> 'entities') as e (id uuid, kind text, is_self boolean);
  insert into public.memory_entities (memory_id, entity_id, name)
  select memory_id, entity_id, name
  from jsonb_to_recordset(graph -> 'mentions') as m (memory_id varchar, entity_id uuid, name text)
  on conflict (memory_id, entity_id, user_id) do update set name = excluded.name
  where memory_entities.name <> excluded.name;
  if graph -> 'described' <> '[]' then
    delete from public.memory_entities m
    where m.user_id = (select auth.uid())
      and m.memory_id = any (array(select jsonb_array_elements_text(graph -> 'described')))
      and not exists (
        select from jsonb_to_recordset(graph -> 'mentions') as s (memory_id varchar, entity_id uuid)
        where s.memory_id = m.memory_id and s.entity_id = m.entity_id);
    delete from public.entity_names n
    where n.user_id = (select auth.uid())
      and n.memory_id = any (array(select jsonb_array_elements_text(graph -> 'described')));
    delete from public.relations r
    where r.user_id = (select auth.uid())
      and r.memory_id = any (array(select jsonb_array_elements_text(graph -> 'described')));
  end if;
  insert into public.entity_names (memory_id, entity_id, key)
  select memory_id, entity_id, key
  from jsonb_to_recordset(graph -> 'names') as n (memory_id varchar, entity_id uuid, key text);
  insert into public.relations (memory_id, subject_id, predicate, object_id)
  select memory_id, subject_id, predicate, object_id
  from jsonb_to_recordset(graph -> 'relations')
    as r (memory_id varchar, subject_id uuid, predicate text, object_id uuid);
  update public.entities e set kind = k.kind
  from jsonb_to_recordset(graph -> 'kinds') as k (id uuid, kind text)
  where e.user_id = (select auth.uid()) and e.id = k.id and e.kind = 'other';
end
$$;

-- What became of the facts of an add: new memories, other texts, ends and lines of the history, each
-- in order, and the graph. Vectors come as text, in the schema of whichever search path has them.
create function own.keep_memories(changes jsonb, graph jsonb) returns void
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
  from jsonb_to_recordset(changes -> 'refined')
    as t (id varchar, text text, vec text, updated_at text)
  where m.owner = (select auth.uid()) and m.id = t.id;
  -- It holds no longer: from when the new fact holds, but not before it began itself.
  update vecs.memories m
  set invalid_at = greatest(e.invalid_at, m.valid_from), superseded_by = e.superseded_by
  from jsonb_to_recordset(changes -> 'ended')
    as e (id varchar, invalid_at timestamptz, superseded_by varchar)
  where m.owner = (select auth.uid()) and m.id = e.id;
  insert into public.memory_history (memory_id, event, old_memory, new_memory, turn_id)
  select h.id, h.event, h.old, h.new, h.turn_id
  from rows from (jsonb_to_recordset(changes -> 'noted')
    as (id text, event text, old text, new text, turn_id uuid)) with ordinality as h
    (id, event, old, new, turn_id, n)
  order by h.n;
  perform own.describe_memories(graph);
end
$$;

revoke execute on function
  own.memories_version(), own.known_entities(text[], text[]),
  own.begin_keeping(text[], uuid[], uuid, text[], text[]), own.describe_memories(jsonb),
  own.keep_memories(jsonb, jsonb)
  from public;
grant execute on function
  own.memories_version(), own.known_entities(text[], text[]),
  own.begin_keeping(text[], uuid[], uuid, text[], text[]), own.describe_memories(jsonb),
  own.keep_memories(jsonb, jsonb)
  to authenticated;
