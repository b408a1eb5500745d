"""The main path: create, open the editor, watch, deploy, restore, delete."""

import json
import re

import pytest
from playwright.sync_api import expect

PRESS = "i" * 18 + "01"


def control(page, what: str, body: dict) -> None:
    page.evaluate("([what, body]) => fetch('/mock/' + what, {method: 'POST', body})", [what, json.dumps(body)])


def test_create_from_a_recipe_then_open_the_editor_by_a_posted_code(admin, context, site):
    admin.get_by_role("link", name="Create instance").click()
    admin.get_by_label("Name", exact=True).fill("Press OEE")
    expect(admin.get_by_text("/press-oee/")).to_be_visible()
    admin.get_by_role("button", name="Create instance").click()
    expect(admin.get_by_text("There is already an instance of this name.")).to_be_visible()
    expect(admin.get_by_label("Name", exact=True)).to_be_focused()
    admin.get_by_label("Name", exact=True).fill("Capper 2")
    admin.get_by_label("Refresh of the page (s)").fill("10")
    admin.get_by_role("button", name="Create instance").click()
    expect(admin.get_by_role("heading", name="Capper 2")).to_be_visible()
    expect(admin.get_by_text("Running", exact=True).first).to_be_visible()
    with context.expect_page() as opened:
        admin.get_by_role("button", name="Open editor").click()
    editor = opened.value
    expect(editor.locator("#code")).to_have_text("one-time-code")
    assert editor.url == site.elsewhere + "/-/session", "the code must not stand in an address"
    admin.problems.expect("422 (Unprocessable")


def test_create_from_a_flows_file(admin):
    admin.goto("/instances/new")
    admin.get_by_label("Flows file").first.check()
    create = admin.get_by_role("button", name="Create instance")
    expect(create).to_have_attribute("aria-disabled", "true")
    flows = json.dumps([{"id": "t", "type": "tab"}, {"id": "n", "type": "inject", "z": "t"}]).encode()
    file = admin.get_by_label("Flows file (JSON)")
    file.set_input_files({"name": "x.json", "mimeType": "application/json", "buffer": b"no"})
    expect(admin.get_by_text("This file holds no Node-RED flows.")).to_be_visible()
    file.set_input_files({"name": "flows.json", "mimeType": "application/json", "buffer": flows})
    expect(admin.get_by_text("1 nodes on 1 tabs.")).to_be_visible()
    admin.get_by_label("Name", exact=True).fill("Imported")
    create.click()
    expect(admin.get_by_role("heading", name="Imported")).to_be_visible()


def test_opening_the_editor_of_a_stopped_instance_offers_to_start_it(admin, context):
    admin.goto("/instances")
    admin.get_by_role("link", name="Trial").click()
    admin.get_by_role("button", name="Open editor").click()
    dialog = admin.get_by_role("dialog", name="Trial is not running")
    dialog.get_by_role("button", name="Start").click()
    expect(dialog.get_by_text("It runs now.")).to_be_visible()
    with context.expect_page() as opened:
        dialog.get_by_role("button", name="Open editor").click()
    expect(opened.value.locator("#code")).to_have_text("one-time-code")


def test_pages_are_opened_by_a_code_for_the_path_that_was_asked_for(admin, site):
    admin.goto("/open/pages/press-oee?path=%2Fdashboard%3Fline%3D3")
    expect(admin.locator("#code")).to_have_text("page:/dashboard?line=3")
    assert admin.url.startswith(site.elsewhere)


def test_stop_restart_and_live_state(admin):
    admin.goto(f"/instances/{PRESS}")
    admin.get_by_role("button", name="More commands").click()
    admin.get_by_role("menuitem", name="Stop").click()
    dialog = admin.get_by_role("dialog", name="Stop Press OEE?")
    dialog.get_by_role("button", name="Stop", exact=True).click()
    expect(admin.get_by_text("Stopped", exact=True)).to_be_visible()
    admin.get_by_role("button", name="Start", exact=True).click()
    expect(admin.get_by_text("Running", exact=True)).to_be_visible()
    control(admin, "state", {"instance": PRESS, "change": {"state": "crashed", "stateDetail": "It ended. Read its log."}})
    expect(admin.get_by_text("It ended. Read its log.")).to_be_visible()


