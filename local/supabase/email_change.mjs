// A change of address as Supabase Auth makes it by default: a code to the old address and one to the
// new, and both are asked for. Lite mails the old address alone and is content with its code.
// Follows Supabase Auth's source (internal/api/verify.go, emailChangeVerify), on Lite's own columns.
import { createHash, randomInt } from "node:crypto";

const ACCEPTED =
  "Confirmation link accepted. Please proceed to confirm link sent to the other email";
const CODE_LIFE_S = 3600;
// Of email_change_confirm_status: none, or which of the two has been given.
const NEITHER = 0;
const NEW = 1;
const CURRENT = 2;

// As Lite makes them.
const hashed = (email, code) =>
  createHash("sha256")
    .update(email.toLowerCase() + code)
    .digest("hex");

export class EmailChange {
  constructor({ postgres, mailbox, lite }) {
    this.postgres = postgres;
    this.mailbox = mailbox;
    this.lite = lite;
  }

  // Lite has begun a change and mailed the old address: a code for the new one.
  async begun(reply) {
    const user = await reply.clone().json();
    if (!user.new_email) return reply;
    const code = String(randomInt(1_000_000)).padStart(6, "0");
    await this.postgres`update auth.users set email_change_confirm_status = ${NEITHER},
      email_change_token_new = ${hashed(user.new_email, code)} where id = ${user.id}`;
    const text = `Confirm your email change with this code: ${code}`;
    await this.mailbox.send({ to: user.new_email, subject: "Confirm Email Change", text });
    return reply;
  }

  // What comes of one of the two codes; Lite says what is to be said of any other.
  async verify(request, { email = "", token = "" }) {
    const hash = hashed(email, token);
    const [user] = await this.postgres`select id, email_change_token_current as current,
        email_change_confirm_status as given, email_change_token_new = ${hash} as is_new
      from auth.users
      where (lower(email) = ${email.toLowerCase()} and email_change_token_current = ${hash}
          or email_change = ${email.toLowerCase()} and email_change_token_new = ${hash})
        and email_change_sent_at > now() - make_interval(secs => ${CODE_LIFE_S})`;
    if (!user) return this.lite(request);
    const here = user.is_new ? NEW : CURRENT;
    if (user.given === here) return this.lite(withBody(request, { email, token: "used" }));
    if (user.given !== NEITHER) return this.lite(withBody(request, { token_hash: user.current }));
    const [taken] = await this.postgres`update auth.users set email_change_confirm_status = ${here}
      where id = ${user.id} and email_change_confirm_status = ${NEITHER} returning id`;
    if (!taken) return this.verify(request, { email, token });
    return Response.json({ code: "200", msg: ACCEPTED });
  }
}

function withBody(request, fields) {
  const headers = new Headers(request.headers);
  headers.delete("content-length");
  const body = JSON.stringify({ type: "email_change", ...fields });
  return new Request(request.url, { method: "POST", headers, body });
}
