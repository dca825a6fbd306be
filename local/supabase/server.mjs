// Supabase Lite (the Auth server and the Data API) on the local Postgres, on loopback only.
// Started by auth_server.py, which gives its settings in the environment. Ends when stdin closes.
import { appendFileSync, readFileSync } from "node:fs";
import { createAdaptorServer } from "@hono/node-server";
import { App } from "@supabase/lite";
import { createPostgresConnection } from "@supabase/lite/postgres";
import { sql } from "kysely";
import { EmailChange } from "./email_change.mjs";

const { env } = process;
const here = new URL(".", import.meta.url);
const liteVersion = JSON.parse(
  readFileSync(new URL("../node_modules/@supabase/lite/package.json", here)),
).version;

// PostgREST's form of a time, with microseconds and a colon in the offset: supabase-py reads no other.
const isoTime = (text) => text.replace(" ", "T").replace(/([+-]\d\d)$/, "$1:00");

const connection = createPostgresConnection({
  url: "postgres:///postgres", // the socket folder and the role come as PGHOST and PGUSER
  postgresOptions: {
    max: 5,
    backoff: 0.05, // seconds between tries; its own grows to 20 when Postgres starts slower than we
    onnotice: () => {},
    types: { timestamptz: { to: 1184, from: [1184], serialize: (x) => x, parse: isoTime } },
  },
});
// Otherwise Lite answers Data API requests as superuser until it has seen a table with row level security.
connection.rlsState = "active";
const postgres = connection.driver;

const mailbox = {
  // The app asks for the code; Lite's link would sign in a browser, which this app does not do.
  async send({ to, subject, text }) {
    const words = text.replace(/\n*Or follow this link:.*/s, "").trim();
    const mail = { at: new Date().toISOString(), to, subject, text: words };
    appendFileSync(env.MAILBOX, `${JSON.stringify(mail)}\n`, { mode: 0o600 });
  },
};

const app = new App({
  connection,
  api: { schemas: ["public"] },
  db: { migrations: { enabled: false } }, // the table of applied migrations belongs to whoever applies them
  auth: {
    enabled: true,
    jwt_secret: env.JWT_SECRET,
    jwt_expiry: Number(env.JWT_EXPIRY),
    publishable_key: env.PUBLISHABLE_KEY,
    secret_key: env.SECRET_KEY,
    site_url: env.SITE_URL,
    minimum_password_length: 8,
    email: { enable_confirmations: env.CONFIRM === "1" },
  },
  storage: { enabled: false },
  options: { drivers: { email: mailbox }, server: { admin: false } },
});

async function postgresAnswers() {
  const deadline = Date.now() + 60_000; // it starts beside us, and may be replaying its log
  for (;;) {
    try {
      return await postgres`select 1`;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}

async function makeAuthSchema() {
  // Only where this version has not made it: Lite would put its own auth.uid() back for a moment,
  // and it swallows SQL errors, so look at what came of it.
  const mark = `Made by @supabase/lite ${liteVersion}`;
  const [found] =
    await postgres`select obj_description(to_regnamespace('auth'), 'pg_namespace') as mark`;
  if (found.mark === mark) return;
  await app.ensureSystemSchema();
  const tables = ["users", "sessions", "refresh_tokens", "identities"].map(
    (name) => `auth.${name}`,
  );
  const missing =
    await postgres`select t from unnest(${tables}::text[]) as t where to_regclass(t) is null`;
  if (missing.length) throw new Error(`Lite made no ${missing.map((row) => row.t).join(", ")}`);
  await postgres.unsafe(`comment on schema auth is '${mark}'`);
}

async function requestsRunAsAnon() {
  const asAnon = { auth: { role: "anon" } };
  const who = await connection.withContext(asAnon, (db) =>
    sql`select current_user as name`.execute(db),
  );
  if (who.rows[0].name !== "anon")
    throw new Error("Data API requests would not run under the policies");
}

async function answer(request, bindings) {
  const { pathname } = new URL(request.url);
  // Lite also serves a Studio and its configuration, without a key.
  if (!/^\/(auth|rest)\/v1(\/|$)/.test(pathname)) return new Response("Not found", { status: 404 });
  const lite = (asked) =>
    app.fetch(asked, { peerAddress: bindings.incoming.socket.remoteAddress ?? null });
  const asked = `${request.method} ${pathname}`;
  if (asked === "POST /auth/v1/verify") return verify(request, lite);
  if (asked === "PUT /auth/v1/user") return changeUser(request, lite);
  return lite(request);
}

async function verify(request, lite) {
  const text = await request.text();
  const asked = parsed(text);
  if (asked.type === "email_change" && asked.email && asked.token)
    return new EmailChange({ postgres, mailbox, lite }).verify(withText(request, text), asked);
  return lite(asMagicLink(request, text));
}

async function changeUser(request, lite) {
  const text = await request.text();
  const reply = await lite(withText(request, text));
  if (reply.status !== 200 || !parsed(text).email) return reply;
  return new EmailChange({ postgres, mailbox, lite }).begun(reply);
}

function parsed(text) {
  try {
    const said = JSON.parse(text);
    return said && typeof said === "object" ? said : {};
  } catch {
    return {};
  }
}

function asMagicLink(request, text) {
  // A hosted project's type "email" takes the code of a sign-up and of a sign-in; Lite's "magiclink" does.
  return withText(request, text.replace(/"type"\s*:\s*"email"/, '"type":"magiclink"'));
}

function withText(request, text) {
  const headers = new Headers(request.headers);
  headers.delete("content-length");
  return new Request(request.url, { method: request.method, headers, body: text });
}

function stop() {
  setTimeout(() => process.exit(0), 1000);
  server.close();
  server.closeAllConnections();
  postgres.end({ timeout: 0.5 }).finally(() => process.exit(0));
}

const server = createAdaptorServer({ fetch: answer });
server.on("error", (error) => {
  console.error(error);
  process.exit(1);
});
process.on("SIGINT", stop);
process.on("SIGTERM", stop);
process.stdin.resume();
process.stdin.on("end", stop);

await postgresAnswers();
await makeAuthSchema();
await postgres.unsafe(readFileSync(new URL("local.sql", here), "utf8"));
await requestsRunAsAnon();
await postgres.listen("pgrst", () => connection.clearSchemaCache()); // as PostgREST: notify pgrst
server.listen(Number(env.PORT), "127.0.0.1");
