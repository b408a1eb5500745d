"""Versions, compare, snapshots and what is kept: the way from a change to what it was."""

import json
import re

import pytest
from conftest import sign_in
from playwright.sync_api import expect
from test_pages import axe, settle

PRESS, FILLING, NAMED = "i" * 18 + "01", "a" * 18 + "01", "n" * 18 + "01"
READ = "path => fetch('/api/v1/' + path, {headers: {'x-lineside-csrf': localStorage.getItem('lineside-csrf')}}).then(r => r.json())"


def versions(page) -> dict:
    return {v["number"]: v["id"] for v in page.evaluate(READ, f"instances/{PRESS}/versions?limit=100")["items"]}


def compare(page, more: str = "") -> None:
    page.goto(f"/compare?from=version:{versions(page)[9]}&to=instance:{PRESS}{more}")
    page.locator("svg.flow .fn").first.wait_for()


def places(page) -> list:
    return page.locator("svg.flow .flow-world").evaluate_all("all => all.map(g => g.getAttribute('transform'))")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_what_compares_and_keeps(page, theme):
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    sign_in(page)
    numbers = versions(page)
    base = f"/compare?from=version:{numbers[9]}&to=instance:{PRESS}"
    paths = [
        "/compare", base, f"{base}&tab=t-alarms&change=al-dead", f"{base}&view=together&moves=hide", f"{base}&tab=global",
        f"/compare?from=instance:{PRESS}&to=instance:{PRESS}", f"/compare?from=version:{'e' * 20}&to=instance:{PRESS}",
        f"/snapshots/{NAMED}/flows", f"/instances/{PRESS}/versions/{numbers[12]}?tab=s-scale&node=sc-range",
        f"/instances/new?application={FILLING}&snapshot={NAMED}", "/settings",
    ]
    found = {}
    for path in paths:
        page.goto(path)
        settle(page)
        found[path] = axe(page)
    opened = [
        (base, "Pick another…"), (f"/snapshots/{NAMED}", "Download"), (f"/snapshots/{NAMED}", "Commands for the snapshot"),
        (f"/applications/{FILLING}?tab=snapshots", "Upload snapshot"), (f"/instances/{PRESS}/versions", "Commands for version 9"),
    ]
    for path, button in opened:
        page.goto(path)
        settle(page)
        page.get_by_role("button", name=button).first.click()
        page.locator("dialog[open], [role=menu]").wait_for()
        settle(page)
        found[f"{path} {button}"] = axe(page)
    assert {p: f for p, f in found.items() if f} == {}
    page.problems.expect("404 (Not Found)")


def test_none_of_them_scrolls_sideways_on_a_narrow_screen(admin):
    number = versions(admin)[9]
    admin.set_viewport_size({"width": 320, "height": 640})
    wide = []
    for path in [
        "/compare", f"/compare?from=version:{number}&to=instance:{PRESS}&tab=t-alarms&change=al-dead",
        f"/snapshots/{NAMED}/flows", f"/compare?from=version:{number}&to=instance:{PRESS}&tab=global",
    ]:
        admin.goto(path)
        settle(admin)
        width = admin.evaluate("Math.max(document.scrollingElement.scrollWidth, document.querySelector('main').scrollWidth)")
        if width > 320:
            wide.append((path, width))
    assert wide == []


def test_every_difference_is_reached_by_keys_and_said_in_words(admin):
    compare(admin)
    expect(admin.get_by_label("Differences in all")).to_contain_text("added 7")
    admin.keyboard.press("n")
    detail = admin.get_by_role("region", name="raw", exact=True)
    expect(detail).to_contain_text("Only before.")
    admin.keyboard.press("n")
    code = admin.get_by_role("region", name="Parse telegram").get_by_role("group", name="func")
    expect(code.get_by_role("row", name=re.compile("added if"))).to_be_visible()
    expect(admin).to_have_url(re.compile("change=n3"))
    admin.keyboard.press("p")
    admin.keyboard.press("p")
    expect(admin.get_by_role("region", name="Configuration nodes")).to_contain_text("10.20.4.2")
    expect(admin.get_by_text("Credentials were changed. They are never shown.")).to_be_visible()
    assert "broker-password" not in admin.content()
    admin.reload()
    expect(admin.get_by_text("28 of 28")).to_be_visible()


def test_a_click_in_the_drawing_selects_and_the_list_brings_it_into_view(admin):
    compare(admin)
    drawing = admin.get_by_role("img", name=re.compile("^After: Drawing of Filling line 1"))
    drawing.locator("[data-key=n3] .fn-body").click()
    expect(admin.locator(".changes [aria-current=true]")).to_contain_text("Parse telegram")
    expect(admin.get_by_role("region", name="Parse telegram")).to_contain_text("short telegram")
    before = places(admin)
    admin.get_by_role("button", name=re.compile("metrics")).click()
    expect(drawing.locator(".is-selected")).to_have_attribute("data-key", "n24")
    admin.wait_for_function("before => document.querySelector('svg.flow .flow-world').getAttribute('transform') !== before", arg=before[0])


