// The way to where a program waits for an answer: taken at once after a click on our page, otherwise
// by a click on the link. The link stays for a browser that asks first whether it may open a program.
export default function ({ data, parentElement }) {
  const link = parentElement.querySelector("a");
  link.href = data.url;
  link.textContent = data.label;
  globalThis.__keepsakeLeft ??= new Set();
  if (!data.atOnce || globalThis.__keepsakeLeft.has(data.url)) return;
  globalThis.__keepsakeLeft.add(data.url);
  location.assign(data.url);
}
