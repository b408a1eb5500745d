"""Devices, their groups and deployments on the mock site; the same on the appliance is in web/e2e."""

import pytest
from playwright.sync_api import expect

PAGES = {
    "/devices": "Devices",
    "/devices/add": "Add devices",
    "/devices/requests": "Requests and tokens",
    "/groups": "Device groups",
    "/deployments": "Deployments",
    "/deployments/new": "Start a deployment",
    "/broker": "Broker",
}
FIRST = "d" + "1".rjust(19, "0")
FETCHING = "d" + "5".rjust(19, "0")
WORKED_ON = "d" + "8".rjust(19, "0")
WAITING = "d" + "9".rjust(19, "0")
ON_PROBATION = "d" + "10".rjust(19, "0")
STOCK = "d" + "11".rjust(19, "0")
AWAY = "d" + "4".rjust(19, "0")


@pytest.mark.parametrize("path", PAGES)
def test_each_page_shows_itself_and_fits_a_narrow_screen(admin, path):
    admin.goto(path)
    expect(admin.get_by_role("heading", name=PAGES[path], exact=True)).to_be_visible()
    admin.set_viewport_size({"width": 320, "height": 640})
    assert admin.evaluate("document.documentElement.scrollWidth") <= 320


def test_hundreds_of_devices_keep_the_document_small_and_the_rest_comes_when_scrolled(admin):
    admin.goto("/devices")
    table = admin.get_by_role("table", name="Devices")
    expect(table.get_by_role("link", name="Press 0001")).to_be_visible()
    assert table.get_attribute("aria-rowcount") == "481"
    assert admin.evaluate("document.querySelectorAll('*').length") < 3000
    expect(admin.get_by_text("200 of 480")).to_be_visible()
    scroller = admin.get_by_role("group", name="Devices")
    scroller.evaluate("box => box.scrollTo(0, box.scrollHeight)")
    expect(admin.get_by_text("200 of 480")).to_have_count(0)
    scroller.evaluate("box => box.scrollTo(0, box.scrollHeight)")
    expect(admin.get_by_text("480 of 480")).to_be_visible()
    scroller.evaluate("box => box.scrollTo(0, box.scrollHeight)")
    expect(table.get_by_role("link", name="Oven 0480")).to_be_visible()
    assert admin.evaluate("document.querySelectorAll('*').length") < 3000


def test_a_list_keeps_its_further_pages_when_devices_change(admin):
    admin.goto("/devices")
    expect(admin.get_by_text("200 of 480")).to_be_visible()
    scroller = admin.get_by_role("group", name="Devices")
    scroller.evaluate("box => box.scrollTo(0, box.scrollHeight)")
    expect(admin.get_by_text("400 of 480")).to_be_visible()
    with admin.expect_response(lambda answer: "/devices?limit=200" in answer.url and "cursor" not in answer.url):
        admin.evaluate("fetch('/mock/say', {method: 'POST', body: '{\"topic\": \"devices\"}'})")
    expect(admin.get_by_text("400 of 480")).to_be_visible()
    with admin.expect_response(lambda answer: "cursor=200" in answer.url):
        pass
    expect(admin.get_by_text("400 of 480")).to_be_visible()


def test_the_server_sorts_and_the_address_keeps_how(admin):
    admin.goto("/devices")
    admin.get_by_role("button", name="Last seen").click()
    header = admin.get_by_role("columnheader", name="Last seen")
    expect(header).to_have_attribute("aria-sort", "ascending")
    expect(admin.locator("tbody tr:not(.gap)").first).to_contain_text("Robot 0004")
    admin.reload()
    expect(header).to_have_attribute("aria-sort", "ascending")


def test_a_search_asks_the_server_and_nothing_found_says_so(admin):
    admin.goto("/devices")
    admin.get_by_role("searchbox", name="Find by name or type").fill("oven 0006")
    expect(admin.get_by_role("link", name="Oven 0006")).to_be_visible()
    expect(admin.get_by_text("1 of 1")).to_be_visible()
    admin.get_by_role("searchbox", name="Find by name or type").fill("no such")
    expect(admin.get_by_text("Nothing found")).to_be_visible()


def test_a_device_says_what_it_runs_and_how_far_an_update_is(admin):
    admin.goto(f"/devices/{FETCHING}")
    expect(admin.get_by_role("heading", name="Conveyor 0005")).to_be_visible()
    expect(admin.get_by_text("Fetching 31 %")).to_be_visible()
    expect(admin.get_by_role("progressbar", name="Fetched")).to_have_attribute("value", "310000")


