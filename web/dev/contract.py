"""Prints TypeScript that holds every fixture of web/contract against the view it is named after.

`audit-event.json` and `audit-event.login.json` must satisfy `AuditEvent`: whole, and nothing besides.
"""

import json
import pathlib

folder = pathlib.Path(__file__).resolve().parent.parent / "contract"
files = sorted(folder.glob("*.json"))
views = {f: "".join(part.capitalize() for part in f.name.split(".")[0].split("-")) for f in files}
print(f"import type {{ {', '.join(sorted(set(views.values())))} }} from \"../src/api/types.ts\";")
for file, view in views.items():
    print(f"({json.dumps(json.loads(file.read_text()))}) satisfies {view}; // {file.name}")
