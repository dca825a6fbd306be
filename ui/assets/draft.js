// Keeps what stands in the input, by person and conversation, until it is sent.
const PREFIX = "keepsake-draft:";
const EVERY_MS = 400;
const box = () => document.querySelector("[data-testid=stChatInputTextArea]");
const put = (area, text) => {
  // As if it had been typed, so that the page learns of it.
  const setter = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set;
  setter.call(area, text);
  area.dispatchEvent(new Event("input", { bubbles: true }));
};
// All that is kept, but for what this person wrote.
const forget = (person) => {
  const kept = Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX));
  for (const key of kept) {
    if (!person || !key.startsWith(`${PREFIX}${person}:`)) sessionStorage.removeItem(key);
  }
};
// The text that somebody left behind: it stood there when they clicked elsewhere, pressed a shortcut
// or went back. What they have typed since is meant for where they are going.
const watchLeaving = (page) => {
  const leave = (event) => {
    const area = box();
    const typing = event.target === area && !(event.ctrlKey || event.metaKey || event.altKey);
    if (area && !typing) page.leftBehind = area.value;
  };
  for (const kind of ["click", "keydown", "popstate"]) addEventListener(kind, leave, true);
  const typed = (event) => {
    if (event.target === box()) page.leftBehind = "";
  };
  addEventListener("input", typed, true);
};
export default function ({ data }) {
  if (!globalThis.__keepsakeDraft) {
    globalThis.__keepsakeDraft = { place: null, timer: null, area: null, leftBehind: "" };
    watchLeaving(globalThis.__keepsakeDraft);
  }
  const page = globalThis.__keepsakeDraft;
  clearInterval(page.timer);
  if (!data.conversation) {
    page.place = null;
    page.look = () => {};
    if (data.forget) forget();
    return;
  }
  forget(data.person);
  const place = `${data.person}:${data.conversation}`;
  const key = PREFIX + place;
  let restored = page.place === place && page.area === box();
  const look = () => {
    const area = box();
    if (!area) return;
    // An input that has just come is empty because nothing was put into it yet, not because it was sent.
    if (!restored || page.area !== area) {
      restored = true;
      const moved = page.place !== null && page.place !== place;
      const foreign = moved && area.value !== "" && area.value === page.leftBehind;
      // In the same input: what stood there was sent, and led here, or came along.
      if (moved && page.area === area && !foreign) {
        sessionStorage.removeItem(PREFIX + page.place);
      }
      // What was left in another conversation stays there; what came along or was put in stays here.
      const kept = sessionStorage.getItem(key) ?? "";
      if (kept !== area.value && (area.value === "" || foreign)) put(area, kept);
    }
    page.area = area;
    page.place = place;
    if (area.value) sessionStorage.setItem(key, area.value);
    else sessionStorage.removeItem(key);
  };
  look();
  // Its own: this one may be taken away after the next has begun.
  const timer = setInterval(look, EVERY_MS);
  page.timer = timer;
  if (!page.leave) {
    page.leave = true;
    // What was typed or sent since the last look.
    addEventListener("pagehide", () => page.look());
  }
  page.look = look;
  return () => clearInterval(timer);
}
