import pytest

from tests.lint.bare_strings import in_python
from tests.lint.places import name_of, tracked_files

# A simulated server speaks English as the real one does, migrations repeat what the models say, and settings and
# commands are for whoever runs Porthole.
ELSEWHERE = (
    "clusters/demo/", "clusters/migrations/", "dashboard/management/", "dashboard/migrations/", "dashboard/settings.py",
)  # fmt: skip

BARE = {
    "a sentence": 'problem = "It is gone."',
    "a sentence with a value": 'problem = f"There is no {name} here"',
    "a word for people": 'Problem(title="Gone")',
    "one of two words": 'Fact(label="Ready" if ready else other)',
    "a word as a fallback": 'Fact(label=name or "none")',
    "a return": 'def word():\n    return "Not ready"',
    "a value": 'WORDS = {"a": lambda: "It waits"}',
    "a default": 'def state(text="not known"): pass',
    "words in markup": 'html = "<b>Not ready</b>"',
    "an error that people see": 'raise NotFound("no such pod", status=404)',
    "a field's name": 'name = models.CharField("name of it", help_text="Unique")',
}

GOOD = {
    "gettext": 'Problem(title=_("Gone"), advice=gettext("Look again."), label=ngettext("one pod", "two pods", n))',
    "filled in later": 'advice = _("There is no %(name)s here") % {"name": name}',
    "a docstring": '"""What it is."""\nx = 1\n"""And what that is."""\ndef f():\n    """Do it well."""',
    "a machine's word": 'get("/api/v1/pods", accept="application/json"); Row(kind="text", title=name, tone="bad")',
    "markup": 'html = \'<svg class="icon wide" aria-hidden="true"></svg>\'',
    "logs": 'log.info("request %s took long", path)',
    "the operator's": 'raise ConfigError("write true or false"); Setting("PORT", int, "1", "The port to use.")',
    "marked": 'message = "could not find it"  # untranslated: the server\'s own words',
}


@pytest.mark.parametrize("source", BARE.values(), ids=BARE.keys())
def test_bare_words_are_found(source):
    assert in_python(source)


@pytest.mark.parametrize("source", GOOD.values(), ids=GOOD.keys())
def test_what_is_translated_or_not_for_people_passes(source):
    assert in_python(source) == []


def test_every_word_of_the_program_can_be_translated():
    everything = tracked_files("clusters/*.py", "dashboard/*.py")
    modules = [path for path in everything if not name_of(path).startswith(ELSEWHERE)]
    assert len(modules) > 20, "the modules are not where this test looks for them"
    found = [f"{name_of(path)}:{line}: {text}" for path in modules for line, text in in_python(path.read_text())]
    assert not found, "\n".join(found)
