-- name: get
-- The person's own choices; no row until they have made or been given one.
select memory_paused, time_zone, memory_used, chat_model, kinds_inside from public.preferences where user_id = (select auth.uid());

-- name: pause
insert into public.preferences (memory_paused) values (:paused)
on conflict (user_id) do update set memory_paused = excluded.memory_paused, updated_at = now();

-- name: set_time_zone
insert into public.preferences (time_zone) values (:time_zone)
on conflict (user_id) do update set time_zone = excluded.time_zone, updated_at = now();

-- name: use_memory
insert into public.preferences (memory_used) values (:used)
on conflict (user_id) do update set memory_used = excluded.memory_used, updated_at = now();

-- name: choose_model
insert into public.preferences (chat_model) values (:chat_model)
on conflict (user_id) do update set chat_model = excluded.chat_model, updated_at = now();

-- name: keep_inside
insert into public.preferences (kinds_inside) values (cast(:kinds as text[]))
on conflict (user_id) do update set kinds_inside = excluded.kinds_inside, updated_at = now();
