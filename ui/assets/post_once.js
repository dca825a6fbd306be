// POSTs to one of our own routes, once for each order.
// `seen` outlives reruns, so an order is carried out once however often it is drawn.
globalThis.__keepsakePosts ??= new Set();
const seen = globalThis.__keepsakePosts;
async function post(url, body) {
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      await fetch(url, { method: "POST", body, credentials: "same-origin", keepalive: true });
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 500 * (attempt + 1)));
    }
  }
}
export default function ({ data }) {
  if (!data?.url || seen.has(data.id)) return;
  seen.add(data.id);
  post(data.url, data.body ?? "");
}
