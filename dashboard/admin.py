"""Who may enter the admin: a local staff account by its password, or a member of a group of PORTHOLE_ADMIN_GROUPS.

There is no account to begin with, so the admin is off until there is one or groups are named. What a group gives is
worked out anew at each request and never stored: it goes when the provider takes the group away. It is the rights to
clusters, not to accounts, by which somebody could give it to themselves for good.
"""

import unicodedata
from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from django.conf import settings
from django.contrib import admin, auth
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from dashboard import attempts, signin
from dashboard.links import with_query
from dashboard.problems import Problem, problem_response
from dashboard.returns import own_path

LOCAL = "django.contrib.auth.backends.ModelBackend"
BY_GROUP = "is_admin_by_group"
APPS_OF_GROUPS = frozenset({"clusters"})
WHAT = "admin"


class GroupRights(BaseBackend):
    """Gives whoever is in the admin by their group all rights to clusters, for this request."""

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """Whether the right is one to clusters, and the user is here by a group."""
        return self.has_module_perms(user_obj, perm.partition(".")[0])

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        """Whether the app is the clusters', and the user is here by a group."""
        return app_label in APPS_OF_GROUPS and bool(getattr(user_obj, BY_GROUP, False))


class PortholeAdmin(admin.AdminSite):
    """Django's admin behind Porthole's own door, with Porthole's own pages for those who may not enter."""

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether this is a local staff account, or somebody whom the provider puts in a group that may enter."""
        if not request.user.is_authenticated or not request.user.is_active:
            return False
        by_group = is_in_admin_group(request)
        setattr(request.user, BY_GROUP, by_group)
        return by_group or is_local_staff(request)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """The admin's view, for those who may see it."""
        inner = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if self.has_permission(request):
                return inner(request, *args, **kwargs)
            return turned_away(request)

        return update_wrapper(guarded, inner)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The form for local accounts, where there are any; failures are counted."""
        if not has_local_staff():
            return turned_away(request)
        if request.method != "POST":
            return super().login(request, extra_context)
        # As Django's form reads it: the same account under another spelling is no other account.
        account = unicodedata.normalize("NFKC", request.POST.get("username", "").strip()).strip()
        if response := attempts.refused(request, WHAT, account):
            return response
        response = tried(request, super().login, extra_context)
        if response.status_code == 302:
            attempts.succeeded(request, WHAT, account)
        else:
            attempts.failed(request, WHAT, account)
        return response


@sensitive_post_parameters("password")
def tried(request: HttpRequest, login: Callable[..., HttpResponse], context: dict[str, Any] | None) -> HttpResponse:
    """What Django's form makes of a name and a password."""
    return login(request, context)


def is_local_staff(request: HttpRequest) -> bool:
    """Whether somebody came in by the password of an account that has rights of its own."""
    return bool(request.session.get(auth.BACKEND_SESSION_KEY) == LOCAL and getattr(request.user, "is_staff", False))


def is_in_admin_group(request: HttpRequest) -> bool:
    """Whether the provider says now that the person is in one of PORTHOLE_ADMIN_GROUPS."""
    wanted = set(settings.CONFIG["PORTHOLE_ADMIN_GROUPS"])
    return bool(wanted) and not wanted.isdisjoint(signin.groups(request))


def has_local_staff() -> bool:
    """Whether there is an account that could come in by a password."""
    staff = User.objects.filter(is_active=True, is_staff=True)
    return staff.exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX).exists()


def turned_away(request: HttpRequest) -> HttpResponse:
    """Where somebody goes who may not enter: to sign in, to a page that says so, or nowhere where the admin is off."""
    local, groups = has_local_staff(), settings.CONFIG["PORTHOLE_ADMIN_GROUPS"]
    if not local and not groups:
        return problem_response(request, off(), 404)
    form = with_query(reverse("admin:login"), next=own_path(request.get_full_path()))
    if signin.active(request) or request.user.is_authenticated:
        return problem_response(request, not_for_you(form if local else ""), 403)
    if local:
        return redirect(form)
    return redirect(with_query(reverse("signin"), next=own_path(request.get_full_path())))


def off() -> Problem:
    """There is no admin as long as nobody could use it."""
    return Problem(
        title=_("The admin is off"),
        message=_("There is no account that could use it, and no group is named."),
        advice=_(
            "Whoever runs Porthole turns it on: manage.py createsuperuser makes an account, PORTHOLE_ADMIN_GROUPS "
            "names groups of the identity provider."
        ),
        status=404,
    )


def not_for_you(form: str) -> Problem:
    """Somebody is signed in, but may not enter; ``form`` is where a local account could."""
    return Problem(
        title=_("The admin is not for you"),
        message=_("You are signed in, but neither with an account of the admin nor in a group that may use it."),
        advice=_("Whoever runs Porthole decides who may."),
        action_label=_("Use an account of the admin") if form else "",
        action_url=form,
        status=403,
    )
