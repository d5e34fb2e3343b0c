"""The trial table in a real browser: search, sorting, and what stands behind each estimate."""

from __future__ import annotations

from playwright.sync_api import Page

TABLE = "#table-trials"


def column(page: Page, number: int) -> list[str]:
    cells = page.locator(f"{TABLE} tbody tr > :nth-child({number})").all_inner_texts()
    return [cell.replace("\u2212", "-").split("\n")[0] for cell in cells]


def sort_by(page: Page, label: str) -> int:
    heads = page.locator(f"{TABLE} thead th").all_inner_texts()
    page.locator(TABLE).get_by_role("button", name=label, exact=True).click()
    return heads.index(label) + 1


def test_numbers_sort_as_numbers_and_dashes_stay_last(page: Page, address: str) -> None:
    page.goto(address)
    number = sort_by(page, "SE")
    up = [float(cell) for cell in column(page, number)]
    assert len(up) > 40
    assert up == sorted(up)
    assert (
        page.locator(f"{TABLE} th[aria-sort]").evaluate_all("e => e.map((h) => h.ariaSort).join()")
        == "ascending"
    )
    sort_by(page, "SE")
    assert [float(cell) for cell in column(page, number)] == up[::-1]
    weights = sort_by(page, "Weight in update, %")
    found = column(page, weights)
    there = [cell for cell in found if cell != "\u2013"]
    assert found == there + ["\u2013"] * (len(found) - len(there))
    assert [float(cell) for cell in there] == sorted(map(float, there))


def test_effects_sort_numbers_before_words(page: Page, address: str) -> None:
    page.goto(address)
    effects = column(page, sort_by(page, "Effect or words, mmHg"))
    words = [cell for cell in effects if cell.startswith(("ns", "lower", "higher"))]
    numbers = [float(cell) for cell in effects[: len(effects) - len(words)]]
    assert numbers == sorted(numbers)
    assert numbers[0] < 0 < numbers[-1]
    assert effects[len(numbers) :] == sorted(words)


def test_search_and_sorting_go_together(page: Page, address: str) -> None:
    page.goto(address)
    box = page.locator(f'.search[data-for="{TABLE[1:]}"] input')
    box.fill("longxxx systolic")
    assert page.locator(f"{TABLE} tbody tr:visible").count() == 1
    sort_by(page, "Trial")
    assert page.locator(f"{TABLE} tbody tr:visible").count() == 1
    box.fill("")
    assert page.locator(f"{TABLE} tbody tr:visible").count() == page.locator(f"{TABLE} tbody tr").count()


def test_an_estimate_opens_what_stands_behind_it_and_closes_again(page: Page, address: str) -> None:
    page.goto(address)
    link = page.locator(f'{TABLE} a[href="#behind-sbp-invented1"]')
    link.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    assert dialog.is_visible()
    text = dialog.inner_text()
    assert "Fiction 1901, systolic blood pressure" in text
    assert "difference with its confidence interval (1_ci)" in text
    assert "Borrowed" in text
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    assert link.evaluate("e => e === document.activeElement")


def test_every_estimate_of_the_table_has_something_behind_it(page: Page, address: str) -> None:
    page.goto(address)
    missing = f"""[...document.querySelectorAll('{TABLE} a[href^="#behind-"]')]
        .filter((a) => !document.getElementById(a.hash.slice(1))).map((a) => a.hash)"""
    assert page.evaluate(missing) == []
    assert page.locator(f'{TABLE} a[href^="#behind-"]').count() == page.locator(f"{TABLE} tbody tr").count()
