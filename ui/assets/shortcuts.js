// The keys of the whole page: each presses what is there to be clicked.
const find = (selector) => document.querySelector(selector);
const open = () => find("[role=dialog],[role=menu],[role=listbox]");
const acts = {
  message: () => find("[data-testid=stChatInputTextArea]")?.focus(),
  stop: () => find(".st-key-stop-answer button,[data-testid=stChatInputStopButton]")?.click(),
  temporary: () => find(":is(.st-key-begin-temporary,.st-key-end-temporary) button")?.click(),
  memories: () => find("a[data-testid=stSidebarNavLink][href$='/memories']")?.click(),
  chat: () => find("a[data-testid=stSidebarNavLink]")?.click(),
  new: () => find(".st-key-new-chat button")?.click(),
  help: () => find(".st-key-show-shortcuts button")?.click(),
};
const byCode = { KeyM: "memories", KeyH: "chat", KeyT: "temporary" };
const meant = (event) => {
  const { key, code, shiftKey: shift, altKey: alt } = event;
  const mod = event.ctrlKey || event.metaKey;
  if (key === "Escape" && !mod && !alt) return shift ? "message" : "stop";
  if (alt && shift && !mod) return byCode[code];
  if (mod && shift && !alt && code === "KeyO") return "new";
  if (mod && !alt && key === "/") return "help";
};
// Opened by keyboard, Streamlit's menu leaves the focus on its button; the arrows lead into it.
const enter = (event) => {
  const menu = find("[role=menu]");
  const items = menu ? [...menu.querySelectorAll("[role=menuitem]")] : [];
  const at = { ArrowDown: 0, Home: 0, ArrowUp: -1, End: -1 }[event.key];
  if (at === undefined || !items.length || menu.contains(document.activeElement)) return;
  event.preventDefault();
  items.at(at).focus();
};
export default function () {
  const ended = new AbortController();
  window.addEventListener("keydown", enter, { signal: ended.signal, capture: true });
  window.addEventListener(
    "keydown",
    (event) => {
      // A dialog that has lost the focus, or not yet taken it, is closed all the same.
      if (event.key === "Escape" && document.activeElement === document.body) {
        find("[role=dialog] [aria-label=Close]")?.click();
      }
      const act = event.defaultPrevented || event.isComposing || open() ? undefined : meant(event);
      if (!act) return;
      if (act !== "stop") event.preventDefault();
      acts[act]();
    },
    { signal: ended.signal },
  );
  return () => ended.abort();
}
