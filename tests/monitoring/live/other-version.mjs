// Preloaded into a process (`node --import`): it says that it is another release, as during a roll-out.

import { register } from "node:module";

const HOOK = `
const SOURCE = /\\/shared\\/dist\\/version\\.js$/;
export async function load(url, context, nextLoad) {
  const loaded = await nextLoad(url, context);
  if (!SOURCE.test(url)) return loaded;
  return { ...loaded, source: String(loaded.source).replace("VERSION = version", 'VERSION = "0.0.1"') };
}
`;

register(`data:text/javascript,${encodeURIComponent(HOOK)}`);
