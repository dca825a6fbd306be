-- name: mark_memory_failed
-- To be tried again after :delay_s seconds, or given up when that is null.
update public.turns
set memory_state = case when cast(:delay_s as float8) is null then 'failed' else 'pending' end,
    memory_due_at = now() + make_interval(secs => coalesce(cast(:delay_s as float8), 0)),
    memory_error = :error, memory_lease = null, memory_leased_until = null
where id = any (cast(:turn_ids as uuid[])) and memory_lease = :lease and memory_state = 'working';

-- name: close_open
-- Everything is to be forgotten: nothing that was said so far is remembered any more.
update public.turns
set memory_state = 'done', memory_lease = null, memory_leased_until = null, memory_error = null
where user_id = (select auth.uid()) and memory_state in ('waiting', 'pending', 'working', 'failed');

-- name: renew_lease
update public.turns set memory_leased_until = now() + make_interval(secs => :lease_s)
where id = any (cast(:turn_ids as uuid[])) and memory_lease = :lease and memory_state = 'working';

-- name: give_back
-- As if it had not been claimed; a worker that goes on with it all the same has lost its lease.
update public.turns
set memory_state = 'pending', memory_due_at = now(), memory_lease = null,
    memory_leased_until = null, memory_attempts = greatest(memory_attempts - 1, 0)
where id = any (cast(:turn_ids as uuid[])) and memory_lease = :lease and memory_state = 'working';

-- name: claim_own
-- A turn whose message asks to be remembered now, before its answer; not while memory is paused.
update public.turns
set memory_state = 'working', memory_attempts = memory_attempts + 1,
    memory_lease = gen_random_uuid(), memory_leased_until = now() + make_interval(secs => :lease_s)
where id = :turn_id and memory_state = 'waiting' returning memory_lease;

-- name: unclaim_own
-- That did not work: it goes the usual way after the answer, or at once where that has ended.
update public.turns t
set memory_state = case when a.state = 'streaming' then 'waiting'
                        when exists (select from public.preferences p
                                     where p.user_id = t.user_id and p.memory_paused) then 'paused'
                        else 'pending' end,
    memory_due_at = now(), memory_lease = null, memory_leased_until = null
from public.messages a
where t.id = :turn_id and a.turn_id = t.id and a.role = 'assistant'
  and t.memory_state = 'working' and t.memory_lease = :lease;

-- name: left_by_turn_before
-- The memories that the turn before this one, in its conversation, added or confirmed.
select distinct m.id, m.metadata ->> 'data' as text, m.metadata ->> 'updated_at' as updated_at,
       m.valid_from, m.invalid_at, m.superseded_by, m.recorded_at, m.edited_at, m.waits_for,
       m.judged, m.turn_id, own.stays_inside(m.id, m.metadata) as stays_inside
from public.turns t
join lateral (
  select b.id from public.turns b
  where b.conversation_id = t.conversation_id and b.seq < t.seq and b.hidden_with is null
  order by b.seq desc limit 1
) before on true
join public.memory_history h on h.turn_id = before.id and h.event in ('ADD', 'UPDATE', 'CONFIRM')
join vecs.memories m on m.id = h.memory_id
where t.id = :turn_id;

-- name: note_forget_request
-- Which words of the message asked to forget something: they are not remembered.
update public.turns set forget_request = :words where id = :turn_id;

-- name: close_turn_before
-- The turn before this one, in its conversation: what is not remembered of it by now never is.
update public.turns t
set memory_state = 'done', memory_lease = null, memory_leased_until = null, memory_error = null
from (
  select b.id from public.turns a
  join public.turns b
    on b.conversation_id = a.conversation_id and b.seq < a.seq and b.hidden_with is null
  where a.id = :turn_id order by b.seq desc limit 1
) before
where t.id = before.id and t.memory_state in ('waiting', 'pending', 'working', 'failed')
returning t.id;

