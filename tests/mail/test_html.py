"""HTML mail as text, for reading."""

import pytest

from mail.html import DEPTH, html_to_text, is_too_deep


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("<div>one</div><div>two<br>three</div>", "one\ntwo\nthree"),
        ("a <b>bold</b>\n  word", "a bold word"),
        ("<ul><li>one<li><p>two</p></ul><ol><li>x<li>y</ol>", "* one\n* two\n\n1. x\n2. y"),
        ("<ul><li>a<ul><li>b</ul></ul>", "* a\n\n  * b"),
        ("<table><tr><td>a<td>b</tr><tr><td>c<td>d</tr></table>", "a b\nc d"),
        ('<a href="https://example.org/x">here</a>', "here <https://example.org/x>"),
        ('<a href="https://example.org/">example.org</a>', "example.org"),
        ('<a href="mailto:a@example.org">write</a>', "write"),
        ("<pre>a\n  b</pre>c", "a\n  b\n\nc"),
        ("<style>p{}</style><script>x</script><title>t</title>words", "words"),
        ('<div style="display:none">pre</div>words', "words"),
        ('<span style="mso-hide:all">pre</span><p hidden>x</p>words', "words"),
        ('<img src="cid:x" alt="logo"> text', "logo text"),
        ("a&nbsp;b &lt;c&gt; &auml;\u200b", "a b <c> ä"),
        ("<!-- no --><p>x", "x"),
        ("", ""),
        ("no html at all", "no html at all"),
        ("a\0b", "ab"),
    ],
)
def test_rendering(html, text):
    assert html_to_text(html) == text


def test_deep_nesting_is_read_without_a_tree():
    html = "<p>words</p>" + "<div>" * (DEPTH + 2) + "deep &amp; <b>dark</b>"

    assert is_too_deep(html)
    assert html_to_text(html) == "words\ndeep & dark"


def test_ordinary_nesting_is_no_depth():
    assert not is_too_deep("<div><p>x</div>" * 5000)
