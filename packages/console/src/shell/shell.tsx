// What stands around every page: where to go, who is here, whether the page looks again by itself, and
// whether the API is there.

import type { ComponentChildren } from "preact";
import { PAGES } from "../pages/page-list.ts";
import { address, toHref } from "../platform/address.ts";
import { isPausedByReader } from "../platform/attention.ts";
import { hasToken, isAway, may, session, signOut } from "../session/session.ts";
import { Logo } from "./logo.tsx";

export function Shell({ children }: { readonly children: ComponentChildren }) {
  return (
    <div class="shell">
      {/* Not a link to #main, which would be an address of the console's own. */}
      <button type="button" class="skip" onClick={() => document.querySelector<HTMLElement>("h1")?.focus()}>
        Skip to the page
      </button>
      <header class="side">
        <a class="brand" href="#/">
          <Logo /> Postrider
        </a>
        <Navigation />
        <Reader />
      </header>
      <div class="content">
        {isAway.value && (
          <p class="banner" role="status">
            <strong>The API does not answer.</strong> What you see is what was known last; this page keeps
            trying.
          </p>
        )}
        {children}
      </div>
    </div>
  );
}

function Navigation() {
  const [here = "home"] = address.value.path;
  return (
    <nav class="nav" aria-label="Console">
      <ul>
        {Object.entries(PAGES).map(([name, { label, scope }]) =>
          may(scope) ? (
            <li key={name}>
              <a
                href={name === "home" ? "#/" : toHref([name])}
                aria-current={here === name ? "page" : undefined}
              >
                {label}
              </a>
            </li>
          ) : null,
        )}
      </ul>
    </nav>
  );
}

function Reader() {
  if (session.value.state !== "in") return null;
  const { name, scopes, version } = session.value.caller;
  const reach = (["admin", "manage"] as const).find((scope) => scopes.includes(scope)) ?? "read only";
  return (
    <div class="reader">
      <button
        type="button"
        class="live"
        aria-pressed={isPausedByReader.value}
        title="Whether the page looks again by itself"
        onClick={() => {
          isPausedByReader.value = !isPausedByReader.value;
        }}
      >
        <i class={isPausedByReader.value ? "dot quiet" : "dot good"} aria-hidden="true" />
        {isPausedByReader.value ? "Paused" : "Live"}
      </button>
      <p class="who">
        <bdi>{name}</bdi> <span class="faint">{reach}</span>
      </p>
      {hasToken() && (
        <button type="button" class="plain" onClick={signOut}>
          Sign out
        </button>
      )}
      <p class="faint version">
        {version} · <a href="../docs">API</a>
      </p>
    </div>
  );
}
