-- name: lock_memory
-- The memory that is about to be described, kept from being deleted meanwhile.
select id from vecs.memories
where owner = (select auth.uid()) and id = :memory_id for key share;

-- name: describe
-- All at once of a memory that is new, which mentioned nothing before.
with made as (
  insert into public.entities (id, kind, is_self)
  select id, kind, is_self
  from jsonb_to_recordset(cast(:entities as jsonb)) as e (id uuid, kind text, is_self boolean)
), mentioned as (
  insert into public.memory_entities (memory_id, entity_id, name)
  select :memory_id, entity_id, name
  from jsonb_to_recordset(cast(:mentions as jsonb)) as m (entity_id uuid, name text)
), named as (
  insert into public.entity_names (memory_id, entity_id, key)
  select :memory_id, entity_id, key
  from jsonb_to_recordset(cast(:names as jsonb)) as n (entity_id uuid, key text)
)
insert into public.relations (memory_id, subject_id, predicate, object_id)
select :memory_id, subject_id, predicate, object_id
from jsonb_to_recordset(cast(:relations as jsonb))
  as r (subject_id uuid, predicate text, object_id uuid);

-- name: lock_graph
-- One writer per person, so that one thing does not become two entities. Taken after the memory's own
-- lock, in the same order as a deletion takes them.
select pg_advisory_xact_lock(hashtextextended('graph ' || (select auth.uid())::text, 0));

-- name: known
-- Entities that one of the keys names, or whose key begins and ends like one that may be mistyped.
select e.id, e.kind, e.is_self, array_agg(distinct n.key) as keys
from public.entities e
left join public.entity_names n on n.entity_id = e.id and n.user_id = e.user_id
where e.user_id = (select auth.uid()) and (
  e.is_self
  or e.id in (select w.entity_id from public.entity_names w
              where w.user_id = (select auth.uid()) and w.key = any (cast(:keys as text[])))
  or e.id in (select w.entity_id from public.entity_names w
              join unnest(cast(:long_keys as text[])) as k (key)
                on left(w.key, 1) = left(k.key, 1)
               and right(w.key, 1) = right(k.key, 1)
               and abs(char_length(w.key) - char_length(k.key)) <= 3
              where w.user_id = (select auth.uid()) and w.key <> k.key
                and char_length(w.key) >= 6))
group by e.id
order by e.created_at, e.id;

-- name: add_entities
insert into public.entities (id, kind, is_self)
select id, kind, is_self
from jsonb_to_recordset(cast(:entities as jsonb)) as e (id uuid, kind text, is_self boolean);

-- name: set_kind
-- What was kept as "other" until something better was said.
update public.entities set kind = :kind
where user_id = (select auth.uid()) and id = :id and kind = 'other';

-- name: add_mentions
insert into public.memory_entities (memory_id, entity_id, name)
select :memory_id, entity_id, name
from jsonb_to_recordset(cast(:mentions as jsonb)) as m (entity_id uuid, name text)
on conflict (memory_id, entity_id, user_id) do update set name = excluded.name
where memory_entities.name <> excluded.name;

-- name: drop_mentions
-- What the memory mentioned before and does not any more; its relations fall with it.
delete from public.memory_entities
where user_id = (select auth.uid()) and memory_id = :memory_id
  and entity_id <> all (cast(:entity_ids as uuid[]));

-- name: drop_names
delete from public.entity_names
where user_id = (select auth.uid()) and memory_id = :memory_id;

-- name: add_names
insert into public.entity_names (memory_id, entity_id, key)
select :memory_id, entity_id, key
from jsonb_to_recordset(cast(:names as jsonb)) as n (entity_id uuid, key text);

-- name: drop_relations
delete from public.relations
where user_id = (select auth.uid()) and memory_id = :memory_id;

-- name: add_relations
insert into public.relations (memory_id, subject_id, predicate, object_id)
select :memory_id, subject_id, predicate, object_id
from jsonb_to_recordset(cast(:relations as jsonb))
  as r (subject_id uuid, predicate text, object_id uuid);

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
  and m.valid_from <= coalesce(cast(:as_of as timestamptz), 'infinity')
  and coalesce(m.invalid_at, 'infinity') > coalesce(cast(:as_of as timestamptz), now())
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
  and m.valid_from <= coalesce(cast(:as_of as timestamptz), 'infinity')
  and coalesce(m.invalid_at, 'infinity') > coalesce(cast(:as_of as timestamptz), now())
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
  and m.valid_from <= coalesce(cast(:as_of as timestamptz), 'infinity')
  and coalesce(m.invalid_at, 'infinity') > coalesce(cast(:as_of as timestamptz), now())
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
    and m.valid_from <= coalesce(cast(:as_of as timestamptz), 'infinity')
    and coalesce(m.invalid_at, 'infinity') > coalesce(cast(:as_of as timestamptz), now())
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