def test_a_log_at_speed_stays_small_and_in_order(admin):
    admin.goto(f"/instances/{PRESS}/log")
    log = admin.get_by_role("log")
    expect(log.locator(".log-line").first).to_be_visible()
    control(admin, "still", {})
    for _ in range(10):
        control(admin, "log", {"instance": PRESS, "count": 500})
    control(admin, "log", {"instance": PRESS, "count": 1, "missed": 40})
    expect(admin.get_by_text("40 lines not shown")).to_be_visible()
    expect(admin.get_by_text(re.compile(r"^5,2\d\d lines"))).to_be_visible()
    assert log.locator(".log-line").count() < 120, "only lines on screen are in the document"
    # It follows: a frame after the last line it stands at the end again.
    admin.wait_for_function("e => e.scrollHeight - e.scrollTop - e.clientHeight < 44", arg=log.element_handle())
    times = log.locator(".log-line .t").all_inner_texts()
    assert times == sorted(times)


def test_a_paused_log_keeps_its_place_and_counts_what_is_new(admin):
    admin.goto(f"/instances/{PRESS}/log")
    log = admin.get_by_role("log")
    expect(log.locator(".log-line").first).to_be_visible()
    # Nothing comes by itself now, and what was on its way is here: a new line moves what follows.
    control(admin, "still", {})
    control(admin, "log", {"instance": PRESS, "count": 1, "missed": 7})
    expect(admin.get_by_text("7 lines not shown")).to_be_visible()
    log.evaluate("e => e.scrollTop = 2200")
    expect(admin.get_by_role("button", name="Follow")).to_be_visible()
    first = log.evaluate("e => [...e.querySelectorAll('.log-line')].find(l => l.getBoundingClientRect().top >= e.getBoundingClientRect().top).innerText")
    control(admin, "log", {"instance": PRESS, "count": 30})
    expect(admin.get_by_role("button", name=re.compile(r"^3\d new lines"))).to_be_visible()
    assert log.evaluate("e => e.scrollTop") == 2200
    # History put before it does not move what is read either.
    admin.get_by_role("button", name="Older").click()
    expect(admin.get_by_text(re.compile(r"^4\d\d lines"))).to_be_visible()
    now = log.evaluate("e => [...e.querySelectorAll('.log-line')].find(l => l.getBoundingClientRect().top >= e.getBoundingClientRect().top).innerText")
    assert now == first
    admin.get_by_role("searchbox", name="Find").fill("MES order")
    admin.get_by_label("Lowest level").select_option("error")
    expect(log.locator(".log-line .lv").first).to_have_text("ERROR")
    log.locator(".log-line").first.click()
    expect(log.locator("xpath=..").get_by_text("ECONNREFUSED").last).to_be_visible()
    with admin.expect_download() as file:
        admin.get_by_role("button", name="Download").click()
    assert file.value.suggested_filename == "press-oee.log"


def test_snapshot_and_restore_with_a_check_first(admin):
    admin.goto(f"/instances/{PRESS}/versions")
    admin.get_by_role("button", name="Commands for version 11").click()
    admin.get_by_role("menuitem", name="Make snapshot").click()
    dialog = admin.get_by_role("dialog", name="Snapshot of version 11")
    dialog.get_by_label("Name").fill("2026.11.3")
    dialog.get_by_role("button", name="Make snapshot").click()
    expect(admin.get_by_role("link", name="2026.11.3")).to_be_visible()
    admin.get_by_role("button", name="Commands for version 9").click()
    admin.get_by_role("menuitem", name="Restore…").click()
    dialog = admin.get_by_role("dialog", name="Restore version 9")
    expect(dialog.get_by_text("every module that these flows need is there")).to_be_visible()
    dialog.get_by_label("Into which instance").select_option(label="Energy meters")
    expect(dialog.get_by_text("node-red-contrib-s7 3.1.0")).to_be_visible()
    dialog.get_by_label("Into which instance").select_option(label="Press OEE")
    dialog.get_by_role("button", name="Restore to Press OEE").click()
    expect(admin.get_by_text("Restored", exact=True)).to_be_visible()
    expect(admin.locator(".timeline .number").first).to_have_text("13")


