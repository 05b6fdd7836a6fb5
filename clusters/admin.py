"""The Django admin of clusters: edit rows, and see at once whether what they say works."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Field, QuerySet
from django.forms import ColorInput
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clusters import declared
from clusters.errors import Unreachable
from clusters.models import Cluster
from clusters.probe import probe


class ClusterForm(forms.ModelForm):
    """A row of the admin, as it may be saved."""

    def clean_name(self) -> str:
        """Refuse a name of PORTHOLE_CLUSTERS_FILE, whose cluster would count in this one's place."""
        name = str(self.cleaned_data["name"])
        if name in declared.names_of_file():
            raise ValidationError(_("A cluster of PORTHOLE_CLUSTERS_FILE has this name, and counts. Choose another."))
        return name


@admin.register(Cluster)
class ClusterAdmin(admin.ModelAdmin):
    """Clusters in their order, with a connection test on each."""

    form = ClusterForm
    list_display = ("__str__", "name", "server", "production", "default_namespace", "position")
    list_editable = ("position",)
    search_fields = ("name", "title", "server")
    actions = ("test_connections",)
    change_form_template = "admin/clusters/cluster/change_form.html"
    fieldsets = (
        (
            None,
            {
                "fields": ("name", "title", "server", "certificate_authority"),
                "description": gettext_lazy(
                    "People who sign in open these clusters, those of PORTHOLE_CLUSTERS_FILE and the one around "
                    "Porthole; only the first are in this list. "
                    "As long as people come by kubeconfig, this only dresses the clusters of that file which have the "
                    "same API server: one that the kubeconfig does not name appears nowhere."
                ),
            },
        ),
        (gettext_lazy("How it is shown"), {"fields": ("color", "production", "position", "default_namespace")}),
        (
            gettext_lazy("Who goes there"),
            {
                "classes": ("collapse",),
                "fields": ("presents", "issuer", "audience", "scope"),
                "description": gettext_lazy(
                    "For people who sign in with an identity provider or through a proxy. Empty fields mean what the "
                    "settings of the sign-in say."
                ),
            },
        ),
        (
            gettext_lazy("By impersonation"),
            {
                "classes": ("collapse",),
                "fields": (
                    "impersonator_token_file",
                    "username_claim",
                    "username_prefix",
                    "groups_claim",
                    "groups_prefix",
                ),
            },
        ),
        (
            gettext_lazy("Unusual ways to it"),
            {"classes": ("collapse",), "fields": ("tls_server_name", "proxy_url", "insecure_skip_tls_verify")},
        ),
    )

    def formfield_for_dbfield(self, db_field: "Field[Any, Any]", request: HttpRequest, **kwargs: Any) -> Any:
        """The colour is picked, everything else as Django has it."""
        if db_field.name == "color":
            kwargs["widget"] = ColorInput
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        """The admin's own pages, and the connection test of one cluster."""
        test = path(
            "<int:cluster_id>/test/",
            self.admin_site.admin_view(self.test_one),
            name="clusters_cluster_test",
        )
        return [test, *super().get_urls()]

    def test_one(self, request: HttpRequest, cluster_id: int) -> HttpResponse:
        """Test the saved settings of one cluster (POST), and say on its page how it went."""
        change = reverse("admin:clusters_cluster_change", args=[cluster_id])
        cluster = self.get_object(request, str(cluster_id))
        if cluster and request.method == "POST" and self.has_change_permission(request, cluster):
            self.tell(request, cluster)
        return redirect(change)

    @admin.action(description=gettext_lazy("Test the connection to the chosen clusters"), permissions=["change"])
    def test_connections(self, request: HttpRequest, queryset: QuerySet[Cluster]) -> None:
        """Test each chosen cluster."""
        for cluster in queryset:
            self.tell(request, cluster)

    def tell(self, request: HttpRequest, cluster: Cluster) -> None:
        """Test one cluster and leave the answer as a message."""
        try:
            found = probe(cluster)
        except Unreachable as error:
            self.message_user(request, f"{cluster}: {error.message}", messages.ERROR)
            return
        words = {"cluster": str(cluster), "tls": found.tls_version}
        if found.valid_until is None:
            text = _("%(cluster)s answers by %(tls)s, but its certificate is not verified.") % words
            self.message_user(request, text, messages.WARNING)
            return
        text = _("%(cluster)s answers by %(tls)s and is trusted; its certificate is valid until %(until)s.")
        self.message_user(request, text % {**words, "until": found.valid_until.date()}, messages.SUCCESS)
