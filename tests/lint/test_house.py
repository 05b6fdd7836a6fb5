"""The rules of the house that no other linter knows."""

import ast
import re
import tomllib

import pytest

from tests.lint.places import ROOT, name_of, tracked_files

TOP_LEVEL = {
    ".ci", ".editorconfig", ".gitattributes", ".github", ".gitignore", ".pre-commit-config.yaml",
    "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "README.md", "clusters", "dashboard", "docs",
    "manage.py", "pyproject.toml", "requirements.txt", "static", "templates", "tests",
}  # fmt: skip
MAY_COME = {
    ".dockerignore", "SECURITY.md", "deploy", "locale", "requirements.in", "requirements-dev.in",
    "requirements-dev.txt", "requirements-postgresql.in", "requirements-postgresql.txt",
}  # fmt: skip

LONGEST = 420  # lines; "about 400"
HAND_WRITTEN = ("*.py", "*.html", "*.css", "*.js", "*.sh", "*.md", "Makefile", ".ci/run")

# Where packages come from is each installer's own setting, and nothing here depends on one machine's folders.
HOSTS = ("pypi org", "pythonhosted org", "proxy golang org", "npmjs org", "crates io", "deb debian org")
OPTIONS = ("index-url", "extra-index-url", "find-links", "trusted-host")
INSTALLERS_OWN = [host.replace(" ", ".") for host in HOSTS] + [f"--{option}" for option in OPTIONS] + ["/work" + "/"]

HASHES = r"(?P<hashes>(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)"
PIN = re.compile(r"^(?P<name>[a-z0-9._-]+)==(?P<version>[^\s;\\]+)(?: *;[^\n\\]*)? \\\n" + HASHES, re.MULTILINE)


def lines_in(path):
    return path.read_text().count("\n")


def pins(name):
    """Versions by package name; every line that is no comment has to be part of a hashed pin."""
    source = re.sub(r"^ *#.*\n", "", (ROOT / name).read_text(), flags=re.MULTILINE)
    assert PIN.sub("", source) == "", f"{name} holds something else than pins with hashes"
    return {match["name"]: match["version"] for match in PIN.finditer(source)}


def asked_for(name):
    """The names of the packages that a requirements*.in asks for, as pip spells them."""
    lines = (line.split("#")[0].strip() for line in (ROOT / name).read_text().splitlines())
    names = (re.match(r"[A-Za-z0-9._-]+", line) for line in lines if line and not line.startswith("-"))
    return {re.sub(r"[-_.]+", "-", match[0]).lower() for match in names}


def test_the_top_level_is_the_one_of_the_design():
    found = {name_of(path).split("/")[0] for path in tracked_files()}
    assert found - TOP_LEVEL - MAY_COME == set(), "something new at the top level"
    assert TOP_LEVEL - found == set(), "something is missing at the top level"


def test_no_file_is_too_long():
    long = {name_of(path): lines_in(path) for path in tracked_files(*HAND_WRITTEN) if lines_in(path) > LONGEST}
    assert long == {}, "split them by what they are about"


NOT_OURS = re.compile("|".join(rf"(?<!\w){re.escape(word)}" for word in INSTALLERS_OWN))


@pytest.mark.parametrize("word", INSTALLERS_OWN)
def test_a_package_host_or_a_machine_s_own_folder_would_be_found(word):
    assert NOT_OURS.search(f"get it from files.{word}/" if "." in word else f"use {word}")


def test_no_file_names_a_package_host_or_a_machine_s_own_folder():
    found = []
    for path in tracked_files():
        if path.suffix not in (".png", ".ico", ".woff2"):
            found += [f"{name_of(path)}: {match[0]}" for match in NOT_OURS.finditer(path.read_text())]
    assert found == []


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt", "requirements-postgresql.txt"])
def test_requirements_are_pinned_with_hashes(name):
    asked = asked_for(name.replace(".txt", ".in"))
    assert asked, f"{name} pins nothing that was asked for"
    assert asked - {package.split("[")[0] for package in pins(name)} == set()


def test_development_and_run_time_pin_the_same_versions():
    development = pins("requirements-dev.txt")
    assert pins("requirements.txt").items() <= development.items()
    postgresql = pins("requirements-postgresql.txt")
    assert {name: development[name] for name in postgresql if name in development}.items() <= postgresql.items()


def test_each_dependency_has_its_reason():
    reasons = (ROOT / "docs/decisions.md").read_text().lower()
    asked = asked_for("requirements.in") | asked_for("requirements-postgresql.in") | asked_for("requirements-dev.in")
    assert [name for name in sorted(asked) if f"`{name}`" not in reasons] == []


def test_pages_load_nothing_from_other_hosts():
    attributes = r"""\b(?:src|srcset|href|action|hx-[a-z]+)\s*=\s*["']?(?:https?:)?//"""
    loads = re.compile(attributes + r"""|url\(\s*["']?(?:https?:)?//|@import""")
    found = [
        f"{name_of(path)}: {match[0]}"
        for path in tracked_files("templates/*.html", "static/*.css", "static/*.js", "static/*.svg")
        for match in loads.finditer(path.read_text())
    ]
    assert found == []


def test_pages_hold_no_inline_handlers_or_styles():
    inline = re.compile(r"""<[a-z][^>]*\s(on[a-z]+|style|hx-on[:a-z-]*)\s*=""")
    found = [
        f"{name_of(path)}: {match[1]}"
        for path in tracked_files("templates/*.html")
        for match in inline.finditer(path.read_text())
    ]
    assert found == [], "the Content-Security-Policy refuses them"


def test_python_s_least_version_is_the_same_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    least = project["project"]["requires-python"].removeprefix(">=")
    assert project["tool"]["ruff"]["target-version"] == "py" + least.replace(".", "")
    assert project["tool"]["mypy"]["python_version"] == least
    makefile = (ROOT / "Makefile").read_text()
    assert f"sys.version_info < ({least.replace('.', ', ')})" in makefile
    assert f"--python-version {least} " in makefile
    assert f'python: ["{least}",' in (ROOT / ".github/workflows/ci.yml").read_text()


# What answers a request or draws a page; the admin's pages are Django's own.
SPEAKS_HTTP = (
    "django.contrib.sessions", "django.http", "django.shortcuts", "django.template", "django.views", "django_htmx",
)  # fmt: skip


def imports_of(path):
    """The full names that a module imports: ``from a import b`` is ``a.b``."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_clusters_knows_no_request_session_or_page():
    modules = [path for path in tracked_files("clusters/*.py") if path.name != "admin.py"]
    found = {name_of(path): name for path in modules for name in imports_of(path) if name.startswith(SPEAKS_HTTP)}
    assert len(modules) > 5
    assert found == {}