def test_settings_of_a_device_are_kept(admin):
    admin.goto(f"/devices/{FIRST}/settings")
    admin.get_by_label("Heap of Node-RED in MB").fill("256")
    form = admin.get_by_role("region", name="How Node-RED runs")
    form.get_by_role("button", name="Save").click()
    expect(admin.get_by_text("Saved.").first).to_be_visible()


def test_a_bundle_is_shown_once_as_file_code_and_text(admin):
    admin.goto("/devices/add")
    admin.get_by_label("Name", exact=True).fill("Press 17")
    admin.get_by_role("button", name="Make the bundle").click()
    dialog = admin.get_by_role("dialog", name="The bundle is ready")
    expect(dialog.get_by_role("img", name="The bundle as a QR code")).to_be_visible()
    expect(dialog.get_by_text("press-17.enrol")).to_be_visible()
    with admin.expect_download() as download:
        dialog.get_by_role("button", name="Save the bundle file").click()
    assert download.value.suggested_filename == "press-17.enrol"
    dialog.get_by_role("button", name="Close").last.click()
    admin.goto("/devices/requests")
    expect(admin.get_by_role("row", name="Press 17")).to_be_visible()


def test_a_device_that_knocks_is_let_in(admin):
    admin.goto("/devices")
    admin.get_by_role("link", name="1 device asks to be let in").click()
    expect(admin.get_by_text("K7QF-2M9D-XT4W")).to_be_visible()
    admin.get_by_role("button", name="Let in").click()
    expect(admin.get_by_text("Nobody waits")).to_be_visible()


def test_a_deployment_shows_its_steps_and_asks_before_it_is_cancelled(admin):
    admin.goto("/deployments")
    admin.get_by_role("link", name="OEE 14").first.click()
    expect(admin.get_by_text("Canary", exact=True).first).to_be_visible()
    admin.get_by_role("button", name="Cancel").click()
    dialog = admin.get_by_role("dialog", name="Cancel OEE 14?")
    dialog.get_by_role("button", name="Cancel").last.click()
    expect(dialog).to_be_hidden()


def test_a_gateway_gets_its_password_once(admin):
    admin.goto("/broker")
    admin.get_by_role("button", name="Add a client").click()
    dialog = admin.get_by_role("dialog", name="Add a client")
    dialog.get_by_label("Name", exact=True).fill("plc-4")
    dialog.get_by_label("Topic filter").fill("plant/line-3/#")
    dialog.get_by_role("button", name="Save").click()
    expect(admin.get_by_text("mock-password")).to_be_visible()
    admin.get_by_role("dialog").get_by_role("button", name="Close").last.click()
    expect(admin.get_by_role("button", name="plc-4", exact=True)).to_be_visible()


def test_the_recovery_kit_asks_for_a_long_passphrase_twice(admin):
    admin.goto("/settings")
    admin.get_by_role("button", name="Save the recovery kit").click()
    dialog = admin.get_by_role("dialog", name="Recovery kit")
    make = dialog.get_by_role("button", name="Save the recovery kit")
    dialog.get_by_label("Passphrase", exact=True).fill("a long passphrase")
    dialog.get_by_label("Passphrase once more").fill("another one")
    expect(dialog.get_by_text("The two passphrases differ.")).to_be_attached()
    dialog.get_by_label("Passphrase once more").fill("a long passphrase")
    with admin.expect_download():
        make.click()
    expect(admin.get_by_text("Last saved on")).to_be_visible()


def test_the_overview_counts_devices_by_what_is_to_be_done_about_them(admin):
    admin.goto("/")
    counts = admin.get_by_role("region", name="Devices")
    expect(counts.get_by_role("link", name="480 devices")).to_be_visible()
    attention = admin.get_by_role("region", name="Needs attention")
    expect(attention.get_by_role("link", name="68 devices: Offline")).to_be_visible()
    expect(attention.get_by_role("link", name="1 deployment waits for somebody")).to_be_visible()
    counts.get_by_role("link", name="2 In trouble").click()
    expect(admin.get_by_role("combobox", name="State")).to_have_value("faulty")


def test_a_device_that_somebody_works_on_is_marked_in_the_list(admin):
    admin.goto("/devices?state=developer")
    expect(admin.get_by_text("1 of 1")).to_be_visible()
    expect(admin.locator(".tag")).to_have_text("Worked on")
    admin.goto(f"/devices/{WORKED_ON}")
    admin.get_by_role("button", name="Actions").click()
    admin.get_by_role("menuitem", name="Stop working on the device").click()
    dialog = admin.get_by_role("dialog", name="Stop working on")
    expect(dialog.get_by_role("radio", name="Is kept, and the device goes back")).to_be_checked()
    dialog.get_by_role("radio", name="Goes on running").check()
    with admin.expect_request("**/commands") as order:
        dialog.get_by_role("button", name="Stop working on the device").click()
    assert order.value.post_data_json == {"command": "autonomous", "keep": "snapshot"}
    expect(admin.get_by_text("follows its target snapshot again").first).to_be_visible()


