-- name: found
-- The ids of one page of what is looked for, and how many there are in all. A moment that is a
-- midnight in UTC is a day that was named: it is compared with that day's bounds in UTC, any other
-- moment with the bounds in the person's zone (see memory/dates.py).
select m.id, count(*) over () as total
from vecs.memories m
cross join lateral (
  select mod(extract(epoch from m.valid_from), 86400) = 0 as named_start,
         mod(extract(epoch from m.invalid_at), 86400) = 0 as named_end
) moment
where m.owner = (select auth.uid())
  and case cast(:state as text)
      when 'now' then m.waits_for is null and (m.invalid_at is null or m.invalid_at > now())
      when 'past' then m.waits_for is null and m.invalid_at <= now()
      when 'waiting' then m.waits_for is not null
      else m.waits_for is null
        and m.valid_from < case when named_start then cast(:day_end_utc as timestamptz)
                           else cast(:day_end as timestamptz) end
        and (m.invalid_at is null
             or m.invalid_at >= case when named_end then cast(:day_end_utc as timestamptz)
                                else cast(:day_end as timestamptz) end)
      end
  and not exists (select from unnest(cast(:words as text[])) as w (word)
                  where position(w.word in m.folded) = 0)
  and case
      when cast(:kind as text) is null then true
      when :kind = 'other' then m.id not in (
        select s.memory_id from public.memory_entities s
        join public.entities e on e.id = s.entity_id and e.user_id = s.user_id
        where s.user_id = (select auth.uid()) and e.kind <> 'other' and not e.is_self)
      else m.id in (
        select s.memory_id from public.memory_entities s
        join public.entities e on e.id = s.entity_id and e.user_id = s.user_id
        where s.user_id = (select auth.uid()) and e.kind = :kind and not e.is_self)
      end
  and case cast(:dates as text)
      when 'recorded' then m.recorded_at >= cast(:first as timestamptz)
                           and m.recorded_at < cast(:last as timestamptz)
      when 'held' then
        m.valid_from < case when named_start then cast(:last_utc as timestamptz)
                       else cast(:last as timestamptz) end
        and (m.invalid_at is null
             or m.invalid_at > case when named_end then cast(:first_utc as timestamptz)
                               else cast(:first as timestamptz) end)
      else true
      end
order by case when :state = 'past' then m.invalid_at when :state = 'day' then m.valid_from end desc,
         case when :state = 'waiting' then m.seq end, m.seq desc
limit cast(:most as int) offset :skip;

-- name: rows
-- These memories in this order, and the text of what took their place.
select m.id, m.metadata ->> 'data' as text, m.metadata ->> 'updated_at' as updated_at,
       m.valid_from, m.invalid_at, m.superseded_by, m.recorded_at, m.edited_at, m.waits_for,
       m.judged, m.turn_id, m.seq, later.metadata ->> 'data' as replaced_by,
       own.stays_inside(m.id, m.metadata) as stays_inside,
       coalesce(m.metadata ->> 'stays_inside' = 'true', false) as is_marked,
       (select c.ended from own.reasons_to_check c where c.memory_id = m.id
        order by c.marked_at desc limit 1) as leans_on
from unnest(cast(:ids as text[])) with ordinality as wanted (id, place)
join vecs.memories m on m.id = wanted.id and m.owner = (select auth.uid())
left join vecs.memories later on later.id = m.superseded_by and later.owner = m.owner
order by wanted.place;

-- name: counts
select count(*) filter (where waits_for is null and (invalid_at is null or invalid_at > now()))
         as now,
       count(*) filter (where waits_for is null and invalid_at <= now()) as past,
       count(*) filter (where waits_for is not null) as waiting
from vecs.memories where owner = (select auth.uid());

-- name: kinds
select distinct kind from public.entities
where user_id = (select auth.uid()) and not is_self;

-- name: kin
-- What took the place of a memory, and whose place it took; `merged` where the person did that.
select m.id, m.metadata ->> 'data' as text, m.superseded_by = :id as earlier,
       exists (select from public.memory_history h
               where h.user_id = m.owner and h.memory_id = m.id and h.event = 'MERGE') as merged
from vecs.memories m
where m.owner = (select auth.uid())
  and (m.superseded_by = :id
       or m.id = (select one.superseded_by from vecs.memories one
                  where one.owner = (select auth.uid()) and one.id = :id))
order by m.seq;
