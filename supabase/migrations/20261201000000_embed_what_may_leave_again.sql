-- Where a person lets a kind of memories leave again, those of them that were given a vector that says
-- nothing are embedded by a worker: since then the row says when that is due.
alter table public.preferences add column let_out_at timestamptz;
create index preferences_let_out_at on public.preferences (let_out_at) where let_out_at is not null;

create function private.note_let_out() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.let_out_at := now();
  return new;
end
$$;
revoke execute on function private.note_let_out() from public;

create trigger note_let_out before update of kinds_inside on public.preferences
  for each row when (not old.kinds_inside <@ new.kinds_inside)
  execute function private.note_let_out();

-- The next person of whom memories are to be embedded, and no other worker's for a while: one that dies
-- in the middle has it tried again.
create function private.claim_let_out(lease_s int) returns table (user_id uuid, let_out_at timestamptz)
language sql security definer set search_path = '' as $$
  update public.preferences p set let_out_at = now() + make_interval(secs => lease_s)
  where p.user_id = (select w.user_id from public.preferences w where w.let_out_at <= now()
                     order by w.let_out_at limit 1 for update skip locked)
  returning p.user_id, p.let_out_at
$$;
revoke execute on function private.claim_let_out(int) from public;
grant execute on function private.claim_let_out(int) to keepsake_server;

-- As in 20261130010200, and where a vector was made anew.
create or replace function private.drop_next_vector() returns trigger
language plpgsql set search_path = extensions, public as $$
begin
  if new.metadata ->> 'data' is distinct from old.metadata ->> 'data'
     or new.metadata ->> 'cues' is distinct from old.metadata ->> 'cues'
     or new.metadata ->> 'stays_inside' is distinct from old.metadata ->> 'stays_inside'
     or new.vec is distinct from old.vec then
    new.next_vec := null;
  end if;
  return new;
end
$$;
