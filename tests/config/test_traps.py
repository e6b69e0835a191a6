"""What a person sees who fell into one of YAML's traps."""

from __future__ import annotations

import pytest

from tests.config.builders import a_file, a_rule, line_of, only_problem, problems_of


@pytest.mark.parametrize(
    "lines",
    [
        "post: #leads-dach",
        "post:  #leads-dach # ours",
        "post:\n  #leads-dach\nowner: anna",
        "post: [#leads-dach, anna]",
    ],
)
def test_an_unquoted_channel_is_named_with_its_quotes(lines: str) -> None:
    text = a_rule(lines)

    problem = problems_of(text)[0]

    assert 'Quote it: "#leads-dach"' in str(problem)
    assert problem.line in {line_of(text, "#leads-dach"), line_of(text, "#leads-dach") - 1}


def test_an_unquoted_channel_in_a_list_of_lines_is_named() -> None:
    problem = problems_of(a_rule("post:\n  - #leads-dach\n  - anna"))[0]

    assert 'Quote it: "#leads-dach"' in str(problem)


def test_a_comment_after_an_empty_value_is_no_channel() -> None:
    problem = only_problem(a_rule("post: # nobody yet"))

    assert "There is no value here" in problem.message


def test_an_indentation_by_tab_is_named_with_its_column() -> None:
    text = a_file().replace('    post: "#leads-all"', '\t  post: "#leads-all"')

    problem = only_problem(text)

    assert "indented with a tab" in problem.message
    assert (problem.line, problem.column) == (line_of(text, "\t"), 1)


@pytest.mark.parametrize("place", ["first", "middle", "alone"])
def test_a_missing_space_after_a_colon_is_shown_mended(place: str) -> None:
    text = {
        "first": "timezone:UTC\n" + a_file(),
        "middle": a_rule("post:nobody\nowner: anna"),
        "alone": a_rule("when:\n  form:6083\npost: nobody"),
    }[place]

    problem = problems_of(text)[0]

    assert "There must be a space after the colon" in problem.message
    assert {"first": "timezone: UTC", "middle": "post: nobody", "alone": "form: 6083"}[place] in problem.hint


def test_a_missing_space_inside_braces_is_shown_mended() -> None:
    problem = problems_of(a_file(people="people: {anna: {slack:U0ANNA, email: anna@example.com}}\n"))[0]

    assert "slack: U0ANNA" in problem.hint


def test_a_comma_inside_braces_says_that_it_ended_the_value() -> None:
    rules = 'rules:\n  - {name: Enterprise demo, DACH, post: "#leads-dach"}\n'

    problem = only_problem(a_file(rules=rules))

    assert 'a comma ends the value, so "DACH" stands alone' in problem.message


def test_a_negated_list_without_brackets_is_explained() -> None:
    found = problems_of(a_rule("when: {country: {not: US, CA}}\npost: nobody"))

    assert any("comma" in problem.message or "[first, second]" in problem.hint for problem in found)


def test_a_number_that_a_comma_cut_in_two_is_a_warning() -> None:
    problem = only_problem(a_rule("when: {company_size: [at least 10,001]}\npost: nobody"))

    assert problem.severity == "warning"
    assert "10,001" in problem.message


def test_a_reference_inside_braces_must_be_quoted() -> None:
    problem = only_problem(a_file(more="server: {port: ${PORT_NUMBER}}\n"))

    assert 'Quote it: "${PORT_NUMBER}"' in problem.hint


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("post: @anna", "A value cannot begin with @"),
        ("post: 'nobody", "The quote that opens here is never closed"),
        ("post: [anna, ben", "The [ that opens here is never closed"),
        ("template: what: ever", "There is a second colon"),
        (" post: nobody", "does not line up"),
        ("post: *anna", "stands for a value that the file does not have"),
        ("post: !anna x", "A word with ! in front"),
    ],
)
def test_other_slips_get_words_and_the_line(lines: str, says: str) -> None:
    text = a_rule(lines)

    problem = problems_of(text)[0]

    assert says in problem.message
    assert abs(problem.line - line_of(text, lines.strip())) <= 1


def test_a_second_document_an_empty_file_and_a_list_are_refused() -> None:
    assert "A second document" in problems_of(a_file() + "---\nrules: []\n")[0].message
    assert "empty" in only_problem("# nothing yet\n").message
    assert "not a list of settings" in only_problem("- a\n- b\n").message


def test_a_doubled_key_names_the_other_line() -> None:
    text = a_rule('post: nobody\nowner: nobody\npost: "#leads-dach"')

    problem = only_problem(text)

    assert '"post" is given twice' in problem.message
    assert f"line {line_of(text, 'post: nobody')}" in problem.hint


def test_anchors_and_merge_keys_work_and_own_keys_win() -> None:
    rules = """\
rules:
  - &base
    name: A
    when: {country: [&de DE, AT]}
    post: nobody
  - <<: *base
    name: B
    when: {country: *de}
  - {name: All, post: nobody}
"""

    found = problems_of(a_file(rules=rules))

    assert [problem.severity for problem in found] == ["warning"]
    assert found[0].message == "Rule 2 “B” can never be used: rule 1 already takes every lead from DE"