-- name: retry_memory
-- The person asks for another try of what was given up.
update public.turns
set memory_state = 'pending', memory_attempts = 0, memory_due_at = now(), memory_error = null
where id = :turn_id and memory_state = 'failed' returning id;

-- name: start
-- A turn with its question and the place of its answer, in a new conversation where :conversation_id
-- is null; without id if that conversation is not the person's, or if :most answers run elsewhere.
-- What another process still writes in the conversation is to stop. Perhaps another version of a turn.
-- With the zone of the person's days.
with elsewhere as (
  select count(*) as running from public.messages m
  join public.turns t on t.id = m.turn_id
  where m.user_id = (select auth.uid()) and m.state = 'streaming'
    and m.updated_at > now() - make_interval(secs => :alive_s)
    and t.conversation_id is distinct from cast(:conversation_id as uuid)
), stopped as (
  update public.messages m set stop_requested = true from public.turns t
  where t.conversation_id = cast(:conversation_id as uuid) and t.id = m.turn_id
    and m.state = 'streaming'
), made as (
  insert into public.conversations (title)
  select :title from elsewhere
  where cast(:conversation_id as uuid) is null and running < :most returning id
), touched as (
  update public.conversations set updated_at = now() from elsewhere
  where id = cast(:conversation_id as uuid) and running < :most returning id
), turn as (
  insert into public.turns (conversation_id, memory_only, version_of)
  select id, :memory_only, cast(:version_of as uuid)
  from (select id from made union all select id from touched) as place
  returning id, conversation_id
), said as (
  insert into public.messages (turn_id, role, content, state)
  select turn.id, said.role, said.content, said.state from turn cross join (
    values ('user', cast(:content as text), 'complete'), ('assistant', '', 'streaming')
  ) as said (role, content, state)
)
select turn.id, turn.conversation_id, elsewhere.running,
       (select p.time_zone from public.preferences p where p.user_id = (select auth.uid()))
         as time_zone
from elsewhere left join turn on true;

-- name: keep_answer
-- What was said so far is kept beside the answer that is given now.
insert into public.earlier_answers (turn_id, number, content, state, error, feedback, model)
select turn_id, number, content, state, error, feedback, model from public.messages
where turn_id = :turn_id and role = 'assistant' and content <> '' and state <> 'streaming';

-- name: restart_answer
-- Clear an answer to be given again, under a number of its own, by which whoever still writes the one
-- before is known; no row if there is none, or it is being given, or stands back.
update public.messages m
set content = '', state = 'streaming', error = null, feedback = null, model = null,
    updated_at = now(), stop_requested = false,
    number = 1 + greatest(m.number, (select max(e.number) from public.earlier_answers e
                                     where e.turn_id = m.turn_id))
from public.turns t
where m.turn_id = :turn_id and m.role = 'assistant' and m.state <> 'streaming'
  and t.id = m.turn_id and t.hidden_with is null
returning m.number;

-- name: forget_recalled
-- What was noted for an answer that was cleared and not put by.
delete from public.recalled_memories r
where r.turn_id = :turn_id
  and not exists (select from public.earlier_answers e
                  where e.turn_id = r.turn_id and e.number = r.answer_number);

-- name: question
select t.conversation_id, t.memory_only, m.content,
       (select p.time_zone from public.preferences p where p.user_id = (select auth.uid()))
         as time_zone
from public.turns t
join public.messages m on m.turn_id = t.id and m.role = 'user' where t.id = :turn_id;

-- name: save_progress
-- The answer so far; also the sign that its generation is alive, which one taken for dead may be after
-- all. Whether it is to stop; no row if nobody waits for it any more. A piece that is lost with the
-- database's machine is no reason to wait for its disk.
update public.messages set content = :content, state = 'streaming', updated_at = now()
where turn_id = :turn_id and role = 'assistant' and state in ('streaming', 'interrupted')
  and number = :number and set_config('synchronous_commit', 'off', true) is not null
returning stop_requested;

