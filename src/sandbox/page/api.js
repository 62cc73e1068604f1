// Talking to the local workspace: JSON calls, and the stream of updates.

/** A "no" of the workspace; its message is the sentence to show. */
export class ApiError extends Error {}

export async function get(path, parameters = {}) {
  return call(`${path}?${new URLSearchParams(parameters)}`, { headers: { accept: "application/json" } });
}

export async function post(path, body) {
  return call(path, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify(body),
  });
}

/** The sentence to show when the app did not acknowledge what a person did; null when it did. */
export function complaint(answer) {
  const { status, error } = answer;
  if (status === 0) return "The app did not answer within 3 seconds.";
  if (status >= 400) return `The app answered with an error (HTTP ${status}). Try again, or look at its log.`;
  return error ?? null;
}

/** Does a thing for a person; returns the answer and the sentence to show if it failed. */
export async function act(path, body) {
  try {
    const answer = await post(path, body);
    return { answer, problem: complaint(answer) };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { answer: null, problem: error.message };
  }
}

const EVENTS = ["message", "deleted", "modal", "home", "unread", "status", "state"];

/**
 * Follows the updates of one person until closed. `onopen(again)` runs on each
 * connection (again: not the first), `onlost` when it breaks.
 */
export function follow(person, { onopen, onlost, onevent }) {
  let source;
  let timer;
  let closed = false;
  let opened = false;
  let wait = 500;

  const connect = () => {
    source = new EventSource(`/sandbox/updates?${new URLSearchParams({ person })}`);
    source.onopen = () => {
      wait = 500;
      onopen(opened);
      opened = true;
    };
    source.onerror = () => {
      if (closed) return;
      onlost();
      // The browser gives up after an HTTP error; a restarted workspace must be found again.
      source.close();
      clearTimeout(timer);
      timer = setTimeout(connect, wait);
      wait = Math.min(wait * 1.6, 5000);
    };
    for (const name of EVENTS) {
      source.addEventListener(name, (event) => onevent(name, JSON.parse(event.data || "{}")));
    }
  };

  connect();
  return () => {
    closed = true;
    clearTimeout(timer);
    source.close();
  };
}

async function call(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new ApiError("The local workspace cannot be reached. Is it still running?");
  }
  let body = null;
  try {
    body = await response.json();
  } catch {
    throw new ApiError(`The local workspace gave no readable answer (HTTP ${response.status}).`);
  }
  if (!response.ok) throw new ApiError(body?.error ?? `The local workspace refused this (HTTP ${response.status}).`);
  return body;
}