def test_both_drawings_move_together_by_mouse_keys_and_buttons(admin):
    compare(admin)
    drawing = admin.get_by_role("img", name=re.compile("^Before: Drawing"))
    box = drawing.bounding_box()
    seen = [places(admin)]

    def moved() -> None:
        admin.wait_for_function("before => document.querySelector('svg.flow .flow-world').getAttribute('transform') !== before", arg=seen[-1][0])
        seen.append(places(admin))
        assert len(set(seen[-1])) == 1, "both look at the same place"

    admin.mouse.move(box["x"] + 300, box["y"] + 200)
    admin.mouse.down()
    admin.mouse.move(box["x"] + 200, box["y"] + 150, steps=4)
    admin.mouse.up()
    moved()
    admin.get_by_role("button", name="Zoom out").click()
    moved()
    admin.get_by_role("button", name="To the right").click()
    moved()
    drawing.focus()
    admin.keyboard.press("+")
    moved()
    admin.keyboard.press("0")
    moved()
    expect(admin.get_by_role("region", name="Drawing")).to_be_visible()


def test_moves_can_be_hidden_and_both_sides_put_into_one_drawing(admin):
    compare(admin)
    admin.get_by_role("button", name="In one").click()
    expect(admin.locator("svg.flow")).to_have_count(1)
    expect(admin.locator(".fn.is-removed")).to_have_count(2)
    expect(admin.locator(".ft")).to_have_count(5)
    admin.get_by_role("button", name="Hide moves").click()
    expect(admin.locator(".ft")).to_have_count(0)
    expect(admin.locator(".fn.is-moved")).to_have_count(0)
    admin.reload()
    expect(admin.get_by_role("button", name="Hide moves")).to_have_attribute("aria-pressed", "true")


def test_sides_are_picked_swapped_and_a_file_is_compared(admin):
    admin.goto("/compare")
    admin.get_by_role("button", name="Pick…").first.click()
    dialog = admin.get_by_role("dialog", name="What was before?")
    dialog.get_by_label("Snapshot").check()
    dialog.get_by_role("button", name="2026.11.2").click()
    admin.get_by_role("button", name="Pick…").click()
    dialog = admin.get_by_role("dialog", name="What came after?")
    dialog.get_by_label("File", exact=False).first.check()
    flows = json.dumps({"flows": {"flows": [{"id": "x", "type": "tab", "label": "New"}]}}).encode()
    dialog.get_by_label("Flows file (JSON)").set_input_files({"name": "mine.json", "mimeType": "application/json", "buffer": flows})
    dialog.get_by_role("button", name="Take this file").click()
    expect(admin.get_by_role("region", name="After")).to_contain_text("mine.json")
    admin.get_by_role("button", name="Swap both sides").click()
    expect(admin.get_by_role("region", name="Before")).to_contain_text("mine.json")
    admin.reload()
    expect(admin.get_by_role("alert").filter(has_text="Pick it again.")).to_be_visible()


def test_what_is_the_same_and_what_is_gone_is_said(admin):
    admin.goto(f"/compare?from=instance:{PRESS}&to=instance:{PRESS}")
    expect(admin.get_by_role("heading", name="Both are the same")).to_be_visible()
    admin.goto(f"/compare?from=version:{'e' * 20}&to=instance:{PRESS}")
    expect(admin.get_by_role("region", name="Before").get_by_role("alert")).to_contain_text("does not exist")
    admin.problems.expect("404 (Not Found)")


def test_flows_with_other_ids_are_matched_by_name(admin):
    compare(admin)
    admin.get_by_role("button", name="Match by type and name").click()
    expect(admin.get_by_role("button", name="Match by type and name")).to_have_attribute("aria-pressed", "true")
    expect(admin).to_have_url(re.compile("match=name"))


def test_two_versions_are_compared_pinned_and_looked_at(admin):
    admin.goto(f"/instances/{PRESS}/versions")
    expect(admin.get_by_role("heading", level=3).first).to_contain_text("2026")
    expect(admin.get_by_text("1 test failed")).to_be_visible()
    expect(admin.get_by_text("Kept: the newest 1,000, those of the last 365 days")).to_be_visible()
    two = admin.get_by_role("button", name="Compare two")
    admin.get_by_label("Pick version 12 to compare").check()
    expect(two).to_have_attribute("aria-disabled", "true")
    admin.get_by_label("Pick version 8 to compare").check()
    two.click()
    expect(admin.get_by_role("region", name="Before", exact=True)).to_contain_text("version 8")
    expect(admin.get_by_role("region", name="After", exact=True)).to_contain_text("version 12")
    admin.go_back()
    admin.get_by_role("button", name="Commands for version 6").click()
    admin.get_by_role("menuitem", name="Pin").click()
    expect(admin.locator(".timeline li").nth(6)).to_contain_text("Pinned")
    admin.get_by_role("button", name="Commands for version 6").click()
    admin.get_by_role("menuitem", name="Unpin").click()
    expect(admin.locator(".timeline li").nth(6)).not_to_contain_text("Pinned")
    admin.get_by_role("button", name="Commands for version 6").click()
    admin.get_by_role("menuitem", name="Look at the flows").click()
    expect(admin.get_by_role("heading", name="Press OEE, version 6")).to_be_visible()
    admin.get_by_role("button", name=re.compile("Dead time|Alarms")).first.click()
    admin.get_by_role("button", name=re.compile("Dead time")).click()
    expect(admin.get_by_role("region", name="Dead time")).to_contain_text("Drops what comes twice")


