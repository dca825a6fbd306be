// What a form says to whoever has sent it is brought into view: on a phone it often stands below the edge.
const WAITED_FOR_MS = 30_000;
const watchForms = () => {
  let form = null;
  let known = new Map();
  let timer = null;
  const replies = () => {
    const around = form.parentElement?.closest("[data-testid=stVerticalBlock]");
    return [...(around?.querySelectorAll("[data-testid=stAlert]") ?? [])];
  };
  const stop = () => {
    observer.disconnect();
    clearTimeout(timer);
    form = null;
  };
  const observer = new MutationObserver(() => {
    // It has led to another page.
    if (!form?.isConnected) return stop();
    for (const said of replies()) {
      if (known.get(said) === said.textContent) continue;
      known.set(said, said.textContent);
      said.scrollIntoView({ block: "nearest" });
    }
  });
  const sent = (event) => {
    const found = event.target.closest?.("[data-testid=stForm]");
    const isSending =
      event.type === "click" ? event.target.closest?.("button") : event.key === "Enter";
    if (event.type === "click" && form && !found) stop();
    if (!found || !isSending) return;
    stop();
    form = found;
    known = new Map(replies().map((said) => [said, said.textContent]));
    observer.observe(document.body, { childList: true, subtree: true, characterData: true });
    timer = setTimeout(stop, WAITED_FOR_MS);
  };
  for (const kind of ["click", "keydown"]) addEventListener(kind, sent, true);
};
export default function () {
  if (globalThis.__keepsakeForms) return;
  globalThis.__keepsakeForms = true;
  watchForms();
}
