"""A cluster: a row that the Django admin edits. Unsaved, it is plain data for clusters that come from elsewhere."""

import ssl

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from clusters.addresses import validate_issuer, validate_proxy, validate_server
from clusters.tokenfiles import validate_token_file, why_kept

CLUSTER_NAME = RegexValidator(
    r"^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?\Z",
    _("Use lower-case letters, digits, dots and hyphens; begin and end with a letter or digit: it stands in URLs."),
)
NAMESPACE_NAME = RegexValidator(
    r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z",
    _("A namespace has lower-case letters, digits and hyphens, at most 63."),
)
HOST_NAME = RegexValidator(
    r"^[A-Za-z0-9]([A-Za-z0-9.:-]{0,251}[A-Za-z0-9])?\Z", _("Write a host name or an address, without a port.")
)
# RFC 6749 section 3.3, RFC 7519 section 4.1.3 and RFC 7517 leave more room; nobody's names need it.
SCOPE = RegexValidator(
    r"^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*\Z",
    _("Write scopes as OAuth has them: printable ASCII with single spaces between, no quotes or backslashes."),
)
PRINTABLE = RegexValidator(
    r"^[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?\Z",
    _("No control characters, and no space at either end."),
)
COLOR = RegexValidator(r"^#[0-9a-fA-F]{6}\Z", _("Write the colour as #rrggbb."))


def validate_certificate_authority(value: str) -> None:
    """Refuse a bundle that TLS could not use."""
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=value)
    except (ssl.SSLError, ValueError, TypeError) as error:  # TypeError: text that is not ASCII
        raise ValidationError(_("This is not a PEM certificate bundle: %(error)s."), params={"error": error}) from error
    if not context.get_ca_certs():
        raise ValidationError(_("There is no certificate of an authority (CA) in this text."))


class Presents(models.TextChoices):
    """What goes to an API server of a person."""

    WAY = "", _("as the way in has it")
    ID_TOKEN = "id_token", _("the ID token")
    ACCESS_TOKEN = "access_token", _("the access token")
    IMPERSONATION = "impersonation", _("their name, by impersonation")


class Cluster(models.Model):
    """Where a cluster's API server is, how it is trusted and how it is shown; never who may use it."""

    name = models.CharField(
        _("name"),
        max_length=63,
        unique=True,
        validators=[CLUSTER_NAME],
        help_text=_("Stands in the addresses of its pages."),
    )
    title = models.CharField(_("title"), max_length=100, blank=True, help_text=_("What people read; else the name."))
    server = models.CharField(
        _("API server"), max_length=500, validators=[validate_server], help_text=_("For example https://10.0.0.1:6443.")
    )
    certificate_authority = models.TextField(
        _("certificate authority"),
        blank=True,
        validators=[validate_certificate_authority],
        help_text=_("PEM, as in a kubeconfig's certificate-authority-data. Empty: the system's authorities."),
    )
    tls_server_name = models.CharField(
        _("TLS server name"),
        max_length=253,
        blank=True,
        validators=[HOST_NAME],
        help_text=_("If the certificate has another name than the address."),
    )
    insecure_skip_tls_verify = models.BooleanField(
        _("do not verify the certificate"),
        default=False,
        help_text=_("Anyone on the way could read every token. Only for trying things out."),
    )
    proxy_url = models.CharField(
        _("proxy"),
        max_length=500,
        blank=True,
        validators=[validate_proxy],
        help_text=_("To reach the API server through, for example http://10.0.0.9:3128."),
    )
    color = models.CharField(_("colour"), max_length=7, default="#2f6feb", validators=[COLOR])
    production = models.BooleanField(_("production"), default=False, help_text=_("Marked on every page."))
    position = models.PositiveSmallIntegerField(_("order"), default=0, help_text=_("Lower comes first."))
    default_namespace = models.CharField(
        _("default namespace"), max_length=63, blank=True, validators=[NAMESPACE_NAME], help_text=_("Opened first.")
    )

    presents = models.CharField(
        _("what people present"),
        max_length=20,
        blank=True,
        choices=Presents.choices,
        help_text=_("Which of their tokens goes to this API server, or who they are by impersonation."),
    )
    issuer = models.CharField(
        _("issuer"),
        max_length=500,
        blank=True,
        validators=[validate_issuer],
        help_text=_("Expected of the token that goes there (iss), to the letter. Empty: the issuer of the sign-in."),
    )
    audience = models.CharField(
        _("audience"),
        max_length=500,
        blank=True,
        validators=[PRINTABLE],
        help_text=_("Expected of the token that goes there (aud). Empty: the audience of the sign-in."),
    )
    scope = models.CharField(
        _("scope"),
        max_length=1000,
        blank=True,
        validators=[SCOPE],
        help_text=_("Asked of the identity provider to get a token for this cluster. Empty: none of its own."),
    )
    username_claim = models.CharField(
        _("username claim"),
        max_length=200,
        blank=True,
        validators=[PRINTABLE],
        help_text=_("Names the user to impersonate, like kube-apiserver's --oidc-username-claim. Empty: sub."),
    )
    username_prefix = models.CharField(
        _("username prefix"),
        max_length=500,
        blank=True,
        validators=[PRINTABLE],
        help_text=_("Like --oidc-username-prefix. Empty: the issuer and #, or none for the claim email. -: none."),
    )
    groups_claim = models.CharField(
        _("groups claim"),
        max_length=200,
        blank=True,
        validators=[PRINTABLE],
        help_text=_("Names the groups to impersonate, like --oidc-groups-claim. Empty: no groups."),
    )
    groups_prefix = models.CharField(
        _("groups prefix"),
        max_length=500,
        blank=True,
        validators=[PRINTABLE],
        help_text=_("Before each group, like --oidc-groups-prefix. Empty: none."),
    )
    impersonator_token_file = models.CharField(
        _("impersonator's token file"),
        max_length=500,
        blank=True,
        validators=[validate_token_file],
        help_text=_("The token of a ServiceAccount that may do nothing but impersonate; read at every call."),
    )

    class Meta:
        """How rows are ordered and named."""

        ordering = ("position", "name")
        verbose_name = _("cluster")
        verbose_name_plural = _("clusters")

    def __str__(self) -> str:
        """The title, or the name where there is none."""
        return self.title or self.name

    def clean(self) -> None:
        """Refuse impersonation without an impersonator, and with Porthole's own token anywhere but around it."""
        if self.presents == Presents.IMPERSONATION and not self.impersonator_token_file:
            message = _("Name the file with the token of the ServiceAccount that may impersonate.")
            raise ValidationError({"impersonator_token_file": message})
        if why := why_kept(self.impersonator_token_file, self.server, self.proxy_url):
            message = _("This file cannot be used here: %(why)s.")
            raise ValidationError({"impersonator_token_file": ValidationError(message, params={"why": why})})
