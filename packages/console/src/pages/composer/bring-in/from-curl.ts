// An action from a curl line, such as browsers and documentation of APIs give it. Pure.

import type { ActionFields, Pair } from "../action-document.ts";
import { type Brought, toRequest } from "./brought.ts";
import { toShellWords } from "./shell-words.ts";

interface Read {
  method: string | null;
  url: string | null;
  readonly headers: Pair[];
  readonly data: string[];
  isJson: boolean;
  isInQuery: boolean;
  fields: ActionFields;
  readonly notes: string[];
}

type Take = (read: Read, value: string) => void;

const addData: Take = ({ data }, value) => void data.push(value);
const addHeader =
  (name: string): Take =>
  ({ headers }, value) =>
    void headers.push({ name, value });

/** Options with a value, by their long names. */
const WITH_VALUE: Readonly<Record<string, Take>> = {
  request: (read, value) => {
    read.method = value.toUpperCase();
  },
  url: (read, value) => {
    read.url = value;
  },
  header: ({ headers }, value) => {
    const [name = "", ...rest] = value.split(":");
    if (name.trim() !== "") headers.push({ name: name.trim(), value: rest.join(":").trim() });
  },
  data: addData,
  "data-raw": addData,
  "data-ascii": addData,
  "data-binary": addData,
  "data-urlencode": ({ data }, value) => {
    const [name = "", ...rest] = value.split("=");
    data.push(rest.length === 0 ? encodeURIComponent(name) : `${name}=${encodeURIComponent(rest.join("="))}`);
  },
  json: (read, value) => {
    read.data.push(value);
    read.isJson = true;
  },
  user: (read, value) => {
    const [username = "", ...rest] = value.split(":");
    read.fields = { ...read.fields, auth: { basic: { username, password: rest.join(":") } } };
    read.notes.push("The password of -u stands in the document. Better keep it as a stored secret.");
  },
  "user-agent": addHeader("User-Agent"),
  referer: addHeader("Referer"),
  cookie: addHeader("Cookie"),
  "oauth2-bearer": (read, value) => {
    read.fields = { ...read.fields, auth: { bearer: { token: value } } };
  },
  "max-time": (read, value) => {
    const timeoutMs = Math.round(Number(value) * 1_000);
    if (timeoutMs > 0) read.fields = { ...read.fields, timeoutMs };
  },
};

const WITHOUT_VALUE: Readonly<Record<string, (read: Read) => void>> = {
  get: (read) => {
    read.isInQuery = true;
  },
  location: (read) => {
    read.fields = { ...read.fields, redirects: 5 };
  },
  insecure: ({ notes }) => void notes.push("Certificates are always checked: -k is left out."),
  head: ({ notes }) => void notes.push("HEAD is none of an action's methods: it would be sent as GET."),
};

/** Options that take a value, which says nothing of the request. */
const PASSED_OVER: ReadonlySet<string> = new Set(
  "output write-out connect-timeout retry retry-delay retry-max-time max-redirs proxy cacert cert key resolve".split(
    " ",
  ),
);

const SHORT: Readonly<Record<string, string>> = {
  X: "request",
  H: "header",
  d: "data",
  u: "user",
  A: "user-agent",
  e: "referer",
  b: "cookie",
  m: "max-time",
  F: "form",
  o: "output",
  w: "write-out",
  x: "proxy",
  E: "cert",
  G: "get",
  L: "location",
  k: "insecure",
  I: "head",
};

/** @throws Error that says what to change. */
export function fromCurl(line: string): Brought {
  const [program, ...words] = toShellWords(line.trim().replace(/^\$\s+/, ""));
  if (program === undefined || !/(?:^|[/\\])curl(?:\.exe)?$/.test(program))
    throw new Error("This is no curl line: it must begin with the word curl.");
  const read = readWords(words);
  if (read.url === null) throw new Error("The curl line names no URL.");
  return toAction(read, read.url);
}

function readWords(words: readonly string[]): Read {
  const read: Read = {
    ...{ method: null, url: null, headers: [], data: [], isJson: false, isInQuery: false },
    ...{ fields: {}, notes: [] },
  };
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (!word.startsWith("-") || word === "-") read.url ??= word;
    else
      for (const [name, attached] of toOptions(word)) takeOption(read, name, () => attached ?? rest.shift());
  }
  return read;
}

/** `--data=x`, `-XPOST`, `-sSL`: the options of a word, the last of which may have its value attached. */
function toOptions(word: string): (readonly [name: string, attached: string | undefined])[] {
  if (word.startsWith("--")) {
    const [name = "", ...value] = word.slice(2).split("=");
    return [[name, value.length === 0 ? undefined : value.join("=")]];
  }
  const options: (readonly [string, string | undefined])[] = [];
  for (let at = 1; at < word.length; at++) {
    const name = SHORT[word.charAt(at)] ?? word.charAt(at);
    const takes = name in WITH_VALUE || name === "form" || PASSED_OVER.has(name);
    const attached = takes && at + 1 < word.length ? word.slice(at + 1) : undefined;
    options.push([name, attached]);
    if (takes) break;
  }
  return options;
}

function takeOption(read: Read, name: string, value: () => string | undefined): void {
  if (name === "form")
    throw new Error("A multipart form (-F) cannot be sent by an action: JSON, form fields, XML or text can.");
  const take = WITH_VALUE[name];
  if (take !== undefined) {
    const given = value();
    if (given === undefined) throw new Error(`The curl line ends behind --${name}, which needs a value.`);
    if (/^data|^json$/.test(name) && given.startsWith("@"))
      throw new Error(
        `The curl line reads its body from the file ${given.slice(1)}: put its content in instead.`,
      );
    take(read, given);
  } else if (PASSED_OVER.has(name)) value();
  else WITHOUT_VALUE[name]?.(read);
}

const FORM: Pair = { name: "Content-Type", value: "application/x-www-form-urlencoded" };

function toAction({ method, headers, data, isJson, isInQuery, fields, notes }: Read, given: string): Brought {
  const url = /^[a-z]+:\/\//i.test(given) ? given : `http://${given}`;
  const isTyped = headers.some(({ name }) => /^content-type$/i.test(name));
  const joined = data.length === 0 ? null : data.join("&");
  const target = isInQuery && joined !== null ? `${url}${url.includes("?") ? "&" : "?"}${joined}` : url;
  const body = isInQuery ? null : joined;
  const typed = body === null || isTyped || isJson ? headers : [...headers, FORM];
  const brought = toRequest(
    { method: toMethod(method, body), url: target, body },
    typed.filter(({ name }) => !/^accept-encoding$/i.test(name)),
  );
  return { document: { ...brought.document, ...fields }, notes: [...notes, ...brought.notes] };
}

function toMethod(method: string | null, body: string | null): string {
  if (method !== null && method !== "HEAD") return method;
  return body === null ? "GET" : "POST";
}
