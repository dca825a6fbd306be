// Closes the dialog that is open, once: the run that has done what was wanted in it may go on for long.
export default function ({ data }) {
  globalThis.__keepsakeClosed ??= new Set();
  if (globalThis.__keepsakeClosed.has(data.id)) return;
  globalThis.__keepsakeClosed.add(data.id);
  document.querySelector("[role=dialog] [aria-label=Close]")?.click();
}