def test_a_device_is_made_to_blink_and_one_that_is_away_says_why_it_cannot(admin):
    admin.goto(f"/devices/{FIRST}")
    admin.get_by_role("button", name="Actions").click()
    with admin.expect_request("**/commands") as order:
        admin.get_by_role("menuitem", name="Make it blink").click()
    assert order.value.post_data_json == {"command": "identify"}
    expect(admin.get_by_text("A light of the device blinks.").first).to_be_visible()
    admin.goto(f"/devices/{AWAY}")
    admin.get_by_role("button", name="Actions").click()
    renew = admin.get_by_role("menuitem", name="Renew its certificate")
    expect(renew).to_have_attribute("aria-disabled", "true")
    expect(renew).to_have_attribute("title", "The device is offline.")


def test_a_device_on_probation_says_until_when_and_whether_it_is_heard(admin):
    admin.goto(f"/devices/{ON_PROBATION}")
    facts = admin.get_by_role("region", name="Flows")
    expect(facts.get_by_text("in contact with this server")).to_be_visible()


def test_a_stock_agent_is_not_asked_what_it_does_not_obey(admin):
    admin.goto(f"/devices/{STOCK}/settings")
    form = admin.get_by_role("region", name="How Node-RED runs")
    expect(form.get_by_text("decides by itself about heap")).to_be_visible()
    expect(form.get_by_label("Heap of Node-RED in MB")).to_have_count(0)
    form.get_by_label("Version of Node-RED").fill("4.1.3")
    with admin.expect_request("**/settings") as change:
        form.get_by_role("button", name="Save").click()
    assert change.value.post_data_json == {"timeZone": None, "nodeREDVersion": "4.1.3"}


def test_pages_of_a_device_are_opened_by_a_code_for_the_path_that_was_asked_for(admin, context):
    admin.goto(f"/devices/{FIRST}")
    with context.expect_page() as opening:
        admin.get_by_role("link", name="Open pages").click()
    expect(opening.value.locator("#code")).to_have_text("page:/")
    opening.value.close()
    admin.goto(f"/open/pages/d/{FIRST}?path=/ui/line%3Fa%3D1")
    expect(admin.locator("#code")).to_have_text("page:/ui/line?a=1")


def test_not_now_is_overridden_by_two_people_only(admin):
    admin.goto(f"/devices/{WAITING}")
    box = admin.get_by_role("region", name="The device says “not now”")
    expect(box.get_by_text("The machine says not now: a shift runs")).to_be_visible()
    box.get_by_role("button", name="Switch now all the same").click()
    dialog = admin.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("Agreed with the shift")
    dialog.get_by_role("button", name="Switch now all the same").click()
    expect(box.get_by_text("Agreed with the shift")).to_be_visible()
    allow = box.get_by_role("button", name="Allow it")
    expect(allow).to_have_attribute("aria-disabled", "true")
    expect(allow).to_have_attribute("title", "You asked for it: a second person must allow it.")
    box.get_by_role("button", name="Take it back").click()
    expect(box.get_by_role("button", name="Switch now all the same")).to_be_visible()


def test_whether_it_fits_is_asked_with_the_plan_that_was_typed(admin):
    admin.goto("/deployments/new")
    admin.get_by_label("Snapshot").select_option(index=1)
    admin.get_by_label("Hall 2 (240 devices)").check()
    admin.get_by_label("Devices that get it first").fill("3")
    admin.get_by_label("Then shares of all, in per cent").fill("50 100")
    admin.get_by_label("Maintenance window").select_option(index=1)
    expect(admin.get_by_text("Asked for 3 first, then 50,100.")).to_be_visible()


def test_the_danger_zone_of_a_device_speaks_of_the_device(admin):
    admin.goto(f"/devices/{FIRST}/danger")
    zone = admin.get_by_role("region", name="Danger zone")
    expect(zone).to_be_visible()
    expect(zone.get_by_text("instance")).to_have_count(0)


def test_a_step_that_stopped_a_deployment_does_not_say_that_it_runs(admin):
    admin.goto("/deployments")
    admin.get_by_role("row").filter(has_text="Stopped").get_by_role("link").first.click()
    step = admin.get_by_role("region", name="Steps").get_by_role("listitem").first
    expect(step.get_by_text("Stopped", exact=True)).to_be_visible()
    expect(step.get_by_text("Running", exact=True)).to_have_count(0)
