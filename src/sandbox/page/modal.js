// The open modal of this person: the top of the stack of views the app keeps.
// The browser's own dialog keeps the focus inside and the rest out of reach.

import { sendAction, waiting } from "./actions.js";
import { act } from "./api.js";
import { blocks } from "./blocks.js";
import { byId, h, keepingFocus } from "./dom.js";
import { Form } from "./form.js";
import { icon } from "./icons.js";
import { textObject } from "./mrkdwn.js";
import { on, store } from "./store.js";

const forms = new Map();
let shown = null;

export function startModal() {
  const dialog = byId("modal");
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    close(false);
  });
  dialog.addEventListener("keydown", sendKeys);
  on("modal", draw);
}

function draw() {
  const dialog = byId("modal");
  const { view, depth, errors } = store.modal;
  if (!view) {
    forms.clear();
    shown = null;
    if (dialog.open) dialog.close();
    dialog.replaceChildren();
    return;
  }
  const signature = JSON.stringify([view, depth]);
  if (signature !== shown?.signature) {
    const another = shown?.id !== view.id;
    build(dialog, view, depth);
    shown = { signature, id: view.id };
    if (!dialog.open) dialog.showModal();
    if (another) focusFirst(dialog, view);
  }
  if (errors) showErrors(errors);
}

function build(dialog, view, depth) {
  const form = forms.get(view.id) ?? new Form();
  forms.set(view.id, form);
  form.begin();
  form.seed(view.state?.values);
  const surface = {
    kind: "modal", form,
    send: (action, control) => sendAction({ view: view.id }, action, form, control, say),
    touched: (block) => showError(block, null),
  };
  const body = h("div.modal-body", { tabindex: "-1" }, blocks(view.blocks, surface));
  const head = h("header.dialog-head", null,
    depth > 1 && h("button.icon-button", { type: "button", "aria-label": "Back to the step before", onclick: () => close(false) }, icon("back")),
    h("h2", { id: "modal-title" }, textObject(view.title)),
    depth > 1 && h("span.modal-depth", null, `Step ${depth}`),
    h("button.icon-button", { type: "button", "aria-label": "Close", data: { testid: "modal-x" }, onclick: () => close(true) }, icon("close", 18)));
  const foot = h("footer.dialog-foot", null,
    h("p.problem", { role: "alert", hidden: true, id: "modal-problem", data: { testid: "modal-problem" } }, icon("warning", 16), h("span")),
    h("button.button", { type: "button", data: { testid: "modal-close", control: "close" }, onclick: () => close(false) }, textObject(view.close) ?? "Close"),
    view.submit && h("button.button.primary", { type: "button", data: { testid: "modal-submit", control: "submit" }, onclick: submit }, textObject(view.submit)));
  const top = dialog.querySelector(".modal-body")?.scrollTop ?? 0;
  const same = shown?.id === view.id;
  dialog.dataset.view = view.id;
  dialog.dataset.depth = String(depth);
  keepingFocus(dialog, () => dialog.replaceChildren(head, body, foot));
  body.scrollTop = same ? top : 0;
}

function focusFirst(dialog, view) {
  const wanted = view.blocks?.find((one) => one.element?.focus_on_load);
  const holder = wanted ? dialog.querySelector(`[data-block="${CSS.escape(wanted.block_id)}"]`) : dialog.querySelector(".modal-body");
  const target = holder?.querySelector("input:not([disabled]), textarea, select")
    ?? dialog.querySelector("[data-testid=modal-submit]") ?? dialog.querySelector("[data-testid=modal-close]");
  target?.focus();
}

async function submit() {
  const { view } = store.modal;
  const form = forms.get(view.id);
  const problems = form.problems();
  showErrors(problems);
  if (Object.keys(problems).length) return;
  say(null);
  const button = byId("modal").querySelector("[data-testid=modal-submit]");
  let answer = null;
  const problem = await waiting(button, async () => {
    const result = await act("/sandbox/page/submit", { person: store.me, view: view.id, state: { values: form.values() } });
    answer = result.answer;
    return result;
  });
  if (problem) say(problem);
  else if (answer?.errors) showErrors(answer.errors);
  else if (answer && !answer.modal) gone(view.id);
}

/** Closes this view, or with `all` the whole stack. */
async function close(all) {
  const { view } = store.modal;
  if (!view) return;
  const { answer, problem } = await act("/sandbox/page/close", { person: store.me, view: view.id, all });
  // A view that the app was not told of is closed all the same, as in Slack.
  if (problem && !answer) say(problem);
  else if (!answer.modal) gone(view.id);
}

/** Closes the view here too, in case the update that says so is not there yet. */
function gone(id) {
  if (store.modal.view?.id !== id) return;
  store.modal = { view: null, depth: 0 };
  draw();
}

function say(sentence) {
  const node = byId("modal-problem");
  if (!node) return;
  node.hidden = !sentence;
  node.lastChild.textContent = sentence ?? "";
}

function showErrors(errors) {
  const dialog = byId("modal");
  for (const node of dialog.querySelectorAll(".block-input")) showError(node.dataset.block, errors[node.dataset.block] ?? null);
  const unplaced = Object.entries(errors).filter(([block]) => !dialog.querySelector(`.block-input[data-block="${CSS.escape(block)}"]`));
  if (unplaced.length) say(unplaced.map(([, sentence]) => sentence).join(" "));
  dialog.querySelector(".block-input.wrong :is(input, textarea)")?.focus();
}

function showError(block, sentence) {
  const holder = byId("modal").querySelector(`.block-input[data-block="${CSS.escape(block)}"]`);
  if (!holder) return;
  holder.classList.toggle("wrong", Boolean(sentence));
  const error = holder.querySelector(":scope > .input-error");
  error.hidden = !sentence;
  error.textContent = sentence ?? "";
  for (const field of holder.querySelectorAll("input, textarea")) {
    if (sentence) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }
}

/** Enter in a line of text, or Ctrl/Cmd Enter anywhere, submits. */
function sendKeys(event) {
  if (event.key !== "Enter" || event.isComposing || event.defaultPrevented || !store.modal.view?.submit) return;
  const line = event.target.matches("input.field:not([type=date], [type=time], [type=datetime-local], [type=search])");
  if (!line && !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  submit();
}
