// Names and descriptions of commands, options and choices in the browser's language.

// Source: Discord, "Locales", "Locale fallbacks".
const LOCALES =
  "id da de en-GB en-US es-ES es-419 fr hr it lt hu nl no pl pt-BR ro fi sv-SE vi tr cs el bg ru uk hi th zh-CN zh-TW ja ko".split(" ");
const FALLBACKS = { "en-US": "en-GB", "en-GB": "en-US", "es-419": "es-ES" };
// Languages that browsers name in another way.
const OTHERS = { en: "en-US", es: "es-ES", pt: "pt-BR", sv: "sv-SE", zh: "zh-CN", nb: "no", nn: "no" };

/** Discord's locale for the first of the browser's languages that Discord has. */
export const locale = navigator.languages.map(localeOf).find(Boolean) ?? "en-US";

function localeOf(tag) {
  const known = LOCALES.find((each) => each.toLowerCase() === tag.toLowerCase());
  if (known) return known;
  const { language, region, script } = new Intl.Locale(tag).maximize();
  if (language === "es" && region !== "ES") return "es-419";
  if (language === "en" && region !== "US") return "en-GB";
  if (language === "zh" && script === "Hant") return "zh-TW";
  return OTHERS[language] ?? LOCALES.find((each) => each === language);
}

const words = (thing, field) => {
  const all = thing[`${field}_localizations`];
  return all?.[locale] ?? all?.[FALLBACKS[locale]] ?? thing[field];
};

export const named = (thing) => words(thing, "name");
export const described = (thing) => words(thing, "description");

/** Whether the member has written the thing's name, in the browser's language or as it is registered. */
export const isNamed = (thing, text) => [named(thing), thing.name].some((name) => name.toLowerCase() === text.toLowerCase());

/** Whether a name of the thing begins so. */
export const beginsWith = (thing, text) =>
  [named(thing), thing.name].some((name) => name.toLowerCase().startsWith(text.toLowerCase()));
