// Has the browser make or show a passkey, once by itself for each ceremony, then at each click.
globalThis.__keepsakePasskeys ??= new Set();
const begun = globalThis.__keepsakePasskeys;
const WAITING = "Your browser asks for your passkey now.";
const AGAIN = "Use my passkey";
const bytes = (coded) =>
  Uint8Array.from(atob(coded.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
// Without padding: Auth takes it in no other form, which is why a password manager's own is not used.
const coded = (buffer) =>
  btoa(Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join(""))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
const named = (list) => list?.map((one) => ({ ...one, id: bytes(one.id) }));
const request = (kind, options) => {
  const asked = { ...options, challenge: bytes(options.challenge) };
  if (kind === "get") return { ...asked, allowCredentials: named(options.allowCredentials) ?? [] };
  const user = { ...options.user, id: bytes(options.user.id) };
  return { ...asked, user, excludeCredentials: named(options.excludeCredentials) ?? [] };
};
const written = (credential) => {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature"]) {
    const value = credential.response[name];
    if (value) response[name] = coded(value);
  }
  if (credential.response.userHandle) response.userHandle = coded(credential.response.userHandle);
  if (credential.response.getTransports) response.transports = credential.response.getTransports();
  const { type, authenticatorAttachment } = credential;
  const id = coded(credential.rawId);
  return { id, rawId: id, type, authenticatorAttachment, response };
};
export default function ({ data, parentElement, setTriggerValue }) {
  const said = parentElement.querySelector("#said");
  const button = parentElement.querySelector("#go");
  button.textContent = AGAIN;
  const stop = new AbortController();
  let left = false;
  const answer = (more) => {
    if (!left) setTriggerValue("answer", { ceremony: data.ceremony, ...more });
  };
  const run = async () => {
    if (!globalThis.PublicKeyCredential) return answer({ error: "NoPasskeys" });
    said.textContent = WAITING;
    button.disabled = true;
    try {
      const publicKey = request(data.kind, data.options);
      const asked = { publicKey, signal: stop.signal };
      answer({ credential: written(await navigator.credentials[data.kind](asked)) });
    } catch (error) {
      answer({ error: error?.name ?? "Error" });
    } finally {
      said.textContent = "";
      button.disabled = false;
    }
  };
  button.onclick = run;
  if (!begun.has(data.ceremony)) {
    begun.add(data.ceremony);
    run();
  }
  return () => {
    left = true;
    stop.abort();
  };
}
