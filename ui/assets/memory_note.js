// Asks what came of a turn in memory, and shows it with what can be done about it. The route answers
// when there is something to tell, so it is asked anew at once.
import { ask, later } from "./ask.js";

const make = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });
export default function ({ data, parentElement, setTriggerValue }) {
  const note = parentElement.querySelector("#note");
  const ended = new AbortController();
  const end = (nodes) => {
    note.replaceChildren(...nodes);
    note.dataset.done = "";
  };
  const show = (reply) => {
    if (reply.state === "failed") return end([whyNot(reply.reason)]);
    if (reply.state === "paused") return end([make("b", data.paused)]);
    end(
      reply.changes.map((change) => {
        const line = make("p", "");
        line.append(make("b", change.word), make("span", change.text));
        for (const [name, label] of change.acts) {
          const button = Object.assign(make("button", label), { type: "button" });
          button.setAttribute("aria-label", `${label}: ${change.text}`);
          const { memory_id, event } = change;
          button.onclick = () => {
            button.disabled = true;
            setTriggerValue("act", { name, memory_id, event });
          };
          line.append(button);
        }
        if (change.waits) line.append(wayToMemories());
        return line;
      }),
    );
  };
  // Given up: why, and the way to another try.
  const whyNot = (reason) => {
    const line = make("p", "");
    const [name, label] = data.retry;
    const button = Object.assign(make("button", label), { type: "button" });
    button.setAttribute("aria-label", `${label}: remember this message`);
    button.onclick = () => {
      button.disabled = true;
      setTriggerValue("act", { name, memory_id: "", event: "" });
    };
    line.append(make("b", `${data.failed} ${reason}`.trim()), button);
    return line;
  };
  // Through the app's own link where it is there, so that the page is not loaded anew.
  const wayToMemories = () => {
    const way = Object.assign(make("a", data.decide), { href: "memories", target: "_self" });
    way.addEventListener("click", (event) => {
      const link = document.querySelector("a[data-testid=stSidebarNavLink][href$=memories]");
      if (!link) return;
      event.preventDefault();
      link.click();
    });
    return way;
  };
  const wait = async () => {
    for (let tries = 0; tries < 20 && !ended.signal.aborted; tries++) {
      try {
        const response = await ask(data.url, ended.signal);
        if (response.status === 200) return show(await response.json());
        if (response.status !== 204) return end([]);
      } catch {
        if (ended.signal.aborted) return;
        await later(2000);
      }
    }
    end([]);
  };
  if (data.known) {
    show({ state: data.known, changes: data.changes, reason: data.reason });
    return;
  }
  delete note.dataset.done;
  note.replaceChildren(make("i", "Remembering…"));
  wait();
  return () => ended.abort();
}