def test_environment_keeps_secrets_and_guards_unsaved_input(admin):
    admin.get_by_role("link", name="Instances", exact=True).first.click()
    admin.get_by_role("link", name="Press OEE").click()
    admin.get_by_role("link", name="Environment").click()
    expect(admin.get_by_label("Value of MES_PASSWORD")).to_have_attribute("placeholder", "kept, not shown")
    admin.get_by_role("button", name="Add variable").click()
    admin.get_by_label("Name", exact=True).last.fill("NODE_OPTIONS")
    expect(admin.get_by_text("not beginning with a digit")).to_be_visible()
    admin.get_by_label("Name", exact=True).last.fill("LINE")
    admin.get_by_label("Value of LINE").fill("3")
    admin.get_by_role("navigation", name="Main").get_by_role("link", name="Stacks").click()
    dialog = admin.get_by_role("dialog", name="Leave without saving?")
    dialog.get_by_role("button", name="Stay here").click()
    expect(admin.get_by_label("Value of LINE")).to_have_value("3")
    admin.go_back()
    expect(dialog).to_be_visible()
    admin.keyboard.press("Escape")
    expect(admin).to_have_url(re.compile("/environment$"))
    with admin.expect_request(lambda r: r.method == "PUT") as sent:
        admin.get_by_role("button", name="Save").click()
    variables = sent.value.post_data_json["variables"]
    assert {"name": "MES_PASSWORD", "secret": True, "value": None} in variables
    expect(admin.get_by_text("Restart the instance to use it")).to_be_visible()
    admin.get_by_role("navigation", name="Main").get_by_role("link", name="Stacks").click()
    expect(admin.get_by_role("heading", name="Stacks")).to_be_visible()


def test_settings_send_only_what_changed(admin):
    admin.goto(f"/instances/{PRESS}/settings")
    admin.get_by_label("Memory limit").fill("10")
    admin.evaluate("document.querySelector('input[type=number]').removeAttribute('min')")
    admin.get_by_role("button", name="Save").first.click()
    expect(admin.get_by_text("At least 64 MB.")).to_be_visible()
    admin.get_by_label("Memory limit").fill("768")
    with admin.expect_request(lambda r: r.method == "PATCH") as sent:
        admin.get_by_role("button", name="Save").first.click()
    assert sent.value.post_data_json == {"memoryLimitMB": 768}
    expect(admin.get_by_role("status").get_by_text("Saved.")).to_be_visible()
    expect(admin.get_by_label("Part of the address")).to_be_disabled()
    admin.problems.expect("422 (Unprocessable")


def test_deleting_asks_for_the_name_and_says_what_is_lost(admin):
    admin.goto(f"/instances/{PRESS}/danger")
    opener = admin.get_by_role("button", name="Delete instance")
    opener.click()
    dialog = admin.get_by_role("dialog", name="Delete Press OEE?")
    expect(dialog.get_by_text("Stays: its snapshots")).to_be_visible()
    delete = dialog.get_by_role("button", name="Delete instance")
    expect(delete).to_have_attribute("aria-disabled", "true")
    admin.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(opener).to_be_focused()
    opener.click()
    dialog.get_by_label("Type “Press OEE” to confirm").fill("Press OEE")
    delete.click()
    expect(admin.get_by_role("heading", name="Instances")).to_be_visible()
    expect(admin.get_by_role("row", name="Press OEE")).to_have_count(0)


def test_a_download_with_credentials_carries_its_passphrase_in_a_header(admin):
    admin.goto("/snapshots/" + "n" * 18 + "01")
    admin.get_by_role("button", name="Download").click()
    dialog = admin.get_by_role("dialog", name="Download “2026.11.2”")
    dialog.get_by_label("With credentials").check()
    phrase = dialog.get_by_label("Passphrase for the credentials")
    phrase.fill("größe")
    expect(dialog.get_by_text("Only letters, digits and signs of ASCII")).to_be_visible()
    phrase.fill("four words and blanks")
    with admin.expect_request("**/download?format=lineside") as sent, admin.expect_download():
        dialog.get_by_role("button", name="Download").click()
    assert sent.value.headers["x-lineside-passphrase"] == "four words and blanks"
    assert "passphrase" not in sent.value.url
    expect(dialog).to_have_count(0)


@pytest.mark.parametrize("site", [("--uproar",)], indirect=True)
def test_further_pages_of_a_list_stay_while_all_of_it_changes(admin):
    admin.goto("/instances")
    more, rows = admin.get_by_role("button", name="Show more"), admin.locator("tbody tr")
    for count in (400, 500):
        more.click()
        expect(rows).to_have_count(count)
    last = admin.get_by_role("row", name="Line 500")
    before = last.inner_text()
    expect(last).not_to_have_text(before)
    expect(rows).to_have_count(500)
