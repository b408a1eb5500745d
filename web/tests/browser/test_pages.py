"""What holds on every page: accessible in both themes, fits a phone, keyboard, connection, size."""

import pathlib
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import WEB, sign_in
from playwright.sync_api import expect

TAGS = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}}
PRESS, FILLING = "i" * 18 + "01", "a" * 18 + "01"
PAGES = [
    "/", "/instances", "/instances/new", f"/instances/{PRESS}", f"/instances/{PRESS}/log", f"/instances/{PRESS}/versions",
    f"/instances/{PRESS}/files", f"/instances/{PRESS}/tests", "/recipes", "/recipes/http-endpoint",
    f"/instances/{PRESS}/environment", f"/instances/{PRESS}/settings", f"/instances/{PRESS}/danger", "/applications",
    f"/applications/{FILLING}", f"/applications/{FILLING}?tab=snapshots", "/snapshots/" + "n" * 18 + "01", "/stacks",
    "/users", "/users/invitations", "/users/" + "u" * 18 + "01", "/audit", "/alarms", "/settings", "/account",
    "/account/password", "/account/sessions", "/account/tokens", "/no-such-page",
    "/devices", "/devices/add", "/devices/add?way=request", "/devices/add?way=import", "/devices/requests",
    "/devices/d0000000000000000009", "/devices/d0000000000000000010", "/devices/d0000000000000000011/settings",
    "/devices/d0000000000000000005", "/devices/d0000000000000000005/settings", "/devices/d0000000000000000005/danger",
    "/groups", "/groups/g0000000000000000001", "/deployments", "/deployments/new", "/deployments/xxxxxxxxxxxxxxxxxx01",
    "/broker",
]


def settle(page) -> None:
    """The page stands: its title is there and nothing loads any more."""
    page.locator("main h1").wait_for()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)


def axe(page) -> list:
    found = Axe().run(page, options=TAGS).response["violations"]
    return [(v["id"], v["nodes"][0]["html"][:160], v["nodes"][0].get("failureSummary", "")[:300]) for v in found]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(page, theme):
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.goto("/")
    page.locator("form").wait_for()
    found = {"/sign-in": axe(page)}
    sign_in(page)
    for path in PAGES:
        page.goto(path)
        settle(page)
        found[path] = axe(page)
    assert {p: f for p, f in found.items() if f} == {}
    page.problems.expect("404 (Not Found)")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("site", [("--fresh",)], indirect=True)
