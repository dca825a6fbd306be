-- name: claim
-- The first turn with an answer, for whoever is to ask the model for a title: nobody a second time.
with first_turn as (
  select q.content as question, a.content as answer from public.turns t
  join public.messages q on q.turn_id = t.id and q.role = 'user'
  join public.messages a on a.turn_id = t.id and a.role = 'assistant' and a.content <> ''
  where t.conversation_id = :conversation_id order by t.seq limit 1
)
update public.conversations c set title_state = 'asked' from first_turn f
where c.id = :conversation_id and c.title_state = 'waiting' and c.titled_by = 'words'
returning f.question, f.answer;

-- name: settle
-- Keep the model's title if there is one, and never in place of one that the person has given.
update public.conversations
set title_state = 'settled',
    title = case when titled_by = 'words' then coalesce(:title, title) else title end,
    titled_by = case when titled_by = 'words' and cast(:title as text) is not null
                     then 'model' else titled_by end
where id = :conversation_id and title_state = 'asked' returning titled_by;
