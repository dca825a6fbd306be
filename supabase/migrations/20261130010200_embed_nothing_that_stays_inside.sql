-- As own.stays_inside, of any person and for the login role alone: python -m memory.reembed runs over
-- everybody's memories, and sends to an embedding model elsewhere none that stays inside.
create function private.stays_inside(person uuid, memory text, metadata jsonb) returns boolean
language sql stable set search_path = '' as $$
  select coalesce(metadata ->> 'stays_inside' = 'true', false)
    or exists (
      select from public.preferences p
      where p.user_id = person and p.kinds_inside <> '{}'
        and (exists (select from public.memory_entities s
                     join public.entities e on e.id = s.entity_id and e.user_id = s.user_id
                     where s.user_id = p.user_id and s.memory_id = memory and not e.is_self
                       and e.kind = any (p.kinds_inside))
             or 'other' = any (p.kinds_inside)
                and not exists (select from public.memory_entities s
                                join public.entities e
                                  on e.id = s.entity_id and e.user_id = s.user_id
                                where s.user_id = p.user_id and s.memory_id = memory
                                  and not e.is_self and e.kind <> 'other')))
$$;
revoke execute on function private.stays_inside(uuid, text, jsonb) from public;

-- As in 20261129030200, and where a memory was let out or kept in meanwhile.
create or replace function private.drop_next_vector() returns trigger
language plpgsql set search_path = '' as $$
begin
  if new.metadata ->> 'data' is distinct from old.metadata ->> 'data'
     or new.metadata ->> 'cues' is distinct from old.metadata ->> 'cues'
     or new.metadata ->> 'stays_inside' is distinct from old.metadata ->> 'stays_inside' then
    new.next_vec := null;
  end if;
  return new;
end
$$;
