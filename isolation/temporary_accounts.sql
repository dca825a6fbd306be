-- name: begin
select private.begin_throw_aways(:person, :purpose, :how_many, :lifetime_s);

-- name: make_decoy
select private.make_decoy(:address);

-- name: end
select private.end_throw_aways(:person, :purpose);

-- name: sweep
select private.sweep_throw_aways();

-- name: fingerprint
select name, rows, mark from private.fingerprint(:account);

-- name: count_attempt
-- 0, or the seconds to wait where one of the keys is used up.
select private.count_attempt(cast(:keys as bytea[]), cast(:most as int[]), :window_s);
