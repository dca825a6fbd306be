-- A person may say which memories never leave for a hosted model: one memory, by a mark in its metadata,
-- which goes wherever the memory goes, or all that name something of a kind.
alter table public.preferences
  add column kinds_inside text[] not null default '{}'
    check (kinds_inside <@ array['person', 'pet', 'place', 'organisation', 'thing', 'food',
                                 'activity', 'event', 'time', 'topic', 'other']);

-- Whether a memory of the bound person stays inside. Of the kind "other" is what names nothing else.
create function own.stays_inside(memory text, metadata jsonb) returns boolean
language sql stable set search_path = '' as $$
  select coalesce(metadata ->> 'stays_inside' = 'true', false)
    or exists (
      select from public.preferences p
      where p.user_id = (select auth.uid()) and p.kinds_inside <> '{}'
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
revoke execute on function own.stays_inside(text, jsonb) from public;
grant execute on function own.stays_inside(text, jsonb) to authenticated;

-- As in 20261128031000, without the mark: it is ours and not a program's.
create or replace function own.extras_of(metadata jsonb) returns jsonb
language sql immutable strict parallel safe set search_path = '' as $$
  select metadata - '{data,hash,created_at,updated_at,user_id,role,attributed_to,text_lemmatized,expiration_date,linked_memory_ids,id,cues,stays_inside}'::text[]
$$;
