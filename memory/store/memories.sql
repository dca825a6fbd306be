-- name: search
-- The person's memories that hold (now, or at :as_of), by meaning, by word and by what was said around
-- them, best first. With :with_past also what was said to be over ("worked in Oslo until May"), but
-- nothing superseded. How they are ranked: supabase/migrations/20261122180100_rank_memories.sql.
select m.id, m.metadata ->> 'data' as text, m.metadata ->> 'updated_at' as updated_at,
       m.valid_from, m.invalid_at, m.superseded_by, m.recorded_at, m.edited_at, m.waits_for, m.judged,
       m.turn_id, own.extras_of(m.metadata) as metadata, r.similarity, r.keyword, r.score,
       own.stays_inside(m.id, m.metadata) as stays_inside,
       (select c.ended from own.reasons_to_check c
        where c.memory_id = m.id and cast(:as_of as timestamptz) is null
        order by c.marked_at desc limit 1) as leans_on
from own.rank_memories(:vec, :query, cast(:as_of as timestamptz), :with_past, :top_k) r
join vecs.memories m on m.owner = (select auth.uid()) and m.seq = r.seq
order by r.score desc, m.seq desc;

-- name: search_matching
-- The same among those whose metadata is as :filters want it, and that are near enough by meaning.
select m.id, m.metadata ->> 'data' as text, m.metadata ->> 'updated_at' as updated_at,
       m.valid_from, m.invalid_at, m.superseded_by, m.recorded_at, m.edited_at, m.waits_for, m.judged,
       m.turn_id, own.extras_of(m.metadata) as metadata, r.similarity, r.keyword, r.score,
       own.stays_inside(m.id, m.metadata) as stays_inside,
       (select c.ended from own.reasons_to_check c
        where c.memory_id = m.id and cast(:as_of as timestamptz) is null
        order by c.marked_at desc limit 1) as leans_on
from own.rank_memories(:vec, :query, cast(:as_of as timestamptz), :with_past, :ranked) r
join vecs.memories m on m.owner = (select auth.uid()) and m.seq = r.seq
where (cast(:filters as jsonb) is null or own.matches(m.metadata, cast(:filters as jsonb)))
  and (cast(:threshold as float8) is null or r.similarity >= :threshold)
order by r.score desc, m.seq desc limit :top_k;

-- name: search_each
-- The same for several queries at once, in their order; `n` is the query's number, from 1. What says the
-- same of the same subject as a query ("lives in", of the person or of one of these keys) is there too,
-- `alike`, the nearest of each: among many memories the name that is new in a change lies nearer to
-- others than to the one that it changes. `is_only` where no other memory says so. What names the same
-- things as a query (by :names) is there too, `names_the_same`, the nearest two: an end ("gave Bruno away")
-- can be far from what it ends. `beings` are the people and pets that a memory names. In a :scope of
-- metadata only what belongs to it is there. Materialized: where the planner expects few memories, it
-- would rank all of them anew for each one.
with asked as (
  select a.n, a.vec, a.query
  from unnest(cast(:vecs as text[]), cast(:queries as text[])) with ordinality as a (vec, query, n)
), found as materialized (
  select asked.n, r.seq, r.similarity, r.keyword, r.score, false as alike, false as is_only,
         false as names_the_same
  from asked
  cross join lateral own.rank_memories(asked.vec, asked.query, null, false, :top_k) r
  union all
  select asked.n, best.seq, best.similarity, null, null, true, best.is_only, false
  from jsonb_to_recordset(cast(:relations as jsonb)) as said (n bigint, predicate text, keys jsonb)
  join asked on asked.n = said.n
  cross join lateral (
    select m.seq, 1 - (m.vec <=> cast(asked.vec as vector)) as similarity,
           count(*) over () = 1 as is_only
    from public.relations r
    join public.entities e on e.id = r.subject_id and e.user_id = r.user_id
    join vecs.memories m on m.id = r.memory_id and m.owner = r.user_id
    where r.user_id = (select auth.uid()) and lower(r.predicate) = lower(said.predicate)
      and (said.keys is null and e.is_self
           or exists (select from public.entity_names k
                      where k.user_id = r.user_id and k.entity_id = e.id
                        and said.keys @> to_jsonb(k.key)))
      and m.waits_for is null and (m.invalid_at is null or m.invalid_at > now())
      and (cast(:scope as jsonb) = '{}' or m.metadata @> cast(:scope as jsonb))
    order by similarity desc, m.seq desc limit 1
  ) best
  union all
  select asked.n, best.seq, best.similarity, null, null, false, false, true
  from jsonb_to_recordset(cast(:names as jsonb)) as named (n bigint, keys jsonb)
  join asked on asked.n = named.n
  cross join lateral (
    select m.seq, 1 - (m.vec <=> cast(asked.vec as vector)) as similarity
    from vecs.memories m
    where m.owner = (select auth.uid())
      and m.id in (select there.memory_id from public.entity_names k
                   join public.memory_entities there
                     on there.entity_id = k.entity_id and there.user_id = k.user_id
                   where k.user_id = (select auth.uid())
                     and k.key in (select jsonb_array_elements_text(named.keys)))
      and m.waits_for is null and (m.invalid_at is null or m.invalid_at > now())
      and (cast(:scope as jsonb) = '{}' or m.metadata @> cast(:scope as jsonb))
    order by similarity desc, m.seq desc limit 2
  ) best
)
select m.id, m.metadata ->> 'data' as text, m.metadata ->> 'updated_at' as updated_at,
       m.valid_from, m.invalid_at, m.superseded_by, m.recorded_at, m.edited_at, m.waits_for, m.judged,
       m.turn_id, found.similarity, found.keyword, found.score, found.n, found.alike,
       found.is_only, found.names_the_same, own.stays_inside(m.id, m.metadata) as stays_inside,
       array(select here.name from public.memory_entities here
             join public.entities e on e.id = here.entity_id and e.user_id = here.user_id
             where here.user_id = m.owner and here.memory_id = m.id and e.kind in ('person', 'pet')
               and not e.is_self) as beings
