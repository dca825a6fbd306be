-- name: lock_memory
-- The memory that is about to be described, kept from being deleted meanwhile.
select id from vecs.memories
where owner = (select auth.uid()) and id = :memory_id for key share;

-- name: lock_graph
-- One writer per person, so that one thing does not become two entities. Taken after the memory's own
-- lock, in the same order as a deletion takes them.
select pg_advisory_xact_lock(hashtextextended('graph ' || (select auth.uid())::text, 0));

-- name: known
-- The entities that a memory may mean: supabase/migrations/20261123000000_remember_in_two_statements.sql.
select id, kind, is_self, keys
from own.known_entities(cast(:keys as text[]), cast(:long_keys as text[]));

-- name: describe
-- What a memory mentions, in place of what it had before.
select own.describe_memories(cast(:graph as jsonb));

-- name: any
select s.entity_id from public.memory_entities s
join public.entities e on e.id = s.entity_id and e.user_id = s.user_id and not e.is_self
join vecs.memories m on m.id = s.memory_id and m.owner = s.user_id and m.waits_for is null
where s.user_id = (select auth.uid()) limit 1;

-- name: nodes
-- Entities that memories which hold at that time mention, the most mentioned first, named as the
-- oldest of these memories names them (a capital letter is preferred), and how many there are in all.
select e.id, e.kind, e.is_self, count(*) as memories, count(*) over () as total,
       (array_agg(s.name order by s.name = lower(s.name), m.seq))[1] as name
from public.entities e
join public.memory_entities s on s.entity_id = e.id and s.user_id = e.user_id
join vecs.memories m on m.id = s.memory_id and m.owner = s.user_id
where e.user_id = (select auth.uid())
  and (e.is_self or cast(:kinds as text[]) is null or e.kind = any (cast(:kinds as text[])))
  and m.waits_for is null
  and own.holds_at(m.valid_from, m.invalid_at,
                   cast(:as_of as timestamptz), cast(:as_of_named as timestamptz))
group by e.id
order by e.is_self desc, memories desc, e.created_at, e.id
limit :most;

-- name: edges
select r.subject_id, r.predicate, r.object_id, array_agg(r.memory_id order by m.seq) as memory_ids
from public.relations r
join vecs.memories m on m.id = r.memory_id and m.owner = r.user_id
where r.user_id = (select auth.uid())
  and r.subject_id = any (cast(:ids as uuid[])) and r.object_id = any (cast(:ids as uuid[]))
  and m.waits_for is null
  and own.holds_at(m.valid_from, m.invalid_at,
                   cast(:as_of as timestamptz), cast(:as_of_named as timestamptz))
group by r.subject_id, r.predicate, r.object_id
order by min(m.seq), r.predicate
limit :most;

-- name: memories_of
-- What the memories that hold at that time say about one entity, oldest first.
select m.id, m.metadata ->> 'data' as text, m.metadata ->> 'updated_at' as updated_at,
       m.valid_from, m.invalid_at, m.superseded_by, m.recorded_at, m.edited_at, m.waits_for,
       m.judged, m.turn_id
from public.memory_entities s
join vecs.memories m on m.id = s.memory_id and m.owner = s.user_id
where s.user_id = (select auth.uid()) and s.entity_id = :entity_id
  and m.waits_for is null
  and own.holds_at(m.valid_from, m.invalid_at,
                   cast(:as_of as timestamptz), cast(:as_of_named as timestamptz))
order by m.seq;

-- name: neighbours
-- Memories around the entities that a text names: hop 1 mentions one of them, hop 2 an entity that a
-- relation leads to, and so on. A relation of the person's own whose predicate holds a word of the
-- text names its other end ("my sister"). Never through the person, whom everything is tied to.
-- `union` and the depth end the recursion in cycles. Nothing is materialized, so that each step goes
-- by index from what was reached.
with recursive me as (
  select e.id from public.entities e where e.user_id = (select auth.uid()) and e.is_self
), holds as not materialized (
  select m.id, m.seq from vecs.memories m
  where m.owner = (select auth.uid())
    and m.waits_for is null
    and own.holds_at(m.valid_from, m.invalid_at,
                     cast(:as_of as timestamptz), cast(:as_of_named as timestamptz))
), edges as not materialized (
  select r.subject_id as here, r.object_id as there, r.predicate
  from public.relations r join holds on holds.id = r.memory_id
  where r.user_id = (select auth.uid())
  union all
  select r.object_id, r.subject_id, r.predicate
  from public.relations r join holds on holds.id = r.memory_id
  where r.user_id = (select auth.uid())
), named as (
  select n.entity_id from public.entity_names n
  where n.user_id = (select auth.uid()) and n.key = any (cast(:keys as text[]))
  union
  select r.object_id from public.relations r join holds on holds.id = r.memory_id
  where r.user_id = (select auth.uid()) and r.subject_id in (select me.id from me)
    and string_to_array(lower(r.predicate), ' ') && cast(:words as text[])
), reached (entity_id, hops) as (
  select named.entity_id, 1 from named
  where named.entity_id not in (select me.id from me)
  union
  select edges.there, reached.hops + 1
  from reached join edges on edges.here = reached.entity_id
  where reached.hops < :hops and edges.there not in (select me.id from me)
), nearest as (
  select reached.entity_id, min(reached.hops) as hops from reached group by 1
)
select s.memory_id, min(nearest.hops) as hops
from nearest
join public.memory_entities s
  on s.entity_id = nearest.entity_id and s.user_id = (select auth.uid())
join holds on holds.id = s.memory_id
group by s.memory_id, holds.seq
order by hops, count(*) desc, holds.seq desc
limit :most;
