-- Passkeys lie at the Auth server; that one was added or removed is noted and told.
do $$
declare
  known text[];
begin
  select array_agg(m.event[1] order by m.place) into known
  from pg_constraint c,
    regexp_matches(pg_get_constraintdef(c.oid), '''([a-z_]+)''::text', 'g')
      with ordinality as m (event, place)
  where c.conname = 'audit_log_event_check' and c.conrelid = 'public.audit_log'::regclass;
  known := known || array['passkey_added', 'passkey_removed'];
  alter table public.audit_log drop constraint audit_log_event_check;
  execute format('alter table public.audit_log add constraint audit_log_event_check'
                 ' check (event in (%s))',
                 (select string_agg(quote_literal(one), ', ') from unnest(known) as one));
end $$;

alter table private.account_notices drop constraint account_notices_event_check;
alter table private.account_notices add constraint account_notices_event_check check (event in (
  'new_browser', 'password_changed', 'address_changed', 'factor_enrolled', 'factor_removed',
  'recovery_code_used', 'passkey_added', 'passkey_removed'));
