// What people and programs may see of an action: everything but its credentials. References to stored secrets
// are no credentials, and stay readable.

import type { Action } from "./action.ts";
import { isCredentialName, MASK } from "./credential-names.ts";
import { userInfoOf } from "./user-info.ts";

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

/**
 * Whether a template of the action, such as `url` or `headers[1].value`, has a credential written into it.
 */
export function holdsCredential(field: string, action: Action): boolean {
  const masked = maskAction(action);
  if (field === "url") return masked.url !== action.url;
  const [, index] = /^headers\[(\d+)\]\.value$/.exec(field) ?? [];
  return index !== undefined && masked.headers[Number(index)]?.value !== action.headers[Number(index)]?.value;
}

/**
 * The fields of an action that hold a mask where a credential belongs: it was written by somebody who sees
 * none.
 */
export function findMasks({ url, headers, auth = {}, signing }: Action): string[] {
  const found: [field: string, isMask: boolean][] = [
    ["url", isMaskedUrl(url)],
    ...headers.map(({ name, value }, index): [string, boolean] => [
      `headers[${index}].value`,
      isCredentialName(name) && value === MASK,
    ]),
    ["auth.basic.password", auth.basic?.password === MASK],
    ["auth.bearer.token", auth.bearer?.token === MASK],
    ["auth.oauth2.clientSecret", auth.oauth2?.clientSecret === MASK],
    ["auth.oauth2.tokenUrl", isMaskedUrl(auth.oauth2?.tokenUrl ?? "")],
    ...(signing?.secrets ?? []).map((secret, index): [string, boolean] => [
      `signing.secrets[${index}]`,
      secret === MASK,
    ]),
  ];
  return found.filter(([, isMask]) => isMask).map(([field]) => field);
}

function isMaskedUrl(url: string): boolean {
  return userInfoOf(url)?.userInfo === MASK;
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
