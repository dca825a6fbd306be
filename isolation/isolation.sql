-- name: policies
select format('%I.%I', schemaname, tablename) as name, policyname, permissive,
       cast(roles as text[]) as roles, cmd, qual, with_check
from pg_policies where schemaname in ('public', 'vecs') order by 1, cmd, policyname;

-- name: protection_of_tables
-- Row level security, and what the roles of people may do at all.
select format('%I.%I', n.nspname, c.relname) as name, c.relrowsecurity as secured,
       pg_has_role(current_user, c.relowner, 'member') as owned,
       array(select r from unnest(array['select', 'insert', 'update', 'delete', 'truncate']) as r
             where has_table_privilege(c.oid, r)
                or r in ('insert', 'update') and has_any_column_privilege(c.oid, r)) as rights,
       array(select r from unnest(array['select', 'insert', 'update', 'delete', 'truncate']) as r
             where has_table_privilege('anon', c.oid, r)) as rights_of_anon
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname in ('public', 'vecs') and c.relkind in ('r', 'p') order by 1;

-- name: read_accounts
select id, email from auth.users where id = :other;

-- name: read_sessions
select id, email from private.browser_sessions where user_id = :other;

-- name: read_throw_aways
select email from private.throw_away_accounts;

-- name: call_claim
select * from private.claim_turns(60, 8);

-- name: call_count
select * from private.count_rows();

-- name: call_delete_account
select private.delete_account(:other, '\x00');

-- name: call_access_token
select * from private.use_access_token('\x00');

-- name: join_past_the_filter
-- A query that forgot whose messages it wants.
select m.content from public.messages m join public.turns t on t.id = m.turn_id
join public.conversations c on c.id = t.conversation_id where m.content like '%' || :word || '%';

-- name: search_past_the_filter
select metadata ->> 'data' from vecs.memories where metadata ->> 'data' like '%' || :word || '%';

-- name: nearest_past_the_filter
select id from vecs.memories order by vec <=> cast(:vec as vector) limit 50;

-- name: truncate_messages
truncate public.messages cascade;

-- name: switch_off
alter table public.messages disable row level security;

-- name: drop_policy
drop policy "Users can read their own messages" on public.messages;

-- name: add_policy
create policy "Everything for everybody" on public.messages for select to public using (true);

-- name: make_function
create function public.everything() returns setof public.messages
language sql security definer as 'select * from public.messages';

-- name: read_statistics
-- Samples of what tables hold, which the planner keeps.
select tablename from pg_stats where schemaname in ('public', 'vecs', 'private', 'auth');

-- name: read_activity
-- What other connections are being asked right now.
select pid from pg_stat_activity
where pid <> pg_backend_pid() and query is not null and query <> ''
  and query <> '<insufficient privilege>';

-- name: read_file
select pg_read_file('postgresql.conf');

-- name: turn_in_their_conversation
insert into public.turns (conversation_id) values (:conversation_id);

-- name: message_in_their_turn
insert into public.messages (turn_id, role, content) values (:turn_id, 'user', 'Hello');

-- name: memory_of_their_turn
insert into vecs.memories (id, metadata, turn_id)
values (gen_random_uuid()::text, jsonb_build_object('user_id', cast(:person as text)), :turn_id);

-- name: memory_under_their_id
-- An id that is taken must not become a way to write over it.
insert into vecs.memories (id, vec, metadata)
values (:memory_id, cast(:vec as vector), jsonb_build_object('user_id', cast(:person as text)))
on conflict (id) do update set metadata = excluded.metadata;

-- name: name_another_person
select set_config('request.jwt.claims', :claims, true);

-- name: leave_the_role
select set_config('role', 'none', true);

-- name: see_their_memories
select count(*) from vecs.memories where owner = :other;

-- name: show_life_until_the_end
-- The answer of the throw-away account is being written for as long as the account may be there.
update public.messages set updated_at = now() + make_interval(secs => :lifetime_s)
where turn_id = :turn_id and role = 'assistant';
