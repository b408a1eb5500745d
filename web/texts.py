"""Names of texts as numbers, for the browser only.

A text that the sources ask for by name (`t("device.name")`) is asked for by its place in the
catalogue instead, so that no browser loads the name. Names that are made while the page runs
(`t(`device.tab.${k}`)`, `word("state", …)`) stay. Tests and the type check see names alone.
"""

import json
import pathlib
import re
import shutil

CALL = re.compile(r'\bt\(\s*"([\w.]+)"')
QUOTED = re.compile(r'"([\w.]+)"')
TEMPLATE = re.compile(r"`([^`\n]*\$\{[^`\n]*)`")
GROUP = re.compile(r'\bword\(\s*("[\w.]+"|.)')
STEM = re.compile(r'\btn\(\s*"([\w.]+)"')


def files(sources: pathlib.Path) -> dict[pathlib.Path, str]:
    return {
        file: file.read_text()
        for file in sorted(sources.rglob("*.ts*"))
        if file.parent.name != "i18n"
    }


def places(sources: pathlib.Path, keys: list[str]) -> dict[str, int]:
    """The number of each text that is only ever asked for by its whole name."""
    all_of_it = "\n".join(files(sources).values())
    asked = set(CALL.findall(all_of_it)) & set(keys)
    # A name that stands somewhere else too may be handed on, or be no text at all.
    named = set(QUOTED.findall(CALL.sub("", all_of_it)))
    for group in GROUP.findall(all_of_it):
        if not group.startswith('"'):
            raise SystemExit(f"web/texts.py: word({group}…) hides which texts it takes")
        named |= {k for k in keys if k.startswith(group.strip('"') + ".")}
    for stem in STEM.findall(all_of_it):
        named |= {f"{stem}_one", f"{stem}_other"}
    for template in TEMPLATE.findall(all_of_it):
        fixed = re.split(r"\$\{[^}]*\}", template)
        if all(re.fullmatch(r"[\w.]*", part) for part in fixed) and any("." in p for p in fixed):
            shape = re.compile(r"[\w.-]+".join(re.escape(part) for part in fixed) + r"(_one|_other)?")
            named |= {k for k in keys if shape.fullmatch(k)}
    numbered = [k for k in keys if k in asked - named]
    return {key: number for number, key in enumerate(numbered)}


def rewrite(sources: pathlib.Path, target: pathlib.Path, place: dict[str, int]) -> None:
    """A copy of the sources that asks by number."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(sources, target)

    def number(call: re.Match[str]) -> str:
        return f"t({place[call[1]]}" if call[1] in place else call[0]

    for file, text in files(sources).items():
        (target / file.relative_to(sources)).write_text(CALL.sub(number, text))


def catalogue(texts: dict[str, str], place: dict[str, int]) -> str:
    """A catalogue as a module: texts with a number by it, the others by their name."""
    numbered = [texts[key] for key in place]
    named = {key: text for key, text in texts.items() if key not in place}
    write = lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":"))  # noqa: E731
    return f"export const texts=Object.assign({write(numbered)},{write(named)});\n"
