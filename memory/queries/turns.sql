-- name: messages_before
-- The messages just before the first of these turns, in its conversation, oldest first; not those
-- said while memory was paused, which must not be remembered by way of the context either.
with first as (
  select conversation_id, min(seq) as seq from public.turns
  where id = any (cast(:turn_ids as uuid[])) group by conversation_id order by 2 limit 1
), latest as (
  select m.role, m.content, m.created_at, t.seq from first f
  join public.turns t on t.conversation_id = f.conversation_id and t.seq < f.seq
  join public.messages m on m.turn_id = t.id
  where m.content <> '' and t.memory_state <> 'paused'
  order by t.seq desc, m.role limit :most
)
select role, content, created_at from latest order by seq, role desc;

-- name: to_remember
-- What the person said in these turns, oldest first, as far as the turns are still there.
select t.id as turn_id, t.created_at, m.content from public.turns t
join public.messages m on m.turn_id = t.id and m.role = 'user'
where t.id = any (cast(:turn_ids as uuid[])) and t.memory_lease = :lease order by t.seq;

-- name: mark_remembered
-- Only as long as the lease is ours: a late worker changes nothing.
update public.turns
set memory_state = 'done', memory_error = null, memory_lease = null, memory_leased_until = null
where id = any (cast(:turn_ids as uuid[])) and memory_lease = :lease and memory_state = 'working';

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
-- That did not work: it goes the usual way after the answer.
update public.turns
set memory_state = 'waiting', memory_lease = null, memory_leased_until = null
where id = :turn_id and memory_state = 'working';

-- name: left_by_turn_before
-- The memories that the turn before this one, in its conversation, added or confirmed.
select distinct m.id, m.metadata ->> 'data' as text, m.metadata ->> 'updated_at' as updated_at,
       m.valid_from, m.invalid_at, m.superseded_by, m.recorded_at, m.edited_at, m.waits_for,
       m.judged, m.turn_id
from public.turns t
join lateral (
  select b.id from public.turns b
  where b.conversation_id = t.conversation_id and b.seq < t.seq order by b.seq desc limit 1
) before on true
join public.memory_history h on h.turn_id = before.id and h.event in ('ADD', 'UPDATE', 'CONFIRM')
join vecs.memories m on m.id = h.memory_id
where t.id = :turn_id;

-- name: retry_memory
-- The person asks for another try of what was given up.
update public.turns
set memory_state = 'pending', memory_attempts = 0, memory_due_at = now(), memory_error = null
where id = :turn_id and memory_state = 'failed' returning id;

-- name: start
-- A turn of a conversation; no row if the conversation is not the person's.
insert into public.turns (conversation_id, memory_only)
select id, :memory_only from public.conversations where id = :conversation_id
returning id;

-- name: touch_conversation
update public.conversations set updated_at = now() where id = :conversation_id;

-- name: add_messages
-- The question, and the place of the answer.
insert into public.messages (turn_id, role, content, state)
values (:turn_id, 'user', :content, 'complete'), (:turn_id, 'assistant', '', 'streaming');

-- name: restart_answer
-- Take up an answer again that did not come to its end; no row if there is none to take up.
update public.messages set content = '', state = 'streaming', error = null, updated_at = now()
where turn_id = :turn_id and role = 'assistant' and state in ('failed', 'interrupted', 'stopped')
returning id;

-- name: question
select t.conversation_id, t.memory_only, m.content from public.turns t
join public.messages m on m.turn_id = t.id and m.role = 'user' where t.id = :turn_id;

-- name: save_progress
-- The answer so far; also the sign that its generation is alive.
update public.messages set content = :content, updated_at = now()
where turn_id = :turn_id and role = 'assistant' and state = 'streaming';

-- name: finish_answer
update public.messages
set content = :content, state = :state, error = :error, updated_at = now()
where turn_id = :turn_id and role = 'assistant';

-- name: queue_memory
-- The answer is there: the turn may be remembered, once.
update public.turns
set recall_state = :recall_state,
    memory_state = case when memory_state = 'waiting' then 'pending' else memory_state end,
    memory_due_at = case when memory_state = 'waiting' then now() else memory_due_at end
where id = :turn_id;

-- name: forget_recalled
delete from public.recalled_memories where turn_id = :turn_id;

-- name: note_recalled
-- A memory forgotten in the meantime is left out.
insert into public.recalled_memories (turn_id, memory_id, rank, score, text, why)
select :turn_id, m.id, :rank, :score, :text, :why from vecs.memories m
where m.owner = (select auth.uid()) and m.id = :memory_id;

-- name: recent_messages
-- The last messages of the conversation before this turn, newest first; empty answers left out.
select m.role, m.content from public.turns t
join public.messages m on m.turn_id = t.id
where t.conversation_id = :conversation_id and m.content <> ''
  and t.seq < (select seq from public.turns where id = :turn_id)
order by t.seq desc, m.role limit :most;

-- name: latest_messages
-- The last messages of a conversation, newest first.
select m.role, left(m.content, 2000) as content from public.turns t
join public.messages m on m.turn_id = t.id
where t.conversation_id = :conversation_id and m.content <> ''
order by t.seq desc, m.role limit :most;

-- name: of_conversation
-- All turns of a conversation in order, with both messages.
select t.id, t.memory_only, t.recall_state, t.memory_state, t.memory_error, t.created_at,
       q.content as question, a.content as answer, a.state as answer_state, a.error as answer_error
from public.turns t
join public.messages q on q.turn_id = t.id and q.role = 'user'
join public.messages a on a.turn_id = t.id and a.role = 'assistant'
where t.conversation_id = :conversation_id order by t.seq;

-- name: recalled_in_conversation
select r.turn_id, r.memory_id, r.score, r.text, r.why from public.recalled_memories r
join public.turns t on t.id = r.turn_id
where t.conversation_id = :conversation_id order by r.turn_id, r.rank;

-- name: changes_in_conversation
select h.turn_id, h.memory_id,
       case when v.waits_for is not null then 'WAITS' else h.event end as event,
       case when h.event = 'SUPERSEDE' then h.old_memory else h.new_memory end as text
from public.memory_history h
join public.turns t on t.id = h.turn_id
left join vecs.memories v on v.id = h.memory_id
where t.conversation_id = :conversation_id order by h.seq;

-- name: memory_outcome
-- Where one turn stands with memory, and what came of it.
select t.memory_state, t.memory_error,
       coalesce(
         jsonb_agg(jsonb_build_object(
           'event', case when v.waits_for is not null then 'WAITS' else h.event end,
           'text', case when h.event = 'SUPERSEDE' then h.old_memory else h.new_memory end)
           order by h.seq) filter (where h.id is not null), '[]'::jsonb) as changes
from public.turns t
left join public.memory_history h on h.turn_id = t.id
left join vecs.memories v on v.id = h.memory_id
where t.id = :turn_id group by t.id;
