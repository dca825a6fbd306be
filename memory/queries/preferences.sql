-- name: get
-- The person's own choices; no row until they have made or been given one.
select memory_paused, time_zone from public.preferences where user_id = (select auth.uid());

-- name: pause
insert into public.preferences (memory_paused) values (:paused)
on conflict (user_id) do update set memory_paused = excluded.memory_paused, updated_at = now();

-- name: set_time_zone
insert into public.preferences (time_zone) values (:time_zone)
on conflict (user_id) do update set time_zone = excluded.time_zone, updated_at = now();
