// The question before something is changed that many feel: it names what is hit and how much of it, and stays
// open where the API says no.

import { ApiError } from "@postrider/client/api-error";
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { readForm } from "./form.tsx";
import { Problem } from "./problem.tsx";

export interface Question {
  readonly title: string;
  /** What is hit, with its number; and fields, where something has to be said. */
  readonly body: ComponentChildren;
  /** The word of the button: a verb, with the number. */
  readonly verb: string;
  readonly isHarmful?: boolean;
  /** Where there is much to write. */
  readonly isRoomy?: boolean;
  /** @param fields what was written in the body's fields, by name. @throws ApiError. */
  readonly act: (fields: Readonly<Record<string, string>>) => Promise<unknown>;
}

/** Each time a question is asked it is another one: what shows the one before is of no use to it. */
interface Asked {
  readonly question: Question;
  readonly nth: number;
}

const asked = signal<Asked | null>(null);
let askedEver = 0;

export function confirm(question: Question): void {
  askedEver += 1;
  asked.value = { question, nth: askedEver };
}

/** Stands once in the page; shows the question that is asked. */
export function ConfirmDialog() {
  const shown = asked.value;
  return shown === null ? null : <Dialog key={shown.nth} shown={shown} />;
}

function Dialog({ shown }: { readonly shown: Asked }) {
  const { title, body, verb, isHarmful = false, isRoomy = false, act } = shown.question;
  const dialog = useRef<HTMLDialogElement>(null);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const id = useId();
  useEffect(() => dialog.current?.showModal(), []);
  const close = (): void => {
    // Gives the focus back to where it was.
    dialog.current?.close();
    // The browser tells that it is closed some time later, when the next question may stand already.
    if (asked.peek() === shown) asked.value = null;
  };
  const go = async (form: HTMLFormElement): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      await act(readForm(form));
      if (asked.peek() === shown) close();
    } catch (thrown) {
      setBusy(false);
      if (!(thrown instanceof ApiError)) throw thrown;
      setError(thrown);
    }
  };
  return (
    <dialog
      ref={dialog}
      class={isRoomy ? "roomy" : undefined}
      aria-labelledby={id}
      onCancel={close}
      onClose={close}
    >
      <form
        method="dialog"
        onSubmit={(event) => {
          event.preventDefault();
          void go(event.currentTarget);
        }}
      >
        <h2 id={id}>{title}</h2>
        <div class="dialog-body">{body}</div>
        {error !== null && <Problem error={error} />}
        <div class="dialog-foot">
          <button type="button" onClick={close}>
            Back
          </button>
          <button type="submit" class={isHarmful ? "primary harmful" : "primary"} disabled={isBusy}>
            {isBusy ? "At it …" : verb}
          </button>
        </div>
      </form>
    </dialog>
  );
}