from found
join vecs.memories m on m.owner = (select auth.uid()) and m.seq = found.seq
where (cast(:scope as jsonb) = '{}' or m.metadata @> cast(:scope as jsonb))
order by found.n, found.alike, found.names_the_same, found.score desc, m.seq desc;

-- name: around_ended
-- For memories that are about to end, a few others that hold and may lean on each: those that name the
-- same things, then those that are near by meaning. In a :scope of metadata only what belongs to it.
select e.id as ended_id, e.metadata ->> 'data' as ended, near.id, near.text,
       own.stays_inside(e.id, e.metadata) or own.stays_inside(near.id, near.metadata) as stays_inside
from vecs.memories e
cross join lateral (
  select m.id, m.metadata, m.metadata ->> 'data' as text, 1 - (m.vec <=> e.vec) as similarity,
         exists (select from public.memory_entities here
                 join public.entities n
                   on n.id = here.entity_id and n.user_id = here.user_id and not n.is_self
                 join public.memory_entities there
                   on there.entity_id = n.id and there.user_id = n.user_id
                 where here.user_id = e.owner and here.memory_id = e.id
                   and there.memory_id = m.id) as shares_a_name
  from vecs.memories m
  where m.owner = e.owner and m.id <> all (cast(:ids as text[]))
    and m.waits_for is null and (m.invalid_at is null or m.invalid_at > now())
    and (cast(:scope as jsonb) = '{}' or m.metadata @> cast(:scope as jsonb))
  order by shares_a_name desc, similarity desc limit :most
) near
where e.owner = (select auth.uid()) and e.id = any (cast(:ids as text[]))
  and (near.shares_a_name or near.similarity >= :floor)
order by near.shares_a_name desc, near.similarity desc;

-- name: search_stored
-- The same as mem0 reads it: what holds now, by id, with its metadata.
select m.id, m.metadata, r.score
from own.rank_memories(:vec, :query, null, false, :top_k) r
join vecs.memories m on m.owner = (select auth.uid()) and m.seq = r.seq
order by r.score desc, m.seq desc;

-- name: all_current
-- Everything that holds (now, or at :as_of), oldest first; a page of it with :most and :left_out.
select id, metadata ->> 'data' as text, metadata ->> 'updated_at' as updated_at,
       valid_from, invalid_at, superseded_by, recorded_at, edited_at, waits_for, judged, turn_id,
       own.extras_of(metadata) as metadata, own.stays_inside(id, metadata) as stays_inside,
       (select c.ended from own.reasons_to_check c
        where c.memory_id = m.id and cast(:as_of as timestamptz) is null
        order by c.marked_at desc limit 1) as leans_on
