// Which Postrider this is: the version in package.json, which is the same in all packages, and the name under
// which it sends.

import { createRequire } from "node:module";

// From src as from dist, the package's own file is one folder up.
const { version } = createRequire(import.meta.url)("../package.json") as { readonly version: string };

export const VERSION = version;

/**
 * The `User-Agent` of what gives none itself (RFC 9110 section 10.1.5). Many firewalls refuse requests
 * without one.
 */
export const USER_AGENT = `Postrider/${VERSION}`;
