-- name: keep
-- Takes the place of the person's former codes.
select own.keep_recovery_codes(cast(:hashes as bytea[]));

-- name: count
select count(*) as codes from public.recovery_codes where user_id = (select auth.uid());

-- name: use
-- Uses one up and takes the second factor off the account; whether there was such a code.
select private.use_recovery_code(:person, :hash, :browser);
