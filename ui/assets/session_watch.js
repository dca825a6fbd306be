// Asks from time to time whether the session that drew this page still lives, and loads the page anew
// once it has ended. What stands in the input is not thrown away by that: then the next click tells.
const SURE_AFTER_MS = 2000;
const typed = () => document.querySelector("[data-testid=stChatInputTextArea]")?.value;
export default function ({ data }) {
  // The cookie comes a moment after signing in: until then it is late, and afterwards it is gone.
  globalThis.__keepsakeLived ??= new Set();
  const lived = globalThis.__keepsakeLived;
  const isOver = (said) => said === "ended" || (said === "late" && lived.has(data.session));
  let again = null;
  const answer = async () => {
    try {
      const options = { method: "POST", body: data.session, credentials: "same-origin" };
      return await (await fetch(data.url, options)).text();
    } catch {
      return "unknown"; // The app is away; the page says so by itself.
    }
  };
  const ask = async () => {
    if (document.visibilityState !== "visible") return;
    const said = await answer();
    if (said === "living") lived.add(data.session);
    if (!isOver(said) || again !== null) return;
    // A message that is on its way gets there first, and takes this page away.
    again = setTimeout(async () => {
      again = null;
      if (!typed() && isOver(await answer())) location.reload();
    }, SURE_AFTER_MS);
  };
  const timer = setInterval(ask, data.every_ms);
  document.addEventListener("visibilitychange", ask);
  addEventListener("focus", ask);
  if (!lived.has(data.session)) ask();
  return () => {
    clearInterval(timer);
    clearTimeout(again);
    document.removeEventListener("visibilitychange", ask);
    removeEventListener("focus", ask);
  };
}
