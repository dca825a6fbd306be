// Arrow keys go through the results; Enter opens the first, if it is for what stands in the field.
export default function ({ data }) {
  const dialog = document.querySelector("[role=dialog]");
  if (!dialog) return;
  const ended = new AbortController();
  if (!("searched" in dialog.dataset)) {
    dialog.dataset.searched = "";
    const field = () => dialog.querySelector("input")?.focus();
    field();
    // The dialog may take the focus to itself only now.
    dialog.addEventListener("focus", field, { once: true });
  }
  const hits = () => [...document.querySelectorAll(".st-key-hits button")];
  dialog.addEventListener(
    "keydown",
    (event) => {
      const input = dialog.querySelector("input");
      const all = hits();
      if (event.isComposing || !input || !all.length) return;
      const at = all.indexOf(document.activeElement);
      if (event.key === "Enter" && at < 0 && input.value.trim() === data.query) {
        event.preventDefault();
        event.stopPropagation();
        all[0].click();
      }
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      (all[at + step] ?? (at + step < 0 ? input : all[at])).focus();
    },
    { signal: ended.signal, capture: true },
  );
  return () => ended.abort();
}
