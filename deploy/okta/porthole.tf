# Porthole as an application of Okta's org authorization server; how Terraform reaches your org (OKTA_ORG_NAME,
# OKTA_BASE_URL, OKTA_API_TOKEN) is its provider's own setting.
terraform {
  required_version = ">= 1.5"
  required_providers {
    okta = {
      source  = "okta/okta"
      version = ">= 4.8"
    }
  }
}

variable "porthole_url" {
  description = "Where people reach Porthole, without a slash at the end."
  type        = string
  default     = "https://porthole.example.com"
}

resource "okta_app_oauth" "porthole" {
  label                      = "Porthole"
  type                       = "web"
  token_endpoint_auth_method = "client_secret_basic"
  pkce_required              = true
  response_types             = ["code"]
  grant_types                = ["authorization_code", "refresh_token"]
  redirect_uris              = ["${var.porthole_url}/oidc-callback"]
  post_logout_redirect_uris  = ["${var.porthole_url}/signin/"]
  login_uri                  = "${var.porthole_url}/signin/oidc/"
  refresh_token_rotation     = "ROTATE"
  refresh_token_leeway       = 0

  # The org authorization server puts groups into the id_token only: those whose names begin so.
  groups_claim {
    type        = "FILTER"
    filter_type = "STARTS_WITH"
    name        = "groups"
    value       = "k8s-"
  }
}

output "client_id" {
  value = okta_app_oauth.porthole.client_id
}
