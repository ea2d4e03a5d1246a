// The destination that an action's text tells, where it does.

/** The origin of a URL template whose text tells it: no Liquid in scheme, host and port. */
export function findOrigin(template: string): string | null {
  const [, scheme, host] =
    /^\s*(https?):\/\/(?:[^/?#@]*@)?([^/?#@{}\s]+)(?=[/?#]|\s*$)/i.exec(template) ?? [];
  const url = `${scheme}://${host}`;
  return host !== undefined && URL.canParse(url) ? new URL(url).origin : null;
}
