-- name: begin
select id, refused, wait_s from private.begin_use(
  :person, :answers, :messages, :bytes, :at_once, :a_minute, :most_bytes, :most_tokens, :lease_s);

-- name: end
select private.end_use(:use, :person, :spent);

-- name: spend
select private.spend_tokens(:person, :spent);

-- name: renew
select private.renew_uses(:uses, :lease_s);

-- name: wait
select private.wait_for_tokens(:person, :most_tokens);
