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

-- name: rows_left
-- What an account left behind that is no more.
select name, rows from private.rows_left(:account) where rows > 0;

-- name: count_rows
select name, rows from private.count_rows();

-- name: delete_account
-- The account of the living session with this hash, and all that refers to it.
select private.delete_account(:person, :hash);
