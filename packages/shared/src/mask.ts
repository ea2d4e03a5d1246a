// What people and programs may see of an action: everything but its credentials. References to stored secrets are no credentials, and
// stay readable.

import type { Action } from "./action.ts";

export const MASK = "***";

/** Words of header names whose values are credentials. */
const CREDENTIAL_NAME =
  /(^|[-_])(authorization|auth|cookie|tokens?|secrets?|passw(or)?d|credentials?|(api|access|subscription|secret|private)-?key)($|[-_])/i;

/** Whether a header of this name carries a credential. */
export function isCredentialName(name: string): boolean {
  return CREDENTIAL_NAME.test(name) && !/idempotency-key$/i.test(name);
}

/** `{{ secrets.NAME }}`, alone or after a scheme's name, with filters that hold no text of their own. */
const REFERENCE = /^\s*(?:(?:Basic|Bearer|Token|ApiKey)\s+)?(?:\{\{-?\s*secrets\.\w+[^}'"]*\}\}[\s:]*)+$/i;

/** A credential as it may be shown: a reference as it stands, any other text masked. */
function maskCredential(text: string): string {
  return text === "" || REFERENCE.test(text) ? text : MASK;
}

function maskUserInfo(url: string): string {
  const found = userInfoOf(url);
  if (found === null) return url;
  // A username beside a stored password is only a name; one without a password may be the key itself.
  const password = /^[^:{}]*:(.+)$/s.exec(found.userInfo)?.[1] ?? found.userInfo;
  return REFERENCE.test(password) ? url : `${found.before}${MASK}@${found.after}`;
}

/** A URL template around its user info; null where it has none. */
export function userInfoOf(url: string): { before: string; userInfo: string; after: string } | null {
  // Liquid may hold any character, so it is blanked out while the places are looked for.
  const plain = url.replace(/\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}/g, (liquid) => "x".repeat(liquid.length));
  // The URL standard reads `https:user:pass@host` and backslashes in the same way.
  const start = /^\s*[a-z][a-z0-9+.-]*:[/\\]*/i.exec(plain)?.[0].length;
  if (start === undefined) return null;
  const length = plain.slice(start).search(/[/\\?#]/);
  const authority = length < 0 ? plain.slice(start) : plain.slice(start, start + length);
  const at = authority.lastIndexOf("@");
  if (at < 0) return null;
  return {
    before: url.slice(0, start),
    userInfo: url.slice(start, start + at),
    after: url.slice(start + at + 1),
  };
}

/** The action with every credential that is written into it masked. */
export function maskAction(action: Action): Action {
  const { auth, signing } = action;
  return {
    ...action,
    url: maskUserInfo(action.url),
    headers: action.headers.map((header) =>
      isCredentialName(header.name) ? { ...header, value: maskCredential(header.value) } : header,
    ),
    ...(auth !== undefined && { auth: maskAuth(auth) }),
    ...(signing !== undefined && {
      signing: { ...signing, secrets: signing.secrets.map(maskCredential) },
    }),
  };
}

/** Whether a template of the action, such as `url` or `headers[1].value`, has a credential written into it. */
export function holdsCredential(field: string, action: Action): boolean {
  const masked = maskAction(action);
  if (field === "url") return masked.url !== action.url;
  const [, index] = /^headers\[(\d+)\]\.value$/.exec(field) ?? [];
  return index !== undefined && masked.headers[Number(index)]?.value !== action.headers[Number(index)]?.value;
}

function maskAuth({ basic, bearer, oauth2 }: NonNullable<Action["auth"]>): NonNullable<Action["auth"]> {
  return {
    ...(basic !== undefined && { basic: { ...basic, password: maskCredential(basic.password) } }),
    ...(bearer !== undefined && { bearer: { token: maskCredential(bearer.token) } }),
    ...(oauth2 !== undefined && {
      oauth2: {
        ...oauth2,
        tokenUrl: maskUserInfo(oauth2.tokenUrl),
        clientSecret: maskCredential(oauth2.clientSecret),
      },
    }),
  };
}
