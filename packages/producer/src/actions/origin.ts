// The destination that an action's text tells, where it does.

const origins = new Map<string, string | null>();
const ORIGINS_KEPT = 1_000;

/** The origin of a URL template whose text tells it: no Liquid in scheme, host and port. */
export function findOrigin(template: string): string | null {
  const known = origins.get(template);
  if (known !== undefined) return known;
  if (origins.size >= ORIGINS_KEPT) origins.clear();
  const [, scheme, host] =
    /^\s*(https?):\/\/(?:[^/?#@]*@)?([^/?#@{}\s]+)(?=[/?#]|\s*$)/i.exec(template) ?? [];
  const url = `${scheme}://${host}`;
  const origin = host !== undefined && URL.canParse(url) ? new URL(url).origin : null;
  origins.set(template, origin);
  return origin;
}
