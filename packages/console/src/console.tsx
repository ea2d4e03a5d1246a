// The console as a whole: the reader is let in, and then sees the page that the address names.

import { useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { ConfirmDialog } from "./design/confirm.tsx";
import { Empty, Page } from "./design/panel.tsx";
import { PAGES } from "./pages/page-list.ts";
import type { PageProps } from "./pages/page-props.ts";
import { address } from "./platform/address.ts";
import { session } from "./session/session.ts";
import { Shell } from "./shell/shell.tsx";
import { SignIn } from "./shell/sign-in.tsx";

export function Console() {
  const { state } = session.value;
  if (state === "asking") return <p class="loading lonely">Looking …</p>;
  if (state !== "in") return <SignIn />;
  return (
    <Shell>
      <Shown />
      <ConfirmDialog />
    </Shell>
  );
}

interface Loaded {
  readonly name: string;
  /** Null: it could not be loaded. */
  readonly Component: ComponentType<PageProps> | null;
}

function Shown() {
  const loaded = useSignal<Loaded | null>(null);
  const [name = "home", ...below] = address.value.path;
  useEffect(() => {
    let isGone = false;
    const show = (Component: Loaded["Component"]): void => {
      if (!isGone) loaded.value = { name, Component };
    };
    PAGES[name]?.load().then(show, () => show(null));
    return () => {
      isGone = true;
    };
  }, [name]);
  if (PAGES[name] === undefined) return <NoSuchPage />;
  if (loaded.value?.name !== name) return <main class="page" id="main" />;
  const { Component } = loaded.value;
  return Component === null ? <NotLoaded /> : <Component below={below} />;
}

function NoSuchPage() {
  return (
    <Page title="No such page" name="No such page">
      <Empty title="Nothing stands under this address.">
        <p>
          Begin <a href="#/">at home</a>.
        </p>
      </Empty>
    </Page>
  );
}

/** Files have other names after an upgrade, and a page that was open before asks for the old ones. */
function NotLoaded() {
  return (
    <Page title="This page could not be loaded" name="Not loaded">
      <Empty title="The API is away, or it was upgraded while this page was open.">
        <p>
          <button type="button" onClick={() => location.reload()}>
            Load the console again
          </button>
        </p>
      </Empty>
    </Page>
  );
}
