-- name: list
select id, title, updated_at from public.conversations
where user_id = (select auth.uid()) order by updated_at desc, id limit :most;

-- name: latest
-- The person's conversations, pinned ones first, then by the last message, with the zone of their
-- days. A title is awaited for a short while only: whoever was to make it may have died.
select id, title, updated_at, pinned_at is not null as pinned,
       titled_by = 'words' and title_state <> 'settled'
         and updated_at > now() - interval '2 minutes' as awaits_title,
       (select p.time_zone from public.preferences p where p.user_id = (select auth.uid()))
         as time_zone
from public.conversations where user_id = (select auth.uid())
order by pinned_at desc nulls last, updated_at desc, id limit :most offset :skip;

-- name: still_awaited
-- Those among these conversations whose titles may still change by themselves.
select id from public.conversations
where id = any (cast(:ids as uuid[])) and titled_by = 'words' and title_state <> 'settled';

-- name: titles
-- Of these conversations.
select id, title from public.conversations
where user_id = (select auth.uid()) and id = any (cast(:ids as uuid[]));

-- name: one
select id, title, updated_at from public.conversations where id = :conversation_id;

-- name: rename
-- The person's own title is final.
update public.conversations set title = :title, titled_by = 'person', title_state = 'settled'
where id = :conversation_id returning id;

-- name: pin
update public.conversations set pinned_at = case when :pinned then now() end
where id = :conversation_id returning id;

-- name: take_out
-- Deletes a conversation and hands out all that it was; no row if it is not the person's.
select tbl, is_link, content from own.take_out_conversation(:conversation_id);

-- name: put_back_rows
select own.put_back_rows(:tbl, cast(:contents as text[]));

-- name: put_back_links
select own.put_back_links(:tbl, cast(:contents as text[]));

-- name: search
-- Where all words occur, the last as the beginning of a word; :parts are folded words that are found
-- anywhere, as in scripts without spaces (chat/conversation_search.py). At most three places of a conversation; one that is found by its title
-- alone comes without a place. What stands back behind another version is not found.
with words as (
  select own.folded(w) as word, n = count(*) over () as is_last
  from unnest(cast(:words as text[])) with ordinality as given(w, n)
), wanted as (
  select string_agg('(' || (plainto_tsquery('english', word)
    || case when is_last then cast(quote_literal(word) || ':*' as tsquery)
            else plainto_tsquery('simple', word) end)::text || ')', ' & ')::tsquery as query
  from words where word <> ''
), titled as (
  select c.id from public.conversations c, wanted w
  where c.user_id = (select auth.uid()) and (w.query is null or c.fts @@ w.query)
    and (cast(:parts as text[]) = '{}' or own.folded(c.title) like all (cast(:parts as text[])))
), said as (
  select m.turn_id, t.conversation_id, m.content, t.created_at,
         row_number() over (partition by t.conversation_id order by t.seq desc, m.role desc) as nth
  from public.messages m
  join public.turns t on t.id = m.turn_id, wanted w
  where m.user_id = (select auth.uid()) and (w.query is null or m.fts @@ w.query)
    and (cast(:parts as text[]) = '{}' or own.folded(m.content) like all (cast(:parts as text[])))
    and t.hidden_with is null
)
select c.id as conversation_id, c.title, s.turn_id, s.content,
       coalesce(s.created_at, c.updated_at) as said_at,
       (select p.time_zone from public.preferences p where p.user_id = (select auth.uid()))
         as time_zone
from public.conversations c
left join said s on s.conversation_id = c.id and s.nth <= 3
left join titled f on f.id = c.id
where s.turn_id is not null or f.id is not null
order by f.id is null, said_at desc, c.id limit :most;
