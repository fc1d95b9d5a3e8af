"""`helpdesk policy check` says whether the answers are still those of the policy."""

from __future__ import annotations

from click.testing import CliRunner

from helpdesk.commands.policy import policy
from templates.policy import WRITTEN_FROM, to_review
from templates.rendering import Templates


def test_the_policy_that_the_answers_were_written_from(shared):
    done = CliRunner().invoke(policy, ["check", str(shared / "privacy-policy.txt")])

    assert done.exit_code == 0
    assert f"{len(to_review(Templates()))} answers" in done.output
    assert WRITTEN_FROM in done.output


def test_another_policy_lists_every_answer(tmp_path):
    text = tmp_path / "policy.txt"
    text.write_text("Something else.\n", encoding="utf-8")

    done = CliRunner().invoke(policy, ["check", str(text)])

    assert done.exit_code == 1
    assert WRITTEN_FROM in done.output
    listed = [line.strip() for line in done.output.splitlines() if line.endswith(".j2")]
    assert listed == to_review(Templates())
    assert "zh-Hant/question/retention.j2" in listed
