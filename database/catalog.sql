-- name: personal_tables
-- Tables of people's data, the column that names the person, whether that is generated, and a column
-- that may be changed (the first, or else the person's).
select n.nspname as schema, c.relname as name, a.attname as owner,
       a.attgenerated <> '' as generated,
       coalesce((select u.attname from pg_attribute u
                 where u.attrelid = c.oid and u.attnum > 0 and not u.attisdropped
                   and u.attgenerated = '' and u.attidentity = ''
                   and has_column_privilege(c.oid, u.attnum, 'update')
                 order by u.attnum limit 1), a.attname) as changeable
from pg_constraint o
join pg_class c on c.oid = o.conrelid
join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum = o.conkey[1]
join pg_class f on f.oid = o.confrelid
where o.contype = 'f' and cardinality(o.conkey) = 1 and f.relname = 'users'
  and f.relnamespace = (select u.oid from pg_namespace u where u.nspname = 'auth')
  and n.nspname in ('public', 'vecs')
order by 1, 2;

-- name: rows_left
-- What an account left behind that is no more.
select name, rows from private.rows_left(:account) where rows > 0;

-- name: count_rows
select name, rows from private.count_rows();

-- name: text_tables
-- Tables of people's data with the columns of each that words or ids can stand in.
select n.nspname as schema, c.relname as name,
       array_agg(distinct cast(a.attname as text)) as texts
from pg_constraint o
join pg_class c on c.oid = o.conrelid
join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
                   and a.attgenerated = ''
join pg_class f on f.oid = o.confrelid
where o.contype = 'f' and cardinality(o.conkey) = 1 and f.relname = 'users'
  and f.relnamespace = (select u.oid from pg_namespace u where u.nspname = 'auth')
  and n.nspname in ('public', 'vecs')
  and a.atttypid in ('text'::regtype, 'varchar'::regtype, 'json'::regtype, 'jsonb'::regtype,
                     'text[]'::regtype)
  and has_column_privilege(c.oid, a.attnum, 'select')
group by 1, 2 order by 1, 2;
