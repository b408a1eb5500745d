"""First run, sign-in, invitation: how somebody gets in, and what happens when the session ends."""

import pytest
from conftest import sign_in
from playwright.sync_api import expect


@pytest.mark.parametrize("site", [("--fresh",)], indirect=True)
def test_first_run_takes_the_code_from_the_address_and_ends_signed_in(page):
    page.goto("/#code=7K2M-9QXT")
    expect(page).to_have_title("Set up Lineside – Lineside")
    expect(page.get_by_label("Setup code")).to_have_value("7K2M-9QXT")
    assert "code" not in page.url, "the code must not stay in the history"
    page.get_by_label("User name").fill("admin")
    page.get_by_label("Password").fill("short")
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Name of the site").fill("Bottling north")
    page.get_by_label("Time zone of the site").fill("Asia/Tokyo")
    page.get_by_role("button", name="Finish").click()
    # The server refuses the password: back to its step, input kept, field marked and focused.
    expect(page.get_by_text("Use at least 10 characters.")).to_be_visible()
    expect(page.get_by_label("Password")).to_be_focused()
    expect(page.get_by_label("User name")).to_have_value("admin")
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_label("Name of the site")).to_have_value("Bottling north")
    page.get_by_role("button", name="Finish").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    expect(page.get_by_text("Asia/Tokyo")).to_be_visible()
    expect(page.get_by_role("heading", name="No instance yet")).to_be_visible()
    page.problems.expect("422 (Unprocessable")


def test_a_refusal_says_what_and_carries_a_reference(page):
    page.goto("/")
    expect(page.get_by_label("User name")).to_be_focused()
    page.keyboard.type("admin")
    page.keyboard.press("Tab")
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("User name or password is wrong.")
    expect(alert).to_contain_text("mock0r3f")
    expect(alert).to_be_focused()
    alert.get_by_role("button", name="Copy reference").click()
    assert page.evaluate("navigator.clipboard.readText()") == "mock0r3f"


def test_signing_in_leads_to_where_one_wanted_to_go(page):
    sign_in(page, path="/instances?state=crashed")
    expect(page).to_have_url(page.url.split("/instances")[0] + "/instances?state=crashed")
    expect(page.get_by_role("row", name="Filler gateway")).to_be_visible()
    expect(page.get_by_text("1 of 5")).to_be_visible()
    page.get_by_role("button", name="Account of admin").click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_cookie_pushed_out_of_the_jar_comes_back(admin, context):
    context.clear_cookies()
    admin.get_by_role("link", name="Instances", exact=True).first.click()
    expect(admin.get_by_role("row", name="Press OEE")).to_be_visible()
    assert [c["name"] for c in context.cookies()] == ["__Host-lineside"]


def test_a_session_that_ended_says_so_and_returns_to_the_page(admin):
    admin.get_by_role("link", name="Stacks").click()
    expect(admin.get_by_role("heading", name="Stacks")).to_be_visible()
    admin.evaluate("fetch('/mock/end-sessions', {method: 'POST', body: '{}'})")
    # What the page reads by itself may come upon it first: then there is no link any more.
    admin.evaluate("document.querySelector('nav a[href=\"/instances\"]')?.click()")
    expect(admin.get_by_text("Your session has ended.")).to_be_visible()
    wanted = "Instances" if "instances" in admin.url else "Stacks"
    admin.get_by_label("User name").fill("admin")
    admin.get_by_label("Password").fill("correct horse")
    admin.get_by_role("button", name="Sign in").click()
    expect(admin.get_by_role("heading", name=wanted, exact=True, level=1)).to_be_visible()


def test_an_invitation_makes_an_account(admin, context):
    admin.get_by_role("link", name="Users and roles").click()
    admin.get_by_role("button", name="Invite").click()
    dialog = admin.get_by_role("dialog")
    dialog.get_by_label("Where").select_option(label="Team: Plant 1")
    dialog.get_by_label("As what").select_option(label="Viewer")
    dialog.get_by_role("button", name="Make link").click()
    link = dialog.get_by_label("Invitation link").inner_text()
    dialog.get_by_role("button", name="Close").last.click()
    admin.get_by_role("button", name="Account of admin").click()
    admin.get_by_role("menuitem", name="Sign out").click()
    admin.goto(link)
    admin.get_by_label("User name").fill("b.weber")
    admin.get_by_label("Password").fill("long enough")
    admin.get_by_role("button", name="Create account").click()
    expect(admin.get_by_text("Role: Viewer")).to_be_visible()
    admin.goto(link)
    expect(admin.get_by_text("Ask for a new one")).to_be_visible()
    admin.problems.expect("404 (Not Found)")


def test_a_viewer_is_told_what_the_role_does_not_allow(viewer):
    nav = viewer.get_by_role("navigation", name="Main")
    expect(nav.get_by_text("Role: Viewer")).to_be_visible()
    expect(nav.get_by_role("link", name="Users and roles")).to_have_count(0)
    expect(viewer.get_by_role("link", name="Create instance")).to_have_count(0)
    viewer.goto("/stacks")
    add = viewer.get_by_role("button", name="Add stack")
    expect(add).to_have_attribute("aria-disabled", "true")
    expect(add).to_have_attribute("title", "Only a site administrator may do this.")
    viewer.goto("/instances")
    viewer.get_by_role("link", name="Press OEE").click()
    expect(viewer.get_by_role("button", name="Open editor (read only)")).to_be_visible()
    expect(viewer.get_by_role("link", name="Environment")).to_have_count(0)


def test_a_viewer_changes_no_snapshot(viewer):
    viewer.goto("/snapshots/" + "n" * 18 + "01")
    restore = viewer.get_by_role("button", name="Restore…")
    expect(restore).to_have_attribute("aria-disabled", "true")
    restore.click(force=True)
    expect(viewer.get_by_role("dialog")).to_have_count(0)
    viewer.get_by_role("button", name="Commands for the snapshot").click()
    expect(viewer.get_by_role("menuitem", name="Delete snapshot")).to_have_attribute("aria-disabled", "true")
