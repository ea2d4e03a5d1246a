// The door: asks for a token where the API wants one, and says what to do where it does not answer.

import { useState } from "preact/hooks";
import { readForm } from "../design/form.tsx";
import { Refusal } from "../design/problem.tsx";
import { enter, session, signIn } from "../session/session.ts";
import { makeVisible } from "../words/visible.ts";
import { Logo } from "./logo.tsx";

/** What a header can carry, and what a token of ours may have. */
const TOKEN = /^[\w.~+/=-]{1,1000}$/;

export function SignIn() {
  const told = session.value;
  if (told.state === "away")
    return (
      <Door>
        <p role="alert">
          <strong>The console cannot get in.</strong> {makeVisible(told.error.message)}
        </p>
        <p class="faint">
          {told.error.code === "forbidden"
            ? "The console needs the scope read at least."
            : "Is postrider api running, and is this its address?"}
        </p>
        {told.error.code === "forbidden" ? (
          <TokenForm why={null} />
        ) : (
          <button type="button" class="primary" onClick={() => void enter()}>
            Try again
          </button>
        )}
      </Door>
    );
  return (
    <Door>
      <TokenForm why={told.state === "out" ? told.why : null} />
    </Door>
  );
}

function Door({ children }: { readonly children: preact.ComponentChildren }) {
  return (
    <main class="door">
      <div class="door-card">
        <h1 class="brand">
          <Logo /> Postrider
        </h1>
        {children}
      </div>
    </main>
  );
}

function TokenForm({ why }: { readonly why: string | null }) {
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const submit = async (form: HTMLFormElement): Promise<void> => {
    const { token = "" } = readForm(form);
    if (!TOKEN.test(token)) {
      setProblem("That is no token: it must be as postrider tokens create prints it, without blanks.");
      return;
    }
    setProblem(null);
    setBusy(true);
    await signIn(token);
    setBusy(false);
  };
  const said = problem ?? why;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void submit(event.currentTarget);
      }}
    >
      {said !== null && <Refusal text={said} />}
      <div class="field">
        <label for="token">Token</label>
        <input id="token" name="token" type="password" autocomplete="off" spellcheck={false} required />
        <p class="hint">
          Make one with <code>postrider tokens create NAME --scope read</code>. It is kept for this tab alone,
          until it is closed.
        </p>
      </div>
      <button type="submit" class="primary" disabled={isBusy}>
        {isBusy ? "Looking …" : "Sign in"}
      </button>
    </form>
  );
}
