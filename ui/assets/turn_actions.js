// The row of small buttons under a message.
const ICONS = {
  copy: "M9 9h10v12H9zM5 15V3h10",
  done: "M4 12.5l5 5L20 6.5",
  edit: "M4 20l1-4.5L16.5 4l3.5 3.5L8.5 19z",
  again: "M20 11a8 8 0 1 0-2.3 6.3M20 4v7h-7",
  good:
    "M7 10v10H3V10zM7 10l4-7c1.6 0 2.5 1 2.2 2.6L12.6 9H19c1.3 0 2.2 1.2 1.9 2.4l-1.7 6.9" +
    "C18.9 19.3 18 20 17 20H7",
  bad:
    "M17 14V4h4v10zM17 14l-4 7c-1.6 0-2.5-1-2.2-2.6l.6-3.4H5c-1.3 0-2.2-1.2-1.9-2.4l1.7-6.9" +
    "C5.1 4.7 6 4 7 4h10",
  before: "M14.5 6l-6 6 6 6",
  after: "M9.5 6l6 6-6 6",
};
const draw = (name) => {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
};
const copied = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without https there is no clipboard: the older way.
    const area = Object.assign(document.createElement("textarea"), { value: text });
    document.body.append(area);
    area.select();
    const worked = document.execCommand("copy");
    area.remove();
    return worked;
  }
};
export default function ({ data, parentElement, setTriggerValue }) {
  const row = parentElement.querySelector("#row");
  row.setAttribute("aria-label", data.label);
  row.replaceChildren(
    ...data.parts.map((part) => {
      if (part.text)
        return Object.assign(document.createElement("span"), { textContent: part.text });
      const button = Object.assign(document.createElement("button"), {
        type: "button",
        title: part.label,
        disabled: Boolean(part.off),
      });
      button.setAttribute("aria-label", part.label);
      if (part.pressed !== undefined) button.setAttribute("aria-pressed", String(part.pressed));
      button.append(draw(part.icon));
      button.onclick = async () => {
        if (part.act !== "copy") return setTriggerValue("act", part.act);
        const worked = await copied(data.copy);
        button.replaceChildren(draw(worked ? "done" : "copy"));
        button.setAttribute("aria-label", worked ? "Copied" : "Copying is not possible here");
        setTimeout(() => {
          button.replaceChildren(draw("copy"));
          button.setAttribute("aria-label", part.label);
        }, 1600);
      };
      return button;
    }),
  );
}
