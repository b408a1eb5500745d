import { de } from "../../src/i18n/de.ts";
import { en } from "../../src/i18n/en.ts";
import {
  bytes,
  dateTime,
  duration,
  logTime,
  relative,
  setTimeZone,
  utc,
} from "../../src/i18n/format.ts";
import { preferredLanguage, setLanguage, t, teach, tn, word } from "../../src/i18n/text.ts";
import { equal } from "./equal.ts";

teach("en", en);
teach("de", de);

const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();

Deno.test("every German text has the placeholders of the English one", () => {
  for (const key of Object.keys(en) as (keyof typeof en)[]) {
    equal([key, names(de[key])], [key, names(en[key])]);
  }
});

Deno.test("no text is empty and counted ones come in both forms", () => {
  for (const [key, text] of [...Object.entries(en), ...Object.entries(de)]) {
    if (text.trim() === "") throw new Error(`${key} is empty`);
    if (key.endsWith("_one")) equal(key.replace("_one", "_other") in en, true);
  }
});

Deno.test("every text is used somewhere", async () => {
  let sources = "";
  const read = async (dir: URL) => {
    for await (const entry of Deno.readDir(dir)) {
      if (entry.isDirectory) await read(new URL(`${entry.name}/`, dir));
      else if (!dir.pathname.endsWith("/i18n/")) {
        sources += await Deno.readTextFile(new URL(entry.name, dir));
      }
    }
  };
  await read(new URL("../../src/", import.meta.url));
  const built =
    /^(page|alarmKind|object|actor|agent|deviceCondition|brokerAccess|deploymentState|order|rolloutState|stepState|weekday|brokerState|deviceMode|phase|tokenKind|device\.(?:tab|edits|editsNote)|deviceLogin(?:Text)?|way(?:Text|Make)?|act(?:Ask|Text)?|state|severity|role|recipeUse|testState|roleNote|scope|access|accessNote|source|problem|theme|account\.tab|range|instance\.tab|change|count|compare\.(?:side|note|kind|credentials))\./;
  const idle = Object.keys(en).filter((k) =>
    !built.test(k) && !sources.includes(`"${k.replace(/_(one|other)$/, "")}"`)
  );
  equal(idle, []);
});

Deno.test("numbers, counts and words speak the language", () => {
  setLanguage("de");
  equal(tn("instances.count", 1), "1 Instanz");
  equal(tn("instances.count", 1200), "1.200 Instanzen");
  equal(word("state", "crashed"), "Abgestürzt");
  equal(word("state", "new-state"), "new-state");
  equal(bytes(1_500_000), "1,5 MB");
  setLanguage("en");
  equal(t("confirm.typed", { name: "Press" }), "Type “Press” to confirm");
  equal(bytes(212_000_000), "212 MB");
});

Deno.test("the browser's first language that we have wins", () => {
  equal(preferredLanguage(["fr-FR", "de-AT", "en"]), "de");
  equal(preferredLanguage(["fr"]), "en");
});

Deno.test("times are shown in the site's zone, logs in UTC", () => {
  setTimeZone("Asia/Tokyo");
  equal(dateTime("2026-11-21T20:30:00.000Z"), "22 Nov 2026, 05:30");
  setTimeZone("Not/AZone");
  equal(dateTime("2026-11-21T20:30:00.000Z"), "21 Nov 2026, 20:30");
  equal(logTime("2026-11-21T20:30:01.123Z"), "20:30:01.123");
  equal(utc("2026-11-21T20:30:01.123Z"), "2026-11-21 20:30:01 UTC");
});

Deno.test("spans are said in their two largest parts", () => {
  equal(duration(93_600), "1 day, 2 hours");
  equal(duration(0), "0 seconds");
  equal(relative(0, 90_000), "1 minute ago");
  equal(relative(3_600_000 * 49, 0), "in 2 days");
});
