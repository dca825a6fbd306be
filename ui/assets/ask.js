// Asks a route of ours, once or again and again: for what comes without a run of the page.
export const ask = (url, signal) => fetch(url, { credentials: "same-origin", signal });

export const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Looks every `ms` until `look` says true, or `signal` that nobody waits any more. Where nobody sees
// the page it waits, and a look that failed is made again: the app may be away for a moment.
export async function lookEvery(ms, signal, look) {
  while (!signal.aborted) {
    await later(ms);
    if (signal.aborted || document.hidden) continue;
    try {
      if (await look()) return;
    } catch {
      // The next look tells.
    }
  }
}
