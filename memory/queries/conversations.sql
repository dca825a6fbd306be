-- name: list
select id, title, updated_at from public.conversations
where user_id = (select auth.uid()) order by updated_at desc, id limit :most;

-- name: one
select id, title, updated_at from public.conversations where id = :conversation_id;

-- name: create
insert into public.conversations (title) values (:title) returning id;

-- name: rename
update public.conversations set title = :title where id = :conversation_id returning id;

-- name: delete
delete from public.conversations where id = :conversation_id returning id;