from vecs.memories m
where owner = (select auth.uid()) and waits_for is null
  and case when cast(:as_of as timestamptz) is null then invalid_at is null or invalid_at > now()
      else valid_from <= :as_of and (invalid_at is null or invalid_at > :as_of) end
  and (cast(:filters as jsonb) is null or own.matches(m.metadata, cast(:filters as jsonb)))
order by seq limit cast(:most as bigint) offset cast(:left_out as bigint);

-- name: waiting
-- What waits for the person's yes, oldest first.
select id, metadata ->> 'data' as text, metadata ->> 'updated_at' as updated_at,
       valid_from, invalid_at, superseded_by, recorded_at, edited_at, waits_for, judged, turn_id,
       own.extras_of(metadata) as metadata, own.stays_inside(id, metadata) as stays_inside
from vecs.memories where owner = (select auth.uid()) and waits_for is not null order by seq;

-- name: past
-- What held once and holds no longer, latest first.
select id, metadata ->> 'data' as text, metadata ->> 'updated_at' as updated_at,
       valid_from, invalid_at, superseded_by, recorded_at, edited_at, waits_for, judged, turn_id,
       own.extras_of(metadata) as metadata, own.stays_inside(id, metadata) as stays_inside
from vecs.memories where owner = (select auth.uid()) and invalid_at <= now()
order by invalid_at desc, seq desc;

-- name: one
select id, metadata ->> 'data' as text, metadata ->> 'updated_at' as updated_at,
       valid_from, invalid_at, superseded_by, recorded_at, edited_at, waits_for, judged, turn_id,
       own.extras_of(metadata) as metadata, own.stays_inside(id, metadata) as stays_inside,
       (select c.ended from own.reasons_to_check c where c.memory_id = m.id
        order by c.marked_at desc limit 1) as leans_on
from vecs.memories m where owner = (select auth.uid()) and id = :id;

-- name: several
select id, metadata ->> 'data' as text, metadata ->> 'updated_at' as updated_at,
       valid_from, invalid_at, superseded_by, recorded_at, edited_at, waits_for, judged, turn_id,
       own.extras_of(metadata) as metadata, own.stays_inside(id, metadata) as stays_inside,
       (select c.ended from own.reasons_to_check c where c.memory_id = m.id
        order by c.marked_at desc limit 1) as leans_on
from vecs.memories m where owner = (select auth.uid()) and id = any (cast(:ids as text[]));

-- name: update_text
-- The new text of one memory with its cues, by the person (:by_hand) or the machine; returns those
-- before.
with before as (
  select id, metadata ->> 'data' as text, metadata ->> 'cues' as cues from vecs.memories
  where owner = (select auth.uid()) and id = :id for update
)
update vecs.memories m
set vec = cast(:vec as vector),
    edited_at = case when :by_hand then now() else m.edited_at end,
    waits_for = case when :by_hand then null else m.waits_for end,
    metadata = (m.metadata - 'cues') || jsonb_build_object(
      'data', cast(:text as text), 'hash', md5(:text), 'updated_at', cast(:updated_at as text))
      || jsonb_strip_nulls(jsonb_build_object('cues', cast(:cues as text)))
from before where m.id = before.id
returning before.text as old_text, before.cues as old_cues;

-- name: unlink_entities
-- What mem0's entity store keeps about forgotten memories goes with them.
with linked as (
  select id, (select coalesce(jsonb_agg(l), '[]'::jsonb)
              from jsonb_array_elements_text(metadata -> 'linked_memory_ids') l
              where l <> all (cast(:ids as text[]))) as remaining
  from vecs.memories_entities
  where owner = (select auth.uid()) and metadata -> 'linked_memory_ids' ?| cast(:ids as text[])
), kept as (
  update vecs.memories_entities e
  set metadata = jsonb_set(e.metadata, '{linked_memory_ids}', linked.remaining)
  from linked where e.id = linked.id and linked.remaining <> '[]'::jsonb
)
delete from vecs.memories_entities e using linked
where e.id = linked.id and linked.remaining = '[]'::jsonb;

