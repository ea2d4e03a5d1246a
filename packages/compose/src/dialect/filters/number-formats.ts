// Numbers and amounts as locales write them. Node's ICU knows how; where its versions differ among the
// versions of Node that we run on, and where it would take the machine's own language, the answer is given
// here, so that every worker sends the same bytes.

interface Format {
  readonly parts: (value: number | bigint) => Intl.NumberFormatPart[];
  /** Switzerland and Liechtenstein part thousands by an apostrophe: ICU has had two of them. */
  readonly hasApostrophes: boolean;
}

const FORMATS_MAX = 200;
const formats = new Map<string, Format>();

/** @throws RangeError for what is no tag of a language. */
function formatOf(locale: string, options: Intl.NumberFormatOptions): Format {
  const key = `${locale}\0${options.currency}\0${options.maximumFractionDigits}`;
  const known = formats.get(key);
  if (known !== undefined) return known;
  // A locale that ICU does not know means English, not what the machine speaks.
  const format = new Intl.NumberFormat([locale.replaceAll("_", "-"), "en"], {
    ...options,
    // Armenian groups four digits in ICU before 78 and not in later ones.
    ...(/^hy\b/i.test(locale) && { useGrouping: "min2" }),
  });
  const made = {
    parts: (value: number | bigint) => format.formatToParts(value),
    hasApostrophes: /-(?:CH|LI)\b/.test(format.resolvedOptions().locale),
  };
  // Data may name any number of locales.
  if (formats.size >= FORMATS_MAX) formats.clear();
  formats.set(key, made);
  return made;
}

/** A number, with at most three digits after the point. */
export function formatNumber(value: number | bigint, locale: string): string {
  return print(formatOf(locale, {}), value);
}

/**
 * ISO 4217's digits after the point where they are not two. (ICU 78 and 76 disagree about forints, rupiahs
 * and pesos.)
 */
const CURRENCY_DIGITS: ReadonlyMap<string, number> = new Map(
  (
    [
      [0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"],
      [3, "BHD IQD JOD KWD LYD OMR TND"],
      [4, "CLF UYW"],
    ] as const
  ).flatMap(([digits, codes]) => codes.split(" ").map((code) => [code, digits] as const)),
);
/** Currencies younger than the oldest ICU that we run on, which has other signs for them. */
const YOUNG_CURRENCIES: ReadonlySet<string> = new Set(["XCG", "ZWG"]);

/**
 * An amount in a currency.
 * @param digits after the point; null for as many as the currency has.
 * @throws RangeError for what is no locale or no code of three letters.
 */
export function formatMoney(
  value: number | bigint,
  locale: string,
  currency: string,
  digits: number | null,
): string {
  const code = currency.toUpperCase();
  const fractionDigits = digits ?? CURRENCY_DIGITS.get(code) ?? 2;
  const format = formatOf(locale, {
    style: "currency",
    currency,
    minimumFractionDigits: fractionDigits,
    maximumFractionDigits: fractionDigits,
  });
  return print(format, value, YOUNG_CURRENCIES.has(code) ? code : null);
}

function print(
  { parts, hasApostrophes }: Format,
  value: number | bigint,
  sign: string | null = null,
): string {
  return parts(value)
    .map(({ type, value: part }) => {
      if (type === "currency" && sign !== null) return sign;
      if (type === "group" && hasApostrophes) return "'";
      // One no-break space for all: the narrow one, which French has, cannot stand in a header.
      return part.replaceAll("\u202f", "\u00a0");
    })
    .join("");
}
