// The API's tokens: what each may do; made here, shown once, and revoked.

import { signal } from "@preact/signals";
import { Time } from "../../design/clock.tsx";
import { confirm } from "../../design/confirm.tsx";
import { Choice, Field } from "../../design/form.tsx";
import { Listing } from "../../design/listing.tsx";
import { Empty, Panel } from "../../design/panel.tsx";
import { Waiting } from "../../design/waiting.tsx";
import { type Scope, tellApi } from "../../session/session.ts";
import { useAsk } from "../../session/use-ask.ts";
import type { PageProps } from "../page-props.ts";

/** The text of the one that was made last: it can never be asked for again. */
const made = signal<string | null>(null);

const SCOPES = [
  ["read", "read: see everything but secrets"],
  ["enqueue", "enqueue: enqueue deliveries"],
  ["manage", "manage: both, and change things"],
  ["admin", "admin: that, and tokens and audit"],
] as const;

export function Tokens(_: PageProps) {
  const asked = useAsk("listTokens", {});
  return (
    <Panel
      title="Tokens of the store"
      aside={
        <button type="button" onClick={() => askMake(asked.again)}>
          Make a token …
        </button>
      }
    >
      {made.value !== null && (
        <div class="note" role="status">
          <p>
            <strong>The token, shown this once:</strong>
          </p>
          <p class="data code">{made.value}</p>
          <span class="row-switches">
            {/* Withheld over plain HTTP but on the reader's own machine. */}
            {isSecureContext && (
              <button type="button" class="plain" onClick={() => void copy(made.value ?? "")}>
                Copy
              </button>
            )}
            <button
              type="button"
              class="plain"
              onClick={() => {
                made.value = null;
              }}
            >
              I have it
            </button>
          </span>
        </div>
      )}
      <Waiting asked={asked}>
        {({ tokens }) =>
          tokens.length === 0 ? (
            <Empty title="No token is in the store.">
              <p>
                Tokens of POSTRIDER_API_TOKENS are not listed. Without any token, the API listens on loopback
                alone.
              </p>
            </Empty>
          ) : (
            <Listing
              name="Tokens"
              rows={tokens}
              keyOf={({ id }) => id}
              columns={[
                { head: "Name", cell: ({ name }) => name },
                { head: "Scopes", cell: ({ scopes }) => scopes.join(", ") },
                { head: "Actions", cell: ({ actions }) => actions?.join(", ") ?? "all" },
                { head: "Lanes", cell: ({ lanes }) => lanes?.join(", ") ?? "all" },
                { head: "Expires", cell: ({ expiresAt }) => <Time at={expiresAt ?? null} none="never" /> },
                { head: "Made", cell: ({ createdAt }) => <Time at={createdAt} /> },
                {
                  head: "Revoke",
                  cell: ({ id, name }) => (
                    <button
                      type="button"
                      class="plain harmful"
                      onClick={() => askRevoke(id, name, asked.again)}
                    >
                      Revoke<span class="unseen"> {name}</span>
                    </button>
                  ),
                },
              ]}
            />
          )
        }
      </Waiting>
    </Panel>
  );
}

/** Where the browser does not let it, the text is there to be marked. */
async function copy(text: string): Promise<void> {
  await navigator.clipboard.writeText(text).catch(() => undefined);
}

function askMake(done: () => void): void {
  confirm({
    title: "Make a token",
    body: (
      <>
        <Field
          label="Name"
          name="name"
          placeholder="crm"
          hint="It stands in logs and in the audit."
          isRequired
        />
        <Choice label="May" name="scope" value="read" of={SCOPES} />
        <Field label="Only these actions" name="actions" placeholder="welcome, goodbye" hint="Empty: all." />
        <Field label="Only these lanes" name="lanes" placeholder="bulk" hint="Empty: all." />
        <Field label="Expires" name="expiresAt" placeholder="2027-12-31T00:00:00Z" hint="Empty: never." />
      </>
    ),
    verb: "Make 1 token",
    async act({ name = "", scope = "read", expiresAt = "", ...narrowed }) {
      const [actions, lanes] = [toNames(narrowed["actions"]), toNames(narrowed["lanes"])];
      const body = {
        name,
        scopes: [scope as Scope],
        ...(actions.length > 0 && { actions }),
        ...(lanes.length > 0 && { lanes }),
        ...(expiresAt !== "" && { expiresAt }),
      };
      made.value = (await tellApi("createToken", { body })).token;
      done();
    },
  });
}

function toNames(text = ""): readonly string[] {
  return text.split(/[\s,]+/).filter(Boolean);
}

function askRevoke(id: string, name: string, done: () => void): void {
  confirm({
    title: `Revoke the token ${name}?`,
    body: <p>1 token: within a second it is refused everywhere. This cannot be undone.</p>,
    verb: "Revoke 1 token",
    isHarmful: true,
    async act() {
      await tellApi("revokeToken", { params: { id } });
      done();
    },
  });
}
