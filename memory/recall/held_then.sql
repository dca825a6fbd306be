-- name: held_then
-- What is over by now and held at some time from :first to :last, nearest to the query by meaning and by
-- word first. Both moments are given twice: as the person's clock has them, and for days that were named
-- (supabase/migrations/20261126000300_hold_at_the_end_of_a_day.sql). Where nobody said since when (it is
-- dated by when it was said) it held until its end, and perhaps then: it begins long ago. What was merged
-- holds on in another memory.
with asked as materialized (
  select cast(:vec as vector) as vec,
         array(select lexeme from unnest(own.stems_of(:query, true))) as words
)
select m.id, m.metadata ->> 'data' as text, m.metadata ->> 'updated_at' as updated_at,
       case when began.is_known then m.valid_from else cast(:long_ago as timestamptz) end
         as valid_from,
       m.invalid_at, m.superseded_by, m.recorded_at, m.edited_at, m.waits_for, m.judged, m.turn_id,
       near.similarity, near.keyword, near.similarity + 0.5 * near.keyword as score,
       own.stays_inside(m.id, m.metadata) as stays_inside
from asked
cross join vecs.memories m
cross join lateral (
  select m.valid_from < m.invalid_at
         and abs(extract(epoch from m.recorded_at - m.valid_from)) > 86400 as is_known
) began
cross join lateral (
  select greatest(1 - (m.vec <=> asked.vec),
                  (select max(1 - (p.vec <=> asked.vec)) from public.memory_passages p
                   where p.user_id = (select auth.uid()) and p.memory_id = m.id)) as similarity,
         (select count(*) from unnest(asked.words) word
          where word = any (tsvector_to_array(m.fts)))::float8
         / greatest(cardinality(asked.words), 1) as keyword
) near
where m.owner = (select auth.uid()) and m.waits_for is null and m.invalid_at <= now()
  and (not began.is_known
       or own.holds_at(m.valid_from, null, cast(:last as timestamptz),
                       cast(:last_named as timestamptz)))
  and own.holds_at(cast(:long_ago as timestamptz), m.invalid_at, cast(:first as timestamptz),
                   cast(:first_named as timestamptz))
  and not exists (select from public.memory_history h
                  where h.memory_id = m.id and h.event = 'MERGE')
order by score desc, m.seq desc
limit :most;
