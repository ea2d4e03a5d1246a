// What went wrong, as the API's problem details say it: what to change, field by field, and the id under
// which its log holds more.

import type { ApiError } from "@postrider/client/api-error";
import { makeVisible } from "../words/visible.ts";

/** A sentence that says what to change before anything is asked of the API. */
export function Refusal({ text }: { readonly text: string }) {
  return (
    <p class="problem" role="alert">
      {makeVisible(text)}
    </p>
  );
}

export function Problem({ error }: { readonly error: ApiError }) {
  const { message, code, problems, requestId } = error;
  const isAlone =
    problems.length === 0 || (problems.length === 1 && message.includes(problems[0]?.message ?? ""));
  return (
    <div class="problem" role="alert">
      <p>
        <strong>{makeVisible(message)}</strong>
      </p>
      {!isAlone && (
        <ul>
          {problems.map(({ pointer, message: what, line, column }) => (
            <li key={`${pointer} ${what} ${line} ${column}`}>
              <code>{makeVisible(pointer)}</code>
              {line !== undefined && ` line ${line}, column ${column ?? 1}`}: {makeVisible(what)}
            </li>
          ))}
        </ul>
      )}
      <p class="faint">
        <code>{code}</code>
        {requestId !== null && (
          <>
            {" "}
            · request <code>{requestId}</code>
          </>
        )}
      </p>
    </div>
  );
}
