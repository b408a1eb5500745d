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
