-- name: of_turns
-- What the person said in these turns, and where; nothing for what is gone or somebody else's.
select t.id as turn_id, t.conversation_id, m.content, t.created_at from public.turns t
join public.messages m on m.turn_id = t.id and m.role = 'user'
where t.id = any (cast(:turn_ids as uuid[]));
