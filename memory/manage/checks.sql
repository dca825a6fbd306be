-- name: mark
-- This memory is to be checked because that one ended, as far as both are the person's.
insert into public.memory_checks (memory_id, because_of)
select m.id, ended.id from vecs.memories m
join vecs.memories ended on ended.owner = m.owner and ended.id = :because_of
where m.owner = (select auth.uid()) and m.id = :id
on conflict (memory_id, because_of, user_id) do update set marked_at = now()
returning memory_id;

-- name: still_true
-- It needs no check any more.
delete from public.memory_checks
where user_id = (select auth.uid()) and memory_id = :id returning memory_id;