-- name: progress
-- An answer as it is kept, and whether its generation has shown no sign of life for :alive_s seconds.
select content, state, number,
       updated_at < now() - make_interval(secs => :alive_s) as is_silent
from public.messages where turn_id = :turn_id and role = 'assistant';

-- name: request_stop
-- The answer to this turn is to stop where it is, whichever process writes it.
update public.messages set stop_requested = true
where turn_id = :turn_id and role = 'assistant' and state = 'streaming';

-- name: request_stop_beside
-- The same for all answers of the turn's conversation but its own.
update public.messages m set stop_requested = true
from public.turns here join public.turns t on t.conversation_id = here.conversation_id
where here.id = :turn_id and t.id <> here.id and m.turn_id = t.id and m.state = 'streaming';

-- name: running_elsewhere
-- How many answers of the person are being written in other conversations than the turn's.
select count(*) from public.messages m
join public.turns t on t.id = m.turn_id
where m.user_id = (select auth.uid()) and m.state = 'streaming'
  and m.updated_at > now() - make_interval(secs => :alive_s)
  and t.conversation_id <> (select h.conversation_id from public.turns h where h.id = :turn_id);

-- name: finish_turn
-- The answer is there, with what it was given, what of that it leans on and what was left out, and the turn may be remembered, once. A memory that
-- was forgotten in the meantime is left out. Nothing, if another answer took the place of this one.
with answer as (
  update public.messages
  set content = :content, state = :state, error = :error, model = :model, updated_at = now()
  where turn_id = :turn_id and role = 'assistant' and number = :number returning turn_id, number
), found as (
  select * from jsonb_to_recordset(cast(:recalled as jsonb))
    as f (memory_id text, rank int, score float8, text text, why text, is_given boolean,
          on_platform boolean)
), used as (
  select number from unnest(own.leaned_on(
    (select q.content from public.messages q where q.turn_id = :turn_id and q.role = 'user'),
    :content, :language,
    (select array_agg(f.text order by f.rank) from found f where f.is_given))) as u (number)
), noted as (
  insert into public.recalled_memories
    (turn_id, answer_number, memory_id, platform_id, rank, score, text, why, is_given, is_used)
  select a.turn_id, a.number, m.id, case when g.on_platform then g.memory_id end, g.rank, g.score,
         g.text, g.why, g.is_given,
         g.is_given and exists (select from used u where u.number = g.rank + 1)
  from answer a
  cross join found g
  left join vecs.memories m
    on not g.on_platform and m.owner = (select auth.uid()) and m.id = g.memory_id
  where g.on_platform or m.id is not null
  on conflict do nothing
)
update public.turns t
set recall_state = :recall_state,
    memory_state = case when memory_state = 'waiting' then 'pending' else memory_state end,
    memory_due_at = case when memory_state = 'waiting' then now() else memory_due_at end
from answer where t.id = answer.turn_id;

-- name: recent_messages
-- The last messages of the conversation (before :turn_id, where one is named), newest first; empty
-- answers left out. Of the files that came with them the texts of the newest, until there are
-- :file_chars characters, and the ids of the newest pictures, at most so many with so many bytes, if :model may see them.
with said as (
  select t.id as turn_id, t.seq, m.role, m.content, a.model from public.turns t
  join public.messages m on m.turn_id = t.id
  join public.messages a on a.turn_id = t.id and a.role = 'assistant'
  where t.conversation_id = :conversation_id and m.content <> '' and t.hidden_with is null
    and (cast(:turn_id as uuid) is null
         or t.seq < (select b.seq from public.turns b where b.id = cast(:turn_id as uuid)))
  order by t.seq desc, m.role limit :most
), attached as (
  select a.*, s.model, sum(char_length(a.content)) over newest - char_length(a.content) as chars_before,
         count(a.picture) over newest as pictures_so_far,
         sum(octet_length(a.picture)) over newest as bytes_so_far
  from said s join public.attachments a on a.turn_id = s.turn_id
  where s.role = 'user'
  window newest as (order by s.seq desc, a.position rows unbounded preceding)
), files as (
  select turn_id, jsonb_agg(jsonb_build_object(
           'name', name, 'media_type', media_type, 'size_bytes', size_bytes,
           'content', case when chars_before < :file_chars then content end,
           'picture', case when picture is not null and (:sees or model = :model)
                            and pictures_so_far <= :pictures and bytes_so_far <= :picture_bytes
                          then id end
         ) order by position) as list
  from attached group by turn_id
)
select s.role, s.content, s.model, f.list as files from said s
left join files f on f.turn_id = s.turn_id and s.role = 'user'
order by s.seq desc, s.role;