def test_axe_finds_nothing_in_the_first_run(page, theme):
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.goto("/#code=x")
    page.locator("form").wait_for()
    assert axe(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_dialogs_and_menus(page, theme):
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    sign_in(page)
    opened = [
        (f"/instances/{PRESS}/danger", "Delete instance"), (f"/instances/{PRESS}", "More commands"),
        ("/stacks", "Add stack"), ("/users", "Invite"), ("/account/tokens", "Make token"), ("/", "Search (Ctrl+K)"),
        (f"/instances/{PRESS}/versions", "Import flows…"), ("/audit", "Changed instance Press OEE"),
    ]
    for path, button in opened:
        page.goto(path)
        settle(page)
        page.get_by_role("button", name=button).first.click()
        page.locator("dialog[open], [role=menu]").wait_for()
        assert axe(page) == [], f"{path}: {button}"


def test_empty_lists_say_what_comes_next(admin):
    admin.evaluate("fetch('/mock/empty', {method: 'POST', body: '{}'})")
    for path, title in [
        ("/", "No instance yet"), ("/instances", "No instance yet"), ("/stacks", "No stack yet"),
        ("/applications", "No application yet"), ("/alarms", "No alarms"), ("/audit", "Nothing recorded yet"),
        ("/account/tokens", "No access tokens"), ("/users/invitations", "No open invitation"),
        ("/instances/new", "No application yet"),
    ]:
        admin.goto(path)
        expect(admin.get_by_role("heading", name=title)).to_be_visible()


def test_a_filter_that_fits_nothing_offers_to_clear_it(admin):
    admin.goto("/instances")
    admin.get_by_role("searchbox", name="Filter by name").fill("zzz")
    expect(admin.get_by_role("heading", name="Nothing found")).to_be_visible()
    admin.reload()
    expect(admin.get_by_role("searchbox", name="Filter by name")).to_have_value("zzz")
    admin.get_by_role("button", name="Clear filter").click()
    expect(admin.get_by_text("5 of 5")).to_be_visible()


def test_a_list_that_cannot_be_loaded_offers_to_try_again(admin):
    admin.route("**/api/v1/stacks?*", lambda r: r.fulfill(status=503, content_type="application/problem+json", body='{"detail":"Too busy now.","instance":"ref1"}'))
    admin.goto("/stacks")
    expect(admin.get_by_role("alert")).to_contain_text("Too busy now.")
    admin.unroute("**/api/v1/stacks?*")
    admin.get_by_role("button", name="Try again").click()
    expect(admin.get_by_role("row", name="Node-RED 4.1.2")).to_be_visible()
    admin.problems.expect("503 (Service")


def test_no_page_scrolls_sideways_on_a_narrow_screen(admin):
    admin.set_viewport_size({"width": 320, "height": 640})
    wide = []
    for path in PAGES:
        admin.goto(path)
        settle(admin)
        width = admin.evaluate("Math.max(document.scrollingElement.scrollWidth, document.querySelector('main').scrollWidth)")
        if width > 320:
            wide.append((path, width))
    assert wide == []
    admin.problems.expect("404 (Not Found)")


def test_the_drawer_opens_and_closes_by_keyboard(admin):
    admin.set_viewport_size({"width": 800, "height": 900})
    menu = admin.get_by_role("button", name="Menu")
    menu.click()
    expect(menu).to_have_attribute("aria-expanded", "true")
    admin.get_by_role("link", name="Alarms").focus()
    admin.keyboard.press("Escape")
    expect(menu).to_have_attribute("aria-expanded", "false")


def test_the_keyboard_alone_goes_everywhere(admin):
    admin.goto("/instances")
    settle(admin)
    admin.keyboard.press("Tab")
    expect(admin.get_by_role("link", name="Skip to content")).to_be_focused()
    admin.keyboard.press("Enter")
    expect(admin.get_by_role("heading", name="Instances")).to_be_focused()
    admin.get_by_role("link", name="Filler gateway").focus()
    admin.keyboard.press("ArrowDown")
    expect(admin.get_by_role("link", name="Label printer")).to_be_focused()
    admin.keyboard.press("End")
    expect(admin.get_by_role("link", name="Trial")).to_be_focused()
    admin.keyboard.press("Enter")
    heading = admin.get_by_role("heading", name="Trial")
    expect(heading).to_be_focused()
    expect(admin).to_have_title("Trial · Overview – Lineside")
    admin.keyboard.press("Control+k")
    admin.keyboard.type("ener")
    expect(admin.get_by_role("option", name="Energy meters")).to_have_attribute("aria-selected", "true")
    admin.keyboard.press("Enter")
    expect(admin.get_by_role("heading", name="Energy meters")).to_be_visible()
    account = admin.get_by_role("button", name="Account of admin")
    account.focus()
    admin.keyboard.press("Enter")
    expect(admin.get_by_role("menuitem", name="Your account")).to_be_focused()
    admin.keyboard.press("Escape")
    expect(account).to_be_focused()


def test_sorting_stays_in_the_address(admin):
    admin.goto("/instances")
    admin.get_by_role("button", name="Memory").click()
    admin.get_by_role("button", name="Memory").click()
    expect(admin.get_by_role("columnheader", name="Memory")).to_have_attribute("aria-sort", "descending")
    expect(admin.get_by_role("rowheader").first).to_have_text("Label printer")
    admin.reload()
    expect(admin.get_by_role("rowheader").first).to_have_text("Label printer")


def test_back_keeps_page_tab_and_filter(admin):
    admin.goto("/instances?state=running")
    admin.get_by_role("link", name="Press OEE").click()
    admin.get_by_role("link", name="Versions", exact=True).click()
    expect(admin.locator(".timeline li")).to_have_count(12)
    admin.go_back()
    admin.go_back()
    expect(admin.get_by_text("2 of 5")).to_be_visible()


def test_a_lost_connection_is_said_and_mended(admin, site):
    admin.goto("/account")
    settle(admin)
    admin.get_by_label("Full name").fill("Not saved yet")
    site.stop()
    banner = admin.get_by_role("alert").filter(has_text="No connection to the server since")
    expect(banner).to_be_visible()
    admin.get_by_role("button", name="Save").click()
    expect(admin.get_by_text("nothing of your input is lost")).to_be_visible()
    expect(admin.get_by_label("Full name")).to_have_value("Not saved yet")
    site.start()
    # The new process knows no session: the page must say so, not fail.
    expect(admin.get_by_text("Your session has ended.")).to_be_visible()
    admin.problems.expect("ERR_", "WebSocket")


def test_data_is_read_again_when_the_connection_returns(admin, context):
    admin.goto("/instances")
    expect(admin.get_by_text("5 of 5")).to_be_visible()
    context.set_offline(True)
    banner = admin.get_by_role("alert").filter(has_text="No connection")
    expect(banner).to_be_visible()
    with admin.expect_request(re.compile("/api/v1/instances")):
        context.set_offline(False)
    expect(banner).to_have_count(0)
    admin.problems.expect("ERR_", "WebSocket")


def test_alarms_are_counted_on_every_page_and_acknowledged_once(admin):
    admin.goto("/stacks")
    admin.get_by_role("link", name="1 alarm").click()
    row = admin.get_by_role("row", name="Filler gateway")
    row.get_by_role("button", name="Acknowledge").click()
    expect(row).to_contain_text("Acknowledged by admin")
    expect(admin.get_by_role("row", name="Label printer")).to_have_count(0)


def test_language_and_theme_are_chosen_and_stay(admin):
    admin.get_by_role("button", name="Theme").click()
    admin.get_by_role("menuitem", name="Dark").click()
    expect(admin.locator("html")).to_have_attribute("data-theme", "dark")
    admin.goto("/account")
    admin.get_by_label("Language").select_option("de")
    admin.get_by_role("combobox", name="Theme").select_option("dark")
    admin.get_by_role("button", name="Save").click()
    expect(admin.get_by_role("heading", name="Ihr Konto")).to_be_visible()
    expect(admin.locator("html")).to_have_attribute("lang", "de")
    admin.reload()
    expect(admin.get_by_role("heading", name="Ihr Konto")).to_be_visible()
    expect(admin.locator("html")).to_have_attribute("data-theme", "dark")


def test_a_chart_can_be_read_by_keyboard_and_as_a_table(admin):
    admin.goto(f"/instances/{PRESS}")
    chart = admin.get_by_role("img", name=re.compile("^Memory, Last hour. Now 2"))
    chart.focus()
    admin.keyboard.press("ArrowLeft")
    panel = admin.get_by_role("region", name="Memory", exact=True)
    expect(panel.get_by_role("status")).to_contain_text("MB")
    panel.get_by_role("button", name="Table").click()
    expect(panel.get_by_role("columnheader", name="MB")).to_be_visible()


def test_a_stack_is_uploaded_with_progress(admin):
    admin.goto("/stacks")
    admin.get_by_role("button", name="Add stack").click()
    dialog = admin.get_by_role("dialog", name="Add stack")
    dialog.get_by_label("File (.tgz)").set_input_files({"name": "node-red.tgz", "mimeType": "application/gzip", "buffer": b"x" * 300_000})
    with admin.expect_request(re.compile(r"/api/v1/stacks\?name=node-red.tgz")):
        dialog.get_by_role("button", name="Upload").click()
    expect(admin.get_by_role("row", name="Node-RED 4.1.3")).to_be_visible()
    used = admin.get_by_role("button", name=re.compile("Remove Node-RED 4.1.2"))
    expect(used).to_have_attribute("title", "3 instances use it.")


def test_audit_filters_shows_changes_and_exports(admin):
    admin.goto("/audit")
    admin.get_by_role("searchbox", name="Find text or name").fill("Changed instance")
    expect(admin.get_by_text("7 of 7")).to_be_visible()
    admin.get_by_role("button", name="Changed instance Press OEE").first.click()
    row = admin.get_by_role("dialog").get_by_role("row", name="memoryLimitMB")
    expect(row).to_contain_text("256")
    admin.keyboard.press("Escape")
    with admin.expect_download() as file:
        admin.get_by_role("button", name="Export CSV").click()
    assert file.value.suggested_filename == "audit.csv"


def test_a_token_is_shown_once(admin):
    admin.goto("/account/tokens")
    admin.get_by_role("button", name="Make token").click()
    dialog = admin.get_by_role("dialog")
    dialog.get_by_label("Name").fill("exporter")
    dialog.get_by_role("button", name="Make token").click()
    expect(dialog.get_by_text("lsp_")).to_be_visible()
    dialog.get_by_role("button", name="Close").last.click()
    expect(admin.get_by_role("row", name="exporter")).to_be_visible()
    expect(admin.get_by_text("lsp_")).to_have_count(0)


def test_the_page_is_small():
    """The build fails beyond its budget; here only what no build can leave out."""
    assets = WEB / "dist/assets"
    whole = sum(file.stat().st_size for file in assets.glob("*.js.br"))
    assert whole <= 160_000, "both languages together"
    names = {key for key in re.findall(r'"(device\.\w+)"', (WEB / "src/i18n/en-devices.ts").read_text())}
    spoken = next(assets.glob("en-*.js")).read_text()
    assert sum(f'"{name}"' in spoken for name in names) < len(names) / 4, "texts carry their names"
    page = pathlib.Path(WEB / "dist/index.html").read_text()
    assert "<style" not in page and "style=" not in page and not re.search(r"<script(?![^>]*src=)", page)


def test_the_document_stays_small(admin):
    admin.goto(f"/instances/{PRESS}/log")
    settle(admin)
    assert admin.evaluate("document.querySelectorAll('*').length") < 3000


def test_a_clock_in_doubt_is_confirmed_by_an_administrator(admin):
    clock = {
        "id": "l9", "kind": "site.clock", "severity": "warning",
        "object": {"type": "site", "id": "site", "name": "Plant"},
        "text": "The clock of the server says 2041-01-01, where 2026-03-01 was expected.",
        "since": "2026-03-01T12:00:00.000Z",
        "acknowledgedBy": None, "acknowledgedAt": None, "clearedAt": None,
    }
    answer = {"items": [clock], "count": 1, "next": None}
    admin.route("**/api/v1/alarms?*", lambda route: route.fulfill(json=answer))
    admin.goto("/alarms")
    admin.get_by_role("button", name="The clock is right").click()
    dialog = admin.get_by_role("dialog", name="Is the server's clock right?")
    expect(dialog.get_by_text("2041-01-01")).to_be_visible()
    with admin.expect_request("**/site/clock/confirm"):
        dialog.get_by_role("button", name="The clock is right").click()
    expect(dialog).to_be_hidden()


def test_what_an_alarm_is_about_is_a_link_whatever_it_is(admin):
    def alarm(n, kind, what):
        return {
            "id": f"l{n}", "kind": kind, "severity": "alarm", "text": "Look at it.",
            "object": {"type": what, "id": f"x{n}", "name": f"Thing {n}"},
            "since": "2026-03-01T12:00:00.000Z",
            "acknowledgedBy": None, "acknowledgedAt": None, "clearedAt": None,
        }
    items = [
        alarm(1, "device.offline", "device"),
        alarm(2, "broker.down", "site"),
        alarm(3, "deployment.stopped", "deployment"),
    ]
    answer = {"items": items, "count": 3, "next": None}
    admin.route("**/api/v1/alarms?*", lambda route: route.fulfill(json=answer))
    admin.goto("/alarms")
    for name, path in (("1", "/devices/x1"), ("2", "/broker"), ("3", "/deployments/x3")):
        link = admin.get_by_role("link", name=f"Thing {name}")
        expect(link).to_have_attribute("href", path)


def test_only_what_was_changed_about_keeping_is_sent(admin):
    admin.goto("/settings")
    panel = admin.get_by_role("region", name="Certificates of devices")
    panel.get_by_label("Days of grace").fill("30")
    with admin.expect_request("**/site/enrolment") as change:
        panel.get_by_role("button", name="Save").click()
    assert change.value.post_data_json == {"graceDays": 30}
    expect(admin.get_by_text("Saved.").first).to_be_visible()


def test_a_second_team_is_made_and_removed_by_its_name(admin):
    admin.goto("/applications")
    teams = admin.get_by_role("region", name="Teams")
    expect(teams.get_by_role("button", name="Remove")).to_have_attribute("aria-disabled", "true")
    teams.get_by_role("button", name="Create a team").click()
    dialog = admin.get_by_role("dialog", name="Create a team")
    dialog.get_by_label("Name").fill("Hall 3")
    dialog.get_by_role("button", name="Create a team").click()
    teams.get_by_role("button", name="Remove Hall 3").click()
    dialog = admin.get_by_role("dialog", name="Remove Hall 3?")
    dialog.get_by_label("Type “Hall 3” to confirm").fill("Hall 3")
    dialog.get_by_role("button", name="Remove").last.click()
    expect(teams.get_by_role("button", name="Remove Hall 3")).to_have_count(0)


def test_what_the_server_says_in_english_is_introduced_in_german_and_marked(admin):
    admin.goto("/account")
    admin.get_by_label("Language").select_option("de")
    admin.get_by_role("button", name="Save").click()
    expect(admin.locator("html")).to_have_attribute("lang", "de")
    refusal = {"type": "/problems/conflict", "title": "Conflict", "status": 409, "detail": "There is a team of this name."}
    admin.route("**/api/v1/alarms?*", lambda route: route.fulfill(status=409, json=refusal))
    admin.goto("/alarms")
    expect(admin.get_by_text("Das passt nicht zum jetzigen Stand.")).to_be_visible()
    expect(admin.locator("[lang=en]", has_text="There is a team of this name.")).to_be_visible()
    admin.problems.expect("409")
