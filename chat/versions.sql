-- name: begin_versions
-- A message is about to get a second version: from now on it names itself as the first. No row if it
-- is not the person's or stands back already.
update public.turns set version_of = coalesce(version_of, id)
where id = :turn_id and hidden_with is null
returning version_of, conversation_id, memory_only, seq;

-- name: hide
-- This turn and all that were shown after it stand back, and nothing of them is remembered; those
-- among them whose memories are to be taken back.
update public.turns t
set hidden_with = :turn_id, memory_lease = null, memory_leased_until = null, memory_error = null,
    memory_state = case when t.memory_state = 'paused' then 'paused' else 'hidden' end
from (select id, memory_state as state_before from public.turns
      where conversation_id = :conversation_id and hidden_with is null and seq >= :seq
        and id <> :except_turn for update) before
where t.id = before.id
returning t.id, t.seq, before.state_before;

-- name: to_hide
-- Which of them that would be, where this message, or the version that is shown of it, stands back.
select t.id from public.turns v
join public.turns s on (s.id = v.id or s.version_of = v.version_of) and s.hidden_with is null
join public.turns t on t.conversation_id = s.conversation_id and t.seq >= s.seq
where v.id = :turn_id and t.hidden_with is null and t.memory_state = 'done';

-- name: show
-- What stands back with this turn is shown again, and waits to be remembered again.
update public.turns
set hidden_with = null, memory_due_at = now(), memory_attempts = 0,
    memory_state = case when memory_state = 'paused' then 'paused' else 'pending' end
where hidden_with = :turn_id
returning id;

-- name: other_version
-- Where another version of a message stands; no row if it is none of the same message.
select v.id, v.conversation_id, s.id as shown_id, s.seq as shown_seq from public.turns v
join public.turns s on s.version_of = v.version_of and s.hidden_with is null
where v.id = :turn_id and v.hidden_with = v.id;

-- name: shown_answer
select number, content, state, error, feedback, model from public.messages
where turn_id = :turn_id and role = 'assistant' and state <> 'streaming' for update;

-- name: take_out_answer
delete from public.earlier_answers where turn_id = :turn_id and number = :number
returning number, content, state, error, feedback, model;

-- name: put_by_answer
insert into public.earlier_answers (turn_id, number, content, state, error, feedback, model)
values (:turn_id, :number, :content, :state, :error, :feedback, :model);

-- name: show_answer
update public.messages
set number = :number, content = :content, state = :state, error = :error, feedback = :feedback,
    model = :model, updated_at = now()
where turn_id = :turn_id and role = 'assistant';

-- name: rate
update public.messages set feedback = :feedback
where turn_id = :turn_id and role = 'assistant' and state <> 'streaming' returning id;
