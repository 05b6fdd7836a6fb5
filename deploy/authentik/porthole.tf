# Porthole as an application of Authentik 2025.10 or newer. Written for the provider goauthentik/authentik of the same
# version; how it reaches your Authentik (AUTHENTIK_URL, AUTHENTIK_TOKEN) is its own setting.
terraform {
  required_version = ">= 1.5"
  required_providers {
    authentik = {
      source  = "goauthentik/authentik"
      version = ">= 2025.10"
    }
  }
}

variable "porthole_url" {
  description = "Where people reach Porthole, without a slash at the end."
  type        = string
  default     = "https://porthole.example.com"
}

variable "client_id" {
  description = "OIDC_CLIENT_ID of Porthole, and --oidc-client-id of the API server."
  type        = string
}

variable "client_secret" {
  description = "OIDC_CLIENT_SECRET of Porthole; nobody else needs it."
  type        = string
  sensitive   = true
}

data "authentik_flow" "authentication" {
  slug = "default-authentication-flow"
}

data "authentik_flow" "authorization" {
  slug = "default-provider-authorization-implicit-consent"
}

data "authentik_flow" "invalidation" {
  slug = "default-provider-invalidation-flow"
}

# An asymmetric key: without one Authentik signs with the client secret, which no API server can check.
data "authentik_certificate_key_pair" "signing" {
  name = "authentik Self-signed Certificate"
}

# What Authentik brings along. `groups` comes with the scope profile; offline_access gives a refresh token, without which
# people sign in again whenever their token ends.
data "authentik_property_mapping_provider_scope" "built_in" {
  managed_list = [
    "goauthentik.io/providers/oauth2/scope-openid",
    "goauthentik.io/providers/oauth2/scope-profile",
    "goauthentik.io/providers/oauth2/scope-offline_access",
  ]
}

# Since 2025.10 Authentik calls no e-mail address verified, and an API server with --oidc-username-claim=email refuses
# such a token. This mapping takes the place of the built-in one for `email`. An administrator sets the attribute
# email_verified at a group, or at a user, whose addresses are known to be theirs, and sets it to false at a user whose
# address changes.
resource "authentik_property_mapping_provider_scope" "email" {
  name       = "Porthole: e-mail address, verified by an administrator"
  scope_name = "email"
  expression = <<-EOT
    return {
        "email": request.user.email,
        "email_verified": request.user.group_attributes().get("email_verified", False) is True,
    }
  EOT
}

resource "authentik_provider_oauth2" "porthole" {
  name                = "porthole"
  client_type         = "confidential"
  client_id           = var.client_id
  client_secret       = var.client_secret
  authentication_flow = data.authentik_flow.authentication.id
  authorization_flow  = data.authentik_flow.authorization.id
  invalidation_flow   = data.authentik_flow.invalidation.id
  signing_key         = data.authentik_certificate_key_pair.signing.id
  property_mappings = concat(
    data.authentik_property_mapping_provider_scope.built_in.ids,
    [authentik_property_mapping_provider_scope.email.id],
  )

  allowed_redirect_uris = [
    {
      matching_mode = "strict"
      url           = "${var.porthole_url}/oidc-callback"
    },
  ]

  access_code_validity   = "minutes=1"
  access_token_validity  = "minutes=30" # the id_token, which goes to the API server, lives as long
  refresh_token_validity = "days=1"

  # Whoever signs out of Authentik is signed out of Porthole, too.
  logout_method = "backchannel"
  logout_uri    = "${var.porthole_url}/oidc/backchannel-logout/"
}

resource "authentik_application" "porthole" {
  name              = "Porthole"
  slug              = "porthole"
  meta_launch_url   = var.porthole_url
  protocol_provider = authentik_provider_oauth2.porthole.id
}
