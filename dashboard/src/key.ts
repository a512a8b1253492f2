/** Logging in: the API key goes to the service once, which answers with a cookie that no script can read. */

import { button, element } from "./dom";

interface Session {
  /** Whether the service asks for a key at all. */
  needs_key: boolean;
  /** Seconds since 1970; null while nobody is logged in. */
  ends: number | null;
}

const PATH = "/ui/session";

let session: Session | null = null;
let looking: Promise<void> | null = null;
let asking: Promise<void> | null = null;

/** Resolves when calls will be answered: at once without keys or when logged in, else when the user has given a key. */
export function admitted(): Promise<void> {
  looking ??= look().catch(() => void (looking = null));
  return looking;
}

/** Whether a command line has to name a key. Known once a call was answered. */
export function needsKey(): boolean {
  return session?.needs_key ?? false;
}

/** Resolves when the user has given a key. Calls that meet a 401 at the same time share one form. */
export function askForKey(): Promise<void> {
  asking ??= ask().finally(() => (asking = null));
  return asking;
}

/** What cannot be learned here, the call itself will tell. */
async function look(): Promise<void> {
  const answer = await fetch(PATH, { cache: "no-store" });
  if (!answer.ok) throw new Error(answer.statusText);
  know((await answer.json()) as Session);
  if (session!.needs_key && session!.ends === null) await askForKey();
}

function know(state: Session): void {
  session = state;
  const old = document.getElementById("log-out");
  if (state.ends === null) return old?.remove();
  if (old) return;
  const out = button("Log out", () => void logOut(), { id: "log-out", class: "quiet small" });
  document.querySelector(".masthead")?.append(out);
}

async function logOut(): Promise<void> {
  await fetch(PATH, { method: "DELETE" }).catch(() => undefined);
  // Drafts too belong to whoever was logged in.
  sessionStorage.clear();
  location.assign("/ui/");
}

function ask(): Promise<void> {
  const expired = session?.ends != null;
  const input = element("input", {
    type: "password", id: "api-key", required: true, autocomplete: "current-password", spellcheck: "false", "aria-describedby": "key-refused",
  });
  const refusal = element("p", { id: "key-refused", class: "notice critical", role: "alert", hidden: true });
  const send = element("button", { type: "submit", class: "primary" }, "Log in");
  const form = element(
    "form", { class: "key-form" },
    element("h2", { id: "key-title" }, expired ? "Your session has ended" : "This service needs an API key"),
    element("p", { class: "muted" }, "It is one of the keys the service was started with. This browser keeps a cookie for a day, and not the key."),
    element("label", { for: "api-key" }, "API key"),
    input, refusal, send,
  );
  const dialog = element("dialog", { class: "key-dialog", "aria-labelledby": "key-title" }, form);
  document.body.append(dialog);
  // Without a key there is nothing behind the form to go back to.
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  dialog.showModal();
  return new Promise((resolve) => {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void logIn();
    });

    async function logIn(): Promise<void> {
      send.disabled = true;
      const refused = await tried(input.value.trim());
      send.disabled = false;
      refusal.hidden = refused === null;
      refusal.textContent = refused;
      if (refused !== null) return input.select();
      dialog.remove();
      resolve();
    }
  });
}

/** null once logged in, else a sentence. */
async function tried(key: string): Promise<string | null> {
  try {
    const answer = await fetch(PATH, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ key }),
    });
    if (answer.ok) return know((await answer.json()) as Session), null;
    if (answer.status === 401) return "The service does not know this key. Check it and try again.";
    return ((await answer.json()) as { detail: string }).detail;
  } catch {
    return "The service does not answer. It may be restarting; try again.";
  }
}