-- name: of_conversation
-- The latest turns of a conversation that are shown, in order, with both messages; with :from_turn
-- all since that one as well.
with latest as (
  select * from public.turns t
  where t.conversation_id = :conversation_id and t.hidden_with is null
  order by t.seq desc limit :most
), wanted as (
  select * from latest
  union
  select * from public.turns t
  where t.conversation_id = :conversation_id and t.hidden_with is null
    and t.seq >= (select s.seq from public.turns s where s.id = cast(:from_turn as uuid))
)
select t.id, t.memory_only, t.recall_state, t.memory_state, t.memory_error, t.created_at,
       q.content as question, a.content as answer, a.state as answer_state, a.error as answer_error,
       a.number as answer_number, a.feedback, a.model,
       not exists (select from public.turns b
                   where b.conversation_id = t.conversation_id and b.seq < t.seq
                     and b.hidden_with is null) as is_first,
       (select coalesce(array_agg(e.number order by e.number), '{}')
        from public.earlier_answers e where e.turn_id = t.id) as other_answers,
       (select coalesce(array_agg(v.id order by v.seq), '{}')
        from public.turns v where v.version_of = t.version_of) as versions,
       (select jsonb_agg(jsonb_build_object('id', f.id, 'name', f.name, 'size_bytes', f.size_bytes,
                                            'media_type', f.media_type) order by f.position)
        from public.attachments f where f.turn_id = t.id) as files
from wanted t
join public.messages q on q.turn_id = t.id and q.role = 'user'
join public.messages a on a.turn_id = t.id and a.role = 'assistant'
order by t.seq;

-- name: recalled_in_turns
-- What the answers that are shown were given, and the nearest that they were not.
select r.turn_id, coalesce(r.memory_id, r.platform_id) as memory_id, r.score, r.text, r.why,
       r.is_given, r.is_used
from public.recalled_memories r
join public.messages a on a.turn_id = r.turn_id and a.role = 'assistant'
  and a.number = r.answer_number
where r.turn_id = any (cast(:turn_ids as uuid[])) order by r.turn_id, r.rank;

-- name: changes_in_turns
select h.turn_id, h.memory_id,
       case when v.waits_for is not null then 'WAITS' else h.event end as event,
       case when h.event = 'SUPERSEDE' then h.old_memory else h.new_memory end as text
from public.memory_history h
left join vecs.memories v on v.id = h.memory_id
where h.turn_id = any (cast(:turn_ids as uuid[])) order by h.seq;

-- name: answer_state
-- How far the answer of one turn is.
select state as answer_state from public.messages
where turn_id = :turn_id and role = 'assistant';

-- name: memory_outcome
-- Where one turn stands with memory, and what came of it.
select t.memory_state, t.memory_error,
       coalesce(
         jsonb_agg(jsonb_build_object('memory_id', h.memory_id,
           'event', case when v.waits_for is not null then 'WAITS' else h.event end,
           'text', case when h.event = 'SUPERSEDE' then h.old_memory else h.new_memory end)
           order by h.seq) filter (where h.id is not null), '[]'::jsonb) as changes
from public.turns t
left join public.memory_history h on h.turn_id = t.id
left join vecs.memories v on v.id = h.memory_id
where t.id = :turn_id group by t.id;
