"""What templates read is there: Django shows nothing for a name that does not exist, so nobody would notice."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
from django.conf import settings

from clusters.kinds.kind import Kind
from dashboard.context import NavItem
from dashboard.problems import Problem
from dashboard.signin.demo import DemoPerson
from dashboard.views.entrance import ClusterCard, ClustersPage, SignInPage, WayIn
from dashboard.views.lists import Choice, ColumnView, ListForm, ListPage
from dashboard.views.logs import LineView, LogsPage
from dashboard.views.me import MePage
from dashboard.views.objects import EventsPage, ObjectPage, YamlPage
from dashboard.views.parts import ConditionRow, Details, EventRow, Events, Head, Link, StateView, Tab
from dashboard.views.places import HomePage, MorePage, Section
from dashboard.views.pods import ContainerView, PodPage
from dashboard.views.rows import Cell, Fact, RowView
from dashboard.views.scale import Question, ScalePage
from dashboard.views.sessions import SessionRow, SessionsPage
from dashboard.views.workloads import Undo, WorkloadPage

FOLDER = Path(settings.BASE_DIR) / "templates"
PAGES = {
    "clusters/list.html": ClustersPage,
    "home/home.html": HomePage,
    "lists/list.html": ListPage,
    "lists/_rows.html": ListPage,
    "logs/logs.html": LogsPage,
    "me/me.html": MePage,
    "more/more.html": MorePage,
    "objects/events.html": EventsPage,
    "objects/object.html": ObjectPage,
    "objects/pod.html": PodPage,
    "objects/workload.html": WorkloadPage,
    "objects/yaml.html": YamlPage,
    "scale/scale.html": ScalePage,
    "sessions/sessions.html": SessionsPage,
    "signin/signin.html": SignInPage,
}
# What a name stands for in a loop or under a page.
NAMES = {
    "cell": Cell,
    "choice": Choice,
    "claim": Fact,
    "column": ColumnView,
    "condition": ConditionRow,
    "container": ContainerView,
    "event": EventRow,
    "fact": Fact,
    "item": NavItem,
    "line": LineView,
    "link": Link,
    "option": Choice,
    "page.autoscaler": Fact,
    "events": Events,
    "page.details": Details,
    "page.form": ListForm,
    "page.head": Head,
    "page.head.back": Link,
    "page.kind": Kind,
    "page.node": Link,
    "page.owner": Link,
    "page.state": StateView,
    "page.question": Question,
    "page.undo": Undo,
    "person": DemoPerson,
    "problem": Problem,
    "row": RowView,
    "section": Section,
    "session": SessionRow,
    "state": Choice,
    "tab": Tab,
    "way": WayIn,
}
BY_WAY = {"signin/_demo.html", "signin/_hint.html"}  # which of them a sign-in page includes is the way's to say
TAG = re.compile(r"\{[{%](.*?)[%}]\}", re.DOTALL)
STRING = re.compile(r'"[^"]*"')
INCLUDE = re.compile(r'\{% include "([^"]+)"')


def source(name):
    return (FOLDER / name).read_text()


def code(name):
    """What stands in a template's tags, without texts."""
    return [STRING.sub("", tag) for tag in TAG.findall(source(name))]


def with_includes(name):
    """A template and all that it includes."""
    found, waiting = [], [name]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.append(each)
            waiting += INCLUDE.findall(source(each))
    return found


def read_of(name, variable):
    """The attributes of a variable that a template reads."""
    pattern = re.compile(rf"(?<![\w.]){re.escape(variable)}\.(\w+)")
    return {attribute for tag in code(name) for attribute in pattern.findall(tag)}


def has(cls):
    return {field.name for field in fields(cls)} | {name for name in dir(cls) if not name.startswith("_")}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_all_that_its_template_reads(name):
    read = {attribute for each in with_includes(name) for attribute in read_of(each, "page")}
    assert read, "the template reads nothing of its page"
    assert read - has(PAGES[name]) == set()


@pytest.mark.parametrize("variable", NAMES)
def test_what_stands_in_a_list_has_all_that_templates_read(variable):
    templates = [path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.html") if "admin" not in path.parts]
    cards = {"clusters/list.html"} if variable == "row" else set()
    read = {attribute for name in set(templates) - cards for attribute in read_of(name, variable)}
    assert read, "no template has that name"
    assert read - has(NAMES[variable]) == set()


def test_a_cluster_s_card_has_all_that_its_template_reads():
    assert read_of("clusters/list.html", "row") - has(ClusterCard) == set()


def test_every_template_is_found_by_its_pages():
    seen = {each for name in PAGES for each in with_includes(name)}
    others = {
        "base.html",
        "errors/problem.html",
        "signin/token.html",
        "signin/proxy_left.html",
        "namespaces/picker.html",
    }
    seen |= BY_WAY
    seen |= {each for name in others for each in with_includes(name)}
    every = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.html") if "admin" not in path.parts}
    assert every - seen == set(), "nobody shows them, or PAGES lacks a page"
