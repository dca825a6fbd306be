-- A memory's turn, what it was superseded by, and what was recalled must be the same person's, so
-- that nobody can point at another's row, nor learn from a refusal that it exists. The owner of a
-- memory is a generated column, which PostgreSQL takes into no key that sets null: there a trigger
-- looks, with the eyes of whoever writes, and before any key is checked.
create function private.point_to_own_rows() returns trigger
language plpgsql set search_path = '' as $$
begin
  if (new.turn_id is not null
      and not exists (select from public.turns t where t.id = new.turn_id))
     or (new.superseded_by is not null
         and not exists (select from vecs.memories m where m.id = new.superseded_by)) then
    raise insufficient_privilege using message = 'a memory points at what is not its owner''s';
  end if;
  return new;
end
$$;
revoke execute on function private.point_to_own_rows() from public;

create function private.tie_memories() returns void
language plpgsql set search_path = '' as $$
begin
  if not exists (select from pg_constraint where conname = 'memories_id_owner_key') then
    alter table vecs.memories add constraint memories_id_owner_key unique (id, owner);
  end if;
  if not exists (select from pg_constraint where conname = 'recalled_memories_own_memory_fkey') then
    alter table public.recalled_memories
      add constraint recalled_memories_own_memory_fkey foreign key (memory_id, user_id)
        references vecs.memories (id, owner) on delete cascade;
  end if;
  drop trigger if exists point_to_own_rows on vecs.memories;
  create trigger point_to_own_rows before insert or update of turn_id, superseded_by on vecs.memories
    for each row when (new.turn_id is not null or new.superseded_by is not null)
    execute function private.point_to_own_rows();
end
$$;
revoke execute on function private.tie_memories() from public;

do $$
begin
  if to_regclass('vecs.memories') is not null then
    perform private.tie_memories();
  end if;
end
$$;
