-- name: begin
select id, refused, wait_s from private.begin_use(
  :person, :answers, :messages, :bytes, :at_once, :a_minute, :most_bytes, :most_tokens, :lease_s,
  cast(:ended as uuid[]), :spent);

-- name: end
select private.end_uses(cast(:uses as uuid[]), cast(:persons as uuid[]), cast(:spent as bigint[]));

-- name: renew
select private.renew_uses(cast(:uses as uuid[]), :lease_s);

-- name: wait
select private.wait_for_tokens(:person, :most_tokens);

-- name: used
select tokens, tokens_until, stored_bytes from private.used(:person, :with_bytes);
