"""Files, recipes and flow tests as a person uses them."""

import re

from playwright.sync_api import expect


def press(tab) -> str:
    tab.goto("/instances")
    return re.search(r"/instances/\w+", tab.get_by_role("link", name="Press OEE").get_attribute("href")).group()


def test_files_are_uploaded_moved_and_deleted(admin):
    base = press(admin)
    admin.goto(f"{base}/files")
    admin.get_by_role("button", name="shifts", exact=True).click()
    expect(admin.get_by_role("button", name="early.csv", exact=True)).to_be_visible()
    expect(admin).to_have_url(re.compile("path=shifts"))
    admin.locator("input[type=file]").set_input_files(
        [{"name": "night.csv", "mimeType": "text/csv", "buffer": b"a;b\n"}])
    expect(admin.get_by_role("button", name="night.csv", exact=True)).to_be_visible()
    admin.get_by_role("button", name="Actions for night.csv").click()
    admin.get_by_role("menuitem", name="Rename or move").click()
    admin.get_by_role("textbox", name="Name").fill("shifts/third.csv")
    admin.get_by_role("dialog").get_by_role("button", name="Rename or move").click()
    expect(admin.get_by_role("button", name="third.csv", exact=True)).to_be_visible()
    admin.get_by_role("button", name="Actions for third.csv").click()
    admin.get_by_role("menuitem", name="Delete").click()
    admin.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(admin.get_by_role("button", name="third.csv", exact=True)).to_have_count(0)
    admin.go_back()
    expect(admin.get_by_role("button", name="report.csv", exact=True)).to_be_visible()


def test_a_file_that_is_there_is_replaced_only_when_asked(admin):
    base = press(admin)
    admin.goto(f"{base}/files")
    admin.locator("input[type=file]").set_input_files(
        [{"name": "report.csv", "mimeType": "text/csv", "buffer": b"a;b\n"}])
    expect(admin.get_by_text("There is a file of this name already.")).to_be_visible()
    admin.get_by_role("button", name="Replace them").click()
    expect(admin.get_by_text("There is a file of this name already.")).to_have_count(0)
    expect(admin.get_by_text("1 file was uploaded.")).to_be_visible()
    admin.problems.expect("412")


def test_a_viewer_reads_files_and_changes_none(viewer):
    base = press(viewer)
    viewer.goto(f"{base}/files")
    expect(viewer.get_by_role("button", name="report.csv", exact=True)).to_be_visible()
    expect(viewer.get_by_role("button", name="Upload")).to_have_attribute("aria-disabled", "true")


def test_a_recipe_is_read_and_used(admin):
    admin.goto("/recipes")
    admin.get_by_role("link", name="HTTP endpoint with a page").click()
    expect(admin.get_by_role("heading", name="HTTP endpoint with a page", level=1)).to_be_visible()
    expect(admin.get_by_role("cell", name="Path of the endpoint")).to_be_visible()
    admin.get_by_role("link", name="New instance from it").click()
    expect(admin).to_have_url(re.compile("recipe=http-endpoint"))


def test_a_test_run_shows_what_was_expected_and_what_came(admin):
    base = press(admin)
    admin.goto(f"{base}/tests")
    expect(admin.get_by_text("1 passed, 1 failed")).to_be_visible()
    expect(admin.get_by_text('"payload": "low"')).to_be_visible()
    admin.get_by_role("button", name="Run tests").click()
    expect(admin.get_by_text("2 passed, 0 failed")).to_be_visible()


def test_a_test_case_is_written_refused_and_saved(admin):
    base = press(admin)
    admin.goto(f"{base}/tests")
    admin.get_by_role("button", name="New test case").first.click()
    dialog = admin.get_by_role("dialog")
    dialog.get_by_label("Name").fill("A doubled value comes out")
    dialog.get_by_label("Definition").fill("{")
    expect(dialog.get_by_text("This is no JSON object.").first).to_be_visible()
    dialog.get_by_label("Definition").fill('{"steps": [{"send": {"payload": 1}, "to": ""}]}')
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_text("steps[0].to: is no node")).to_be_visible()
    dialog.get_by_label("Definition").fill('{"steps": [{"send": {"payload": 1}, "to": "n1"}]}')
    dialog.get_by_role("button", name="Save").click()
    expect(admin.get_by_role("button", name="A doubled value comes out", exact=True)).to_be_visible()
    admin.problems.expect("422")


def test_a_restore_brings_files_back_only_when_asked(admin):
    base = press(admin)
    admin.goto(f"{base}/versions")
    admin.get_by_role("button", name="Commands for version 11").click()
    admin.get_by_role("menuitem", name="Restore…").click()
    dialog = admin.get_by_role("dialog")
    dialog.get_by_label("Put its files back too").check()
    dialog.get_by_label("Remove the files that do not belong to it").check()
    with admin.expect_request(lambda r: r.url.endswith("/restore") and "dryRun" not in (r.post_data or "")) as asked:
        dialog.get_by_role("button", name=re.compile("^Restore")).click()
    assert asked.value.post_data_json["files"] is True
    assert asked.value.post_data_json["removeOthers"] is True


def test_a_file_comes_out_of_an_old_version(admin):
    base = press(admin)
    admin.goto(f"{base}/versions")
    admin.get_by_role("button", name="Commands for version 11").click()
    admin.get_by_role("menuitem", name="Its files…").click()
    dialog = admin.get_by_role("dialog", name="Files of version 11")
    expect(dialog.get_by_text("1 file could not be kept with this version.")).to_be_visible()
    with admin.expect_download() as given:
        dialog.get_by_role("button", name="shifts/report.csv").click()
    assert given.value.suggested_filename == "report.csv"


def test_a_run_that_takes_too_long_is_stopped(admin, site):
    admin.request.post(f"{site.url}/mock/long-run", data={})
    base = press(admin)
    admin.goto(f"{base}/tests")
    admin.get_by_role("button", name="Run tests").click()
    admin.get_by_role("button", name="Stop this run").click()
    expect(admin.get_by_text("It was stopped by admin.")).to_be_visible()
