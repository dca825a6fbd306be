// Closes one dialog: the run that has done what was wanted in it may go on for long. It may also be late
// itself, when another dialog is open.
export default function ({ data }) {
  const dialog = document.querySelector(`[role=dialog]:has(.${data.dialog})`);
  dialog?.querySelector("[aria-label=Close]")?.click();
}
