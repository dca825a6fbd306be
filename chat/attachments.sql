-- name: attach
insert into public.attachments (turn_id, position, name, media_type, size_bytes, content, picture)
values (:turn_id, :position, :name, :media_type, :size_bytes, :content, :picture);

-- name: of_turn
select name, media_type, size_bytes, content, picture from public.attachments
where turn_id = :turn_id order by position;

-- name: pictures
select id, picture from public.attachments where id = any (cast(:ids as uuid[]));

-- name: copy
-- A message that is said again in other words keeps its files.
insert into public.attachments (turn_id, position, name, media_type, size_bytes, content, picture)
select :to_turn, position, name, media_type, size_bytes, content, picture
from public.attachments where turn_id = :from_turn;
