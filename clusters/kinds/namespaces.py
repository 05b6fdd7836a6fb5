"""Namespaces: Active or Terminating."""

from django.utils.translation import gettext_lazy as _

from clusters.kinds.generic import generic_state
from clusters.kinds.kind import Kind

KIND = Kind(
    plural="namespaces",
    version="v1",
    kind="Namespace",
    namespaced=False,
    title=_("Namespace"),
    title_plural=_("Namespaces"),
    state=generic_state,
)
