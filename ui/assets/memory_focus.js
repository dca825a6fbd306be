// Puts the keyboard on what has this key, as soon as it is drawn.
export default function ({ data }) {
  const giveUpAt = Date.now() + 2000;
  const look = () => {
    const place = document.querySelector(`.st-key-${CSS.escape(data.key)}`);
    const target = place?.querySelector("textarea, input, button");
    if (target) {
      target.focus({ preventScroll: false });
      const end = target.value?.length;
      if (target.setSelectionRange) target.setSelectionRange(end, end);
    } else if (Date.now() < giveUpAt) {
      setTimeout(look, 50);
    }
  };
  look();
}
