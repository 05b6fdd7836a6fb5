import pytest

from tests.lint.bare_text import in_script, in_template
from tests.lint.places import name_of, tracked_files

BARE = {
    "a word in an element": ("<p>\n  Pods\n</p>", 2, "Pods"),
    "a word beside a variable": ("{{ count }} pods", 1, "pods"),
    "a single letter": ("<b>{{ n }}d ago</b>", 1, "d ago"),
    "a title": ("<title>Home · {{ cluster }}</title>", 1, "Home ·"),
    "a word in a branch": ("{% if a %}\n{% else %}\nnone\n{% endif %}", 3, "none"),
    "a word after a translated block": ("{% blocktranslate %}One{% endblocktranslate %} two", 1, "two"),
    "a word after a literal element": ("<code>kubectl</code> runs", 1, "runs"),
    "a word after an icon": ('<svg><path d="M0 0"/></svg>Save', 1, "Save"),
    "an entity": ("<p>&#78;ode</p>", 1, "Node"),
    "another script": ("<p>ポッド</p>", 1, "ポッド"),
    "an accessible name": ('<nav\n aria-label="Main">', 1, 'aria-label="Main"'),
    "half an attribute": ('<a title="Delete {{ name }}">', 1, 'title="Delete"'),
    "a placeholder": ('<input placeholder="Filter">', 1, 'placeholder="Filter"'),
    "an alternative": ('<img alt="logo">', 1, 'alt="logo"'),
    "a button's value": ('<input type="submit" value="Go">', 1, 'value="Go"'),
    "a description": ('<meta name="description" content="A dashboard">', 1, 'content="A dashboard"'),
    "the name of a literal element": ('<pre aria-label="Log">', 1, 'aria-label="Log"'),
    "a question": ('<button hx-confirm="Sure?">', 1, 'hx-confirm="Sure?"'),
    "prose for a script": ('<div data-ended="The stream ended">', 1, 'data-ended="The stream ended"'),
    "a literal handed to an include": ('{% include "a.html" with label="Pods" %}', 1, "{include"),
    "a filter's default": ('{{ name|default:"none" }}', 1, "{name|default"),
    "a filter's choice": ('{{ on|yesno:"yes,no" }}', 1, "{on|yesno"),
    "an English plural": ("{{ n|pluralize }}", 1, "{n|pluralize"),
}

GOOD = {
    "translate": '<p title="{% translate "Name" %}">{% translate "Pods" %}</p>',
    "blocktranslate": "{% blocktranslate count n=n %}{{ n }} pod\n{% plural %}\n{{ n }} pods{% endblocktranslate %}",
    "variables": '<a href="{{ url }}" title="{{ name }}">{{ name }}</a>',
    "symbols and numbers": "<span>{{ a }}/{{ b }} · 100&nbsp;% → ✓ ×</span>",
    "the product's name": "<title>{{ name }} · Porthole</title>",
    "literals": "<code>kubectl get pods</code><kbd>Esc</kbd><span translate=no>kube-system <b>x</b></span>",
    "an example in a machine's language": '<input translate="no" placeholder="app=api,tier!=db">',
    "comments": "<!-- why -->{# why #}{% comment %}why{% endcomment %}",
    "scripts and styles": "<script nonce=x>let a = 1</script><style>p { color: red }</style>",
    "attributes for machines": '<p class="row bad" id="state" data-tone="bad" hx-get="/a/" value="x" role="status">',
    "an include's values": '{% include "_row.html" with row=row kind="pods" label=_("Pods") %}',
    "a translated default": '{{ name|default:_("none") }}{{ n|default:"–" }}{{ at|date:"H:i" }}',
}


@pytest.mark.parametrize(("source", "line", "text"), BARE.values(), ids=BARE.keys())
def test_bare_text_is_found(source, line, text):
    assert [(finding.line, finding.text[: len(text)]) for finding in in_template(source)] == [(line, text)]


@pytest.mark.parametrize("source", GOOD.values(), ids=GOOD.keys())
def test_what_is_translated_or_no_prose_passes(source):
    assert in_template(source) == []


@pytest.mark.parametrize(
    "source",
    [
        'mark.textContent = "Connection lost"',
        "mark.textContent = `${count} new lines`",
        'box.innerHTML = "<b>Lost</b>"',
        'button.setAttribute("aria-label", "Pause")',
        'confirm("Really?")',
    ],
)
def test_words_that_a_script_writes_are_found(source):
    assert [finding.line for finding in in_script(f"// first line\n{source}\n")] == [2]


@pytest.mark.parametrize(
    "source",
    [
        'mark.textContent = mark.dataset.lost.replace("%n", count)',
        'mark.textContent = ""',
        "mark.textContent = `${count}`",
        'box.innerHTML = "<br>"',
        'button.setAttribute("aria-expanded", "true")',
    ],
)
def test_what_a_script_takes_from_the_page_passes(source):
    assert in_script(source) == []


def test_every_word_of_the_templates_can_be_translated():
    templates = tracked_files("templates/*.html", "clusters/**/templates/*.html", "dashboard/**/templates/*.html")
    assert len(templates) > 5, "the templates are not where this test looks for them"
    found = [f"{name_of(path)}:{line}: {text}" for path in templates for line, text in in_template(path.read_text())]
    assert not found, "\n".join(found)


def test_every_word_of_the_scripts_comes_from_the_page():
    scripts = tracked_files("static/js/*.js")
    assert scripts, "the scripts are not where this test looks for them"
    found = [f"{name_of(path)}:{line}: {text}" for path in scripts for line, text in in_script(path.read_text())]
    assert not found, "\n".join(found)