def test_restoring_leads_to_the_comparison_first(admin):
    admin.goto(f"/instances/{PRESS}/versions")
    admin.get_by_role("button", name="Commands for version 3").click()
    admin.get_by_role("menuitem", name="Restore…").click()
    admin.get_by_role("dialog").get_by_role("link", name="Compare with what runs there now").click()
    expect(admin.get_by_role("region", name="Before", exact=True)).to_contain_text("Running flows")
    expect(admin.get_by_role("region", name="After", exact=True)).to_contain_text("version 3")


def test_a_pinned_snapshot_cannot_be_deleted(admin):
    admin.goto(f"/snapshots/{NAMED}")
    admin.get_by_role("button", name="Commands for the snapshot").click()
    admin.get_by_role("menuitem", name="Pin").click()
    expect(admin.get_by_text("Pinned: cannot be deleted")).to_be_visible()
    admin.get_by_role("button", name="Commands for the snapshot").click()
    expect(admin.get_by_role("menuitem", name="Delete snapshot")).to_have_attribute("aria-disabled", "true")
    admin.get_by_role("menuitem", name="Make an instance from it").click()
    expect(admin.get_by_text("Begins with the flows of “2026.11.2”.")).to_be_visible()
    admin.get_by_label("Name", exact=True).fill("Copy of it")
    with admin.expect_request(lambda r: r.method == "POST" and r.url.endswith("/instances")) as sent:
        admin.get_by_role("button", name="Create instance").click()
    assert sent.value.post_data_json["snapshot"] == NAMED


def test_a_packed_user_directory_is_sent_as_it_is_and_its_passphrase_asked_for(admin):
    admin.goto(f"/applications/{FILLING}?tab=snapshots")
    admin.get_by_role("button", name="Upload snapshot").click()
    dialog = admin.get_by_role("dialog", name="Upload snapshot")
    expect(dialog.get_by_label("Passphrase for the credentials")).to_have_count(0)
    dialog.get_by_label("File").set_input_files({"name": "line 3.zip", "mimeType": "application/zip", "buffer": b"PK sealed"})
    expect(dialog.get_by_label("Name")).to_have_value("line 3")
    send = dialog.get_by_role("button", name="Upload snapshot")
    send.click()
    phrase = dialog.get_by_label("Passphrase for the credentials")
    expect(phrase).to_be_focused()
    phrase.fill("four words and blanks")
    with admin.expect_request(re.compile(r"/snapshots\?name=line\+3$")) as sent:
        send.click()
    assert sent.value.headers["x-lineside-passphrase"] == "four words and blanks"
    expect(admin.get_by_role("link", name="line 3", exact=True)).to_be_visible()
    admin.problems.expect("422 (Unprocessable")


def test_what_is_kept_is_said_and_changed(admin):
    vault = {"files": 3, "chunks": 9, "contentSize": 1000, "storedSize": 40, "lastScrub": None,
             "damaged": [{"digest": "ab" * 32, "affects": ["version 12 of instance Line 3"]}]}
    admin.route("**/api/v1/site/vault", lambda r: r.fulfill(json=vault))
    admin.goto("/settings")
    expect(admin.get_by_role("alert")).to_contain_text("version 12 of instance Line 3")
    expect(admin.get_by_text("96.0 %")).to_be_visible()
    admin.get_by_label("Newest versions of each instance").fill("200")
    with admin.expect_request(lambda r: r.method == "PATCH") as sent:
        admin.get_by_role("region", name="How long versions are kept").get_by_role("button", name="Save").click()
    assert sent.value.post_data_json == {"keepVersions": 200}


def test_two_thousand_nodes_draw_only_what_is_on_screen(admin):
    meters = next(i["id"] for i in admin.evaluate(READ, "instances?limit=100")["items"] if i["name"] == "Energy meters")
    admin.goto(f"/compare?from=instance:{meters}&to=version:{versions(admin)[12]}")
    admin.get_by_role("button", name=re.compile("^Everything")).click()
    drawing = admin.get_by_role("img", name=re.compile("Everything"))
    expect(drawing.locator(".fn").first).to_be_visible()
    assert drawing.locator(".fn").count() == 2000
    hidden = drawing.evaluate("svg => svg.querySelectorAll('.flow-nodes > [display=none] .fn').length")
    assert hidden > 1500, "what is outside of the window is not painted"
    admin.get_by_role("button", name="Show all").click()
    expect(drawing).to_have_class(re.compile("is-far"))
    assert drawing.evaluate("svg => svg.querySelectorAll('.flow-nodes > [display=none]').length") == 0