-- name: forget_history
-- What was forgotten is gone from the history too.
delete from public.memory_history
where user_id = (select auth.uid()) and memory_id = any (cast(:ids as text[]));

-- name: history
select id, memory_id, event, old_memory, new_memory, created_at, turn_id, actor_id, role
from public.memory_history
where user_id = (select auth.uid()) and memory_id = :memory_id order by seq;

-- name: note_change
insert into public.memory_history (memory_id, event, old_memory, new_memory, turn_id)
values (:memory_id, :event, :old, :new, :turn_id);

-- name: note_forgotten
insert into public.memory_history (memory_id, event)
select id, 'DELETE' from unnest(cast(:ids as text[])) as id;

-- name: version
-- Changes whenever a memory of the person comes, goes, changes or ends.
select own.memories_version() as version;

-- name: time_zone
-- The zone of the person's days.
select (select p.time_zone from public.preferences p where p.user_id = (select auth.uid()))
         as time_zone;

-- name: begin_add
-- Before anything is compared: the version, and the zone of the person's days.
select own.memories_version() as version,
       (select p.time_zone from public.preferences p where p.user_id = (select auth.uid()))
         as time_zone;

-- name: begin_claimed
-- The same for turns that a worker has claimed, with what the person said in them, as far as they are
-- still there and but for words that asked to forget something, and the messages just before the first
-- of them in its conversation, both oldest first. Not those said while memory was paused, which must not
-- be remembered by way of the context either.
select own.memories_version() as version,
       (select p.time_zone from public.preferences p where p.user_id = (select auth.uid()))
         as time_zone,
       (select coalesce(jsonb_agg(jsonb_build_object(
                 'turn_id', t.id, 'created_at', t.created_at,
                 'content', replace(m.content, coalesce(t.forget_request, ''), ''))
               order by t.seq), '[]')
        from public.turns t join public.messages m on m.turn_id = t.id and m.role = 'user'
        where t.id = any (cast(:turn_ids as uuid[])) and t.memory_lease = :lease) as said,
       (select coalesce(jsonb_agg(jsonb_build_object('role', latest.role, 'content', latest.content)
               order by latest.seq, latest.role desc), '[]')
        from (
          select m.role, m.content, t.seq
          from (select conversation_id, min(seq) as seq from public.turns
                where id = any (cast(:turn_ids as uuid[]))
                group by conversation_id order by 2 limit 1) first
          join public.turns t on t.conversation_id = first.conversation_id and t.seq < first.seq
          join public.messages m on m.turn_id = t.id
          where m.content <> '' and t.memory_state <> 'paused' and t.hidden_with is null
          order by t.seq desc, m.role limit :most
        ) latest) as before;

-- name: lock_memories
-- One change of a person's memories at a time, in whichever process.
select pg_advisory_xact_lock(hashtextextended('memories ' || (select auth.uid())::text, 0));

-- name: accept
-- The person says yes to what waited.
update vecs.memories set waits_for = null
where owner = (select auth.uid()) and id = :id and waits_for is not null
returning metadata ->> 'data' as text;

-- name: begin_keeping
-- Locks, and what is there under them: supabase/migrations/20261123000000_remember_in_two_statements.sql.
select version, marked, held, known
from own.begin_keeping(cast(:about as text[]), cast(:turn_ids as uuid[]), cast(:lease as uuid),
                       cast(:keys as text[]), cast(:long_keys as text[]));

-- name: keep
-- What became of an add.
select own.keep_memories(cast(:changes as jsonb), cast(:graph as jsonb));

-- name: let_out
-- What a vector of it is made of, and whether its kind keeps it inside all the same.
select metadata ->> 'data' as text, metadata ->> 'cues' as cues,
       own.stays_inside(id, metadata - 'stays_inside') as still_inside
from vecs.memories where owner = (select auth.uid()) and id = :id;

-- name: keep_inside
-- One memory never leaves for a hosted model from now on, or may; no row where the vector is not of its
-- :text and :cues any more.
update vecs.memories
set vec = coalesce(cast(:vec as vector), vec),
    metadata = case when :inside then metadata || '{"stays_inside": true}'
                    else metadata - 'stays_inside' end
where owner = (select auth.uid()) and id = :id
  and (cast(:text as text) is null
       or metadata ->> 'data' = :text and coalesce(metadata ->> 'cues', '') = :cues)
returning id;
