"""Tricky dates, worked out by hand from the texts with a printed calendar, against the command.

Asked of `helpdesk deadlines --batch` itself, all in one run, as its users ask.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from regimes.regime import Right, codes, load

ROOT: Final = Path(__file__).resolve().parents[2]


def row(regime, right, received, *events, cal=None, tz=None, **dates):
    """One question and its dates; a date that is not given must be null."""
    ask = {"regime": regime, "right": right, "calendar": cal}
    ask["received_at" if "T" in received else "received"] = received
    ask |= {"tz": tz} if tz else {}
    ask["events"] = [{"type": kind, "on": on} for kind, on in events]
    says = dates.pop("says", "")
    return ask, {"ack": None, "due": None, "reach": None, **dates}, says


ID_ASKED, ID_CAME = "identity_requested", "identity_received"
ASKED, ANSWERED = "clarification_requested", "clarification_received"
EXTENDED = "extension_notified"

UNITED_KINGDOM = [
    # February is too short: Saturday 28 to Monday 2 March.
    row("uk_gdpr", "access", "2026-01-29", cal="GB", due="2026-03-02", reach="2026-04-29"),
    # A start on the 28th ends on the 28th, not on the month's end.
    row("uk_gdpr", "access", "2026-02-28", cal="GB", due="2026-03-30", reach="2026-05-28"),
    # Three months from 30 November: Sunday 28 February 2027.
    row("uk_gdpr", "deletion", "2026-11-30", cal="GB", due="2026-12-30", reach="2027-03-01"),
    # Good Friday 2027, the weekend, Easter Monday.
    row("uk_gdpr", "access", "2027-02-26", cal="GB", due="2027-03-30", reach="2027-05-26"),
    # Saturday 1 January 2028; Monday 3 is the bank holiday in its place.
    row("uk_gdpr", "access", "2027-12-01", cal="GB", due="2028-01-04", reach="2028-03-01"),
    row("uk_gdpr", "access", "2027-12-01", due="2028-01-03", reach="2028-03-01"),
    # Complaints: 30 days, the day after receipt is day one; since 19 June 2026.
    row("uk_gdpr", "complaint", "2026-06-18", cal="GB"),
    row("uk_gdpr", "complaint", "2026-06-19", cal="GB", ack="2026-07-20"),  # Sunday 19 July
    row("uk_gdpr", "complaint", "2026-07-01", cal="GB", ack="2026-07-31"),
    row("uk_gdpr", "complaint", "2026-08-01", cal="GB", ack="2026-09-01"),  # summer bank holiday
    row("uk_gdpr", "complaint", "2026-08-01", ack="2026-08-31"),
    # The requested identity starts the clock: 5 March; Easter Sunday and Monday.
    row(
        *("uk_gdpr", "access", "2026-03-01", (ID_ASKED, "2026-03-02"), (ID_CAME, "2026-03-05")),
        cal="GB",
        due="2026-04-07",
        reach="2026-06-05",
    ),
    # The same; the notice comes on the last day, which the holidays have moved.
    row(
        *("uk_gdpr", "access", "2026-03-01", (ID_ASKED, "2026-03-02"), (ID_CAME, "2026-03-05")),
        (EXTENDED, "2026-04-07"),
        cal="GB",
        due="2026-06-05",
        reach="2026-06-05",
    ),
    row(
        *("uk_gdpr", "access", "2026-03-01", (ID_ASKED, "2026-03-02"), (ID_CAME, "2026-03-05")),
        (EXTENDED, "2026-04-08"),
        cal="GB",
        due="2026-04-07",
        reach="2026-06-05",
        says="ignored",
    ),
    # Events in any order.
    row(
        *("uk_gdpr", "access", "2026-03-01", (ID_CAME, "2026-03-05"), (ID_ASKED, "2026-03-02")),
        cal="GB",
        due="2026-04-07",
        reach="2026-06-05",
    ),
    # Asked on 20 May, answered on 2 June: 12 days of May and 2 of June do not count.
    row(
        *("uk_gdpr", "access", "2026-05-11", (ASKED, "2026-05-20"), (ANSWERED, "2026-06-02")),
        cal="GB",
        due="2026-06-25",
        reach="2026-08-25",
    ),
    # The pause also moves the date for the notice: 20 June lies after the month, within 14 days.
    row(
        *("uk_gdpr", "access", "2026-05-11", (ASKED, "2026-05-20"), (ANSWERED, "2026-06-02")),
        (EXTENDED, "2026-06-20"),
        cal="GB",
        due="2026-08-25",
        reach="2026-08-25",
    ),
    row(
        *("uk_gdpr", "rectification", "2026-05-11"),
        (ASKED, "2026-05-20"),
        (ANSWERED, "2026-06-02"),
        cal="GB",
        due="2026-06-11",
        reach="2026-08-11",
    ),
    # Both: from 10 September, and 14 to 18 September are five days.
    row(
        *("uk_gdpr", "access", "2026-09-01", (ID_ASKED, "2026-09-02"), (ID_CAME, "2026-09-10")),
        *((ASKED, "2026-09-14"), (ANSWERED, "2026-09-18")),
        cal="GB",
        due="2026-10-15",
        reach="2026-12-15",
    ),
    row("uk_gdpr", "access", "2026-09-01", (ASKED, "2026-09-03"), cal="GB", says="stands"),
    row(
        *("uk_gdpr", "deletion", "2026-09-01", ("agent_authority_requested", "2026-09-02")),
        cal="GB",
        says="has not started",
    ),
    # The fee comes on Saturday 28 February; Saturday 28 March to Monday.
    row(
        *("uk_gdpr", "access", "2026-02-10", ("fee_requested", "2026-02-12")),
        ("fee_paid", "2026-02-28"),
        cal="GB",
        due="2026-03-30",
        reach="2026-05-28",
    ),
    # One day's question; no bank holidays.
    row(
        *("uk_gdpr", "access", "2026-04-27", (ASKED, "2026-05-01"), (ANSWERED, "2026-05-01")),
        due="2026-05-28",
        reach="2026-07-28",
    ),
    # 23:30 UTC is 00:30 of the next day in a British summer: Saturday 1 August.
    row(
        *("uk_gdpr", "access", "2026-06-30T23:30:00Z"),
        cal="GB",
        tz="Europe/London",
        due="2026-08-03",
        reach="2026-10-01",
    ),
    row(
        *("uk_gdpr", "access", "2026-06-30T23:30:00Z"),
        cal="GB",
        tz="UTC",
        due="2026-07-30",
        reach="2026-09-30",
    ),
]

EUROPE = [
    # 31 October: November has 30 days; 31 January 2027 is a Sunday.
    row("eu_gdpr", "access", "2026-10-31", due="2026-11-30", reach="2027-02-01"),
    row("eu_gdpr", "deletion", "2026-03-31", cal="DE", due="2026-04-30", reach="2026-06-30"),
    # Labour Day 2026 is a Friday.
    row("eu_gdpr", "deletion", "2026-04-01", cal="DE", due="2026-05-04", reach="2026-07-01"),
    row("eu_gdpr", "deletion", "2026-04-01", due="2026-05-01", reach="2026-07-01"),
    row("eu_gdpr", "access", "2026-09-03", cal="DE", due="2026-10-05", reach="2026-12-03"),
    # Boxing Day is a Saturday; only Britain has a day off in its place.
    row("eu_gdpr", "access", "2026-11-26", cal="DE", due="2026-12-28", reach="2027-02-26"),
    row("eu_gdpr", "access", "2026-11-26", cal="GB", due="2026-12-29", reach="2027-02-26"),
    # Ascension Day.
    row("eu_gdpr", "portability", "2026-04-14", cal="DE", due="2026-05-15", reach="2026-07-14"),
    # Identity moves nothing, and a clarification neither.
    row(
        *("eu_gdpr", "access", "2026-06-01", (ID_ASKED, "2026-06-03"), (ID_CAME, "2026-06-20")),
        *((ASKED, "2026-06-05"), (ANSWERED, "2026-06-25")),
        due="2026-07-01",
        reach="2026-09-01",
    ),
    row(
        *("eu_gdpr", "deletion", "2026-04-01", (EXTENDED, "2026-05-04")),
        cal="DE",
        due="2026-07-01",
        reach="2026-07-01",
    ),
    row(
        *("eu_gdpr", "deletion", "2026-04-01", (EXTENDED, "2026-05-05")),
        cal="DE",
        due="2026-05-04",
        reach="2026-07-01",
        says="ignored",
    ),
    row("eu_gdpr", "access", "2027-01-30", due="2027-03-01", reach="2027-04-30"),
    # Leap year; Sunday 30 April 2028 and Labour Day.
    row("eu_gdpr", "access", "2028-01-31", cal="DE", due="2028-02-29", reach="2028-05-02"),
    row("eu_gdpr", "access", "2028-01-31", due="2028-02-29", reach="2028-05-01"),
    # 16:30 UTC on 31 July is 1 August in Shanghai and 31 July in Berlin.
    row("eu_gdpr", "access", "2026-07-31T16:30:00Z", due="2026-09-01", reach="2026-11-02"),
    row(
        *("eu_gdpr", "access", "2026-07-31T16:30:00Z"),
        tz="Europe/Berlin",
        due="2026-08-31",
        reach="2026-11-02",
    ),
    # The Golden Week of 2026: 1 to 7 October.
    row("eu_gdpr", "access", "2026-09-01", cal="CN", due="2026-10-08", reach="2026-12-01"),
]

CALIFORNIA = [
    # Holidays count as business days: 25 December is the first, 1 January the sixth.
    row(
        *("us_ca_ccpa", "access", "2026-12-24"),
        ack="2027-01-07",
        due="2027-02-07",
        reach="2027-03-24",
    ),
    # Thanksgiving too.
    row("us_ca_ccpa", "opt_out", "2026-11-25", ack="2026-12-09", due="2026-12-16"),
    row(
        *("us_ca_ccpa", "deletion", "2026-08-01"),
        ack="2026-08-14",
        due="2026-09-15",
        reach="2026-10-30",
    ),
    # Whatever verification takes.
    row(
        *(
            "us_ca_ccpa",
            "deletion",
            "2026-08-01",
            (ID_ASKED, "2026-08-03"),
            (ID_CAME, "2026-09-10"),
        ),
        ack="2026-08-14",
        due="2026-09-15",
        reach="2026-10-30",
    ),
    row(
        *("us_ca_ccpa", "deletion", "2026-08-01", (EXTENDED, "2026-09-15")),
        ack="2026-08-14",
        due="2026-10-30",
        reach="2026-10-30",
    ),
    row(
        *("us_ca_ccpa", "deletion", "2026-08-01", (EXTENDED, "2026-09-16")),
        ack="2026-08-14",
        due="2026-09-15",
        reach="2026-10-30",
        says="ignored",
    ),
    # 07:30 UTC on 1 March is still February in California.
    row(
        *("us_ca_ccpa", "rectification", "2026-03-01T07:30:00Z"),
        tz="America/Los_Angeles",
        ack="2026-03-13",
        due="2026-04-14",
        reach="2026-05-29",
    ),
    row(
        *("us_ca_ccpa", "rectification", "2026-03-01T07:30:00Z"),
        ack="2026-03-13",
        due="2026-04-15",
        reach="2026-05-30",
    ),
    row(
        *("us_ca_ccpa", "limit_sensitive_use", "2026-12-21", (EXTENDED, "2026-12-28")),
        cal="GB",
        ack="2027-01-04",
        due="2027-01-11",
        says="no extension",
    ),
]

CHINA = [
    # 14 and 28 February are worked, 15 to 23 are off.
    row("cn_app_rules", "deletion", "2026-02-10", cal="CN", due="2026-03-09"),
    row("cn_app_rules", "rectification", "2026-02-10", due="2026-03-03"),
    # Labour Day 1 to 5 May, Saturday 9 May worked.
    row("cn_app_rules", "account_cancel", "2026-04-28", cal="CN", due="2026-05-21"),
    # Sunday 20 September and Saturday 10 October worked; 25 to 27 September, 1 to 7 October off.
    row("cn_app_rules", "complaint", "2026-09-18", cal="CN", due="2026-10-15"),
    # The notice for 2027 is not known: 1 January counts, the earliest possible date.
    row(
        *("cn_app_rules", "deletion", "2026-12-21"),
        cal="CN",
        due="2027-01-11",
        says="earliest possible",
    ),
    row("cn_app_rules", "access", "2026-02-10", cal="CN"),
    # 23:30 UTC on 17 June is the 18th in Shanghai, the eve of the Dragon Boat Festival.
    row("cn_app_rules", "deletion", "2026-06-17T23:30:00Z", cal="CN", due="2026-07-10"),
    row("cn_app_rules", "deletion", "2026-06-17T23:30:00Z", cal="CN", tz="UTC", due="2026-07-09"),
    row("cn_gbt35273", "access", "2026-01-31", cal="CN", due="2026-03-02"),
    # 4 October is a holiday: with a standard's 30 days the move is not relied on.
    row("cn_gbt35273", "deletion", "2026-09-04", cal="CN", due="2026-10-04"),
    row("cn_pipl", "deletion", "2026-09-04", cal="CN"),
    row("cn_pipl", "access", "2026-09-04", (ID_ASKED, "2026-09-05"), (EXTENDED, "2026-09-06")),
]

ELSEWHERE = [
    row("jp_appi", "access", "2026-01-31"),
    row("jp_appi", "deletion", "2026-01-31T15:30:00Z", (EXTENDED, "2026-02-03"), tz="Asia/Tokyo"),
    row("kr_pipa", "access", "2026-12-28", due="2027-01-07"),
    # A postponement has no number of its own.
    row("kr_pipa", "deletion", "2026-12-28", (EXTENDED, "2026-12-30"), due="2027-01-07"),
    row("br_lgpd", "access", "2026-02-20", due="2026-03-07"),
    row("br_lgpd", "deletion", "2026-02-20"),
    row("br_lgpd", "access", "2026-02-20", (EXTENDED, "2026-03-01"), due="2026-03-07"),
    row("ca_pipeda", "access", "2026-01-31", due="2026-03-02", reach="2026-04-01"),
    row(
        *("ca_pipeda", "access", "2026-01-31", (EXTENDED, "2026-03-02")),
        due="2026-04-01",
        reach="2026-04-01",
    ),
    row(
        *("ca_pipeda", "access", "2026-01-31", (EXTENDED, "2026-03-03")),
        due="2026-03-02",
        reach="2026-04-01",
        says="ignored",
    ),
    row("ca_qc_law25", "access", "2028-02-10", due="2028-03-11"),
    row("sg_pdpa", "access", "2026-06-15", (ID_ASKED, "2026-06-16"), due="2026-07-15"),
    # Sunday 27 September moves, Saturday the 26th does not.
    row("za_popia", "access", "2026-08-28", due="2026-09-28", reach="2026-10-27"),
    row("za_popia", "deletion", "2026-08-27", due="2026-09-26"),
    row("tr_kvkk", "access", "2026-12-15", due="2027-01-14"),
    # The regulator's yardstick counts as the number.
    row("au_privacy", "access", "2027-02-01", due="2027-03-03"),
    row("au_privacy", "rectification", "2026-12-02", cal="GB", due="2027-01-01"),
    row(
        *("ch_fadp", "access", "2026-10-31", ("fee_requested", "2026-11-02")),
        ("fee_paid", "2026-11-05"),
        due="2026-11-30",
    ),
    row("in_dpdp", "complaint", "2027-06-01", due="2027-08-30"),
    row("in_dpdp", "complaint", "2026-12-01"),
    row("in_dpdp", "access", "2027-06-01"),
    # Three working days: 8 and 9 October, and Saturday the 10th, which is worked.
    row(
        *("default", "access", "2026-09-30"),
        cal="CN",
        ack="2026-10-10",
        due="2026-10-30",
        reach="2026-11-29",
    ),
    row("default", "access", "2026-09-30", ack="2026-10-05", due="2026-10-30", reach="2026-11-29"),
    row(
        *("default", "deletion", "2026-12-23"),
        cal="GB",
        ack="2026-12-30",
        due="2027-01-22",
        reach="2027-02-21",
    ),
]

ROWS = [*UNITED_KINGDOM, *EUROPE, *CALIFORNIA, *CHINA, *ELSEWHERE]


@pytest.fixture(scope="module")
def answers() -> list[dict]:
    asked = "".join(json.dumps({"id": n, **ask}) + "\n" for n, (ask, *_) in enumerate(ROWS))
    done = subprocess.run(
        [sys.executable, "-m", "helpdesk", "deadlines", "--batch"],
        cwd=ROOT,
        input=asked,
        capture_output=True,
        text=True,
        timeout=110,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("number", range(len(ROWS)))
def test_the_command_says_what_the_text_says(answers, number):
    ask, expected, says = ROWS[number]
    answer = answers[number]

    actual = {
        "ack": answer["acknowledge_due"],
        "due": answer["respond_due"],
        "reach": answer["extendable_until"],
    }
    assert answer["id"] == number
    assert actual == expected, (ask, answer["why"])
    assert says in " ".join(answer["why"])


@pytest.mark.parametrize("number", range(len(ROWS)))
def test_our_own_date_is_never_after_the_laws(answers, number):
    answer = answers[number]

    if answer["respond_due"] is None:
        assert answer["internal_due"] is None
    else:
        assert answer["internal_due"] <= answer["respond_due"]


def test_the_table_is_not_small():
    assert sum(date is not None for _, dates, _ in ROWS for date in dates.values()) >= 120


# The table of law.md 1: acknowledgement, answer, extension in all; `-` where it has no number.
TABLE = """
cn_pipl      access         -               -               -
cn_gbt35273  access         -               30 day          -
cn_app_rules account_cancel -               15 working_day  -
cn_app_rules rectification  -               15 working_day  -
cn_app_rules deletion       -               15 working_day  -
cn_app_rules complaint      -               15 working_day  -
eu_gdpr      access         -               1 month         3 month
uk_gdpr      access         -               1 month         3 month
uk_gdpr      complaint      30 day          -               -
us_ca_ccpa   access         10 business_day 45 day          90 day
us_ca_ccpa   opt_out        10 business_day 15 business_day -
us_ca_ccpa   limit_sensitive_use 10 business_day 15 business_day -
br_lgpd      access         -               15 day          -
br_lgpd      rectification  -               -               -
ca_pipeda    access         -               30 day          60 day
ca_qc_law25  access         -               30 day          -
sg_pdpa      access         -               30 day          open
jp_appi      access         -               -               -
kr_pipa      access         -               10 day          open
kr_pipa      rectification  -               10 day          open
kr_pipa      restriction    -               10 day          open
in_dpdp      access         -               -               -
in_dpdp      complaint      -               90 day          -
au_privacy   access         -               30 day          -
ch_fadp      access         -               30 day          open
za_popia     access         -               30 day          60 day
za_popia     deletion       -               30 day          -
za_popia     rectification  -               30 day          -
tr_kvkk      access         -               30 day          -
default      access         3 working_day   30 day          60 day
"""


def told(period) -> str:
    if period is None:
        return "-"
    return "open" if period.count is None else f"{period.count} {period.unit}"


@pytest.mark.parametrize("line", TABLE.strip().splitlines(), ids=lambda line: line[:32].strip())
def test_the_data_hold_the_numbers_of_the_specification(line):
    code, right, *rest = line.split()

    clock = load(code).clock(Right(right))
    periods = (clock.acknowledge, clock.answer, clock.extension)
    assert " ".join(told(one) for one in periods) == " ".join(rest)


def test_the_table_has_every_regime():
    assert {line.split()[0] for line in TABLE.strip().splitlines()} == set(codes())


@pytest.mark.parametrize(
    ("tz", "due"),
    # 16:30 UTC on 28 February: 1 March in Shanghai, still February in Berlin.
    [(None, "2026-03-30"), ("Asia/Shanghai", "2026-04-01")],
)
def test_the_zone_of_the_config_counts_unless_the_line_names_one(tmp_path, tz, due):
    config = tmp_path / "config.toml"
    config.write_text('[company]\nzone = "Europe/Berlin"\n')
    ask = {"id": 1, "regime": "eu_gdpr", "right": "access", "received_at": "2026-02-28T16:30:00Z"}
    done = subprocess.run(
        [sys.executable, "-m", "helpdesk", "deadlines", "--config", str(config)],
        cwd=ROOT,
        input=json.dumps({**ask, "tz": tz}),
        capture_output=True,
        text=True,
        timeout=110,
        check=True,
    )

    assert json.loads(done.stdout)["respond_due"] == due
