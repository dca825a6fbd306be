-- A memory that another program deletes (vecs' client, mem0's, a statement of SQL) is forgotten as one
-- that a person forgets: its texts leave the history, and what mem0's entity store keeps about it goes.
-- The graph, what was recalled and what is to be checked go with it by their keys. With the rights of
-- whoever deletes.
create function private.forget_deleted() returns trigger
language plpgsql set search_path = '' as $$
begin
  delete from public.memory_history h using gone g
  where h.user_id = g.owner and h.memory_id = g.id and h.event <> 'DELETE';
  with linked as (
    select e.id, (select coalesce(jsonb_agg(l), '[]')
                  from jsonb_array_elements_text(e.metadata -> 'linked_memory_ids') l
                  where l not in (select g.id from gone g where g.owner = e.owner)) as remaining
    from vecs.memories_entities e
    where e.owner in (select g.owner from gone g)
      and jsonb_typeof(e.metadata -> 'linked_memory_ids') = 'array'
      and e.metadata -> 'linked_memory_ids' ?| array(
        select g.id::text from gone g where g.owner = e.owner)
  ), kept as (
    update vecs.memories_entities e
    set metadata = jsonb_set(e.metadata, '{linked_memory_ids}', l.remaining)
    from linked l where e.id = l.id and l.remaining <> '[]'
  )
  delete from vecs.memories_entities e using linked l where e.id = l.id and l.remaining = '[]';
  return null;
end
$$;
revoke execute on function private.forget_deleted() from public;

create function private.watch_deletions() returns void
language plpgsql set search_path = '' as $$
begin
  drop trigger if exists forget_deleted on vecs.memories;
  create trigger forget_deleted after delete on vecs.memories
    referencing old table as gone for each statement execute function private.forget_deleted();
end
$$;
revoke execute on function private.watch_deletions() from public;

do $$
begin
  if to_regclass('vecs.memories') is not null then
    perform private.watch_deletions();
  end if;
end
$$;
