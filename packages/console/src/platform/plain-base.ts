// What stands in for the HTML in which lang-liquid would look at templates, and for plain texts: a language
// without any structure. Ours are JSON, XML and texts, and HTML's grammars are larger than all the rest.

import { LanguageSupport, StreamLanguage } from "@codemirror/language";

const plain = StreamLanguage.define({
  name: "plain",
  token(stream) {
    stream.skipToEnd();
    return null;
  },
});

export function html(): LanguageSupport {
  return new LanguageSupport(plain);
}
