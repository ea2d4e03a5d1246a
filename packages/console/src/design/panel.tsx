// The rooms of a page: its head, panels with a heading, facts, tiles, and what stands where nothing is yet.

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

interface PageProps {
  readonly title: ComponentChildren;
  /** Of the window, where the heading is no text. */
  readonly name: string;
  /** The way back, where the page is below another one. */
  readonly above?: { readonly href: string; readonly label: string };
  readonly badge?: ComponentChildren;
  readonly actions?: ComponentChildren;
  readonly children: ComponentChildren;
}

export function Page({ title, name, above, badge, actions, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${name} · Postrider`;
    // So that screen readers say where the reader has come to, and Tab goes on from there.
    heading.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [name]);
  return (
    <main class="page" id="main">
      <header class="page-head">
        <div>
          {above !== undefined && (
            <a class="above" href={above.href}>
              ← {above.label}
            </a>
          )}
          <div class="title">
            <h1 ref={heading} tabIndex={-1}>
              {title}
            </h1>
            {badge}
          </div>
        </div>
        {actions !== undefined && <div class="actions">{actions}</div>}
      </header>
      {children}
    </main>
  );
}

interface PanelProps {
  readonly title: string;
  /** Beside the heading: a link, a choice. */
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
  readonly isWide?: boolean;
}

export function Panel({ title, aside, children, isWide = false }: PanelProps) {
  const id = useId();
  return (
    <section class={isWide ? "panel wide" : "panel"} aria-labelledby={id}>
      <div class="panel-head">
        <h2 id={id}>{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  );
}

export function Facts({ of }: { readonly of: readonly (readonly [string, ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {of.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

interface TileProps {
  readonly name: string;
  readonly value: string;
  readonly note?: ComponentChildren;
  readonly tone?: "warn" | "bad";
  readonly href?: string;
}

/** One number that is looked at from afar. */
export function Tile({ name, value, note, tone, href }: TileProps) {
  const inner = (
    <>
      <span class="tile-name">{name}</span>
      <span class="tile-value">{value}</span>
      <span class="tile-note">{note ?? "\u00a0"}</span>
    </>
  );
  const look = `tile ${tone ?? ""}`;
  return href === undefined ? (
    <div class={look}>{inner}</div>
  ) : (
    <a class={look} href={href}>
      {inner}
    </a>
  );
}

/** Says why nothing is here, and what to do next. */
export function Empty({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ComponentChildren;
}) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}
