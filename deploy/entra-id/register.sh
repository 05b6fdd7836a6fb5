#!/bin/sh
# Registers Porthole in the tenant that `az login` chose, and prints what its settings need.
# An administrator has to grant consent: the last command does so for everybody in the tenant.
set -eu

url=${1:?usage: register.sh https://porthole.example.com}
aks=6dae42f8-4368-4678-94ff-3960e28e3630   # Azure Kubernetes Service AAD Server
graph=00000003-0000-0000-c000-000000000000 # Microsoft Graph

permission() { # resource, name of a delegated permission
    az ad sp show --id "$1" --query "oauth2PermissionScopes[?value=='$2'].id | [0]" --output tsv
}

client=$(az ad app create --display-name Porthole --sign-in-audience AzureADMyOrg \
    --web-redirect-uris "$url/oidc-callback" "$url/signin/" --query appId --output tsv)
az ad sp create --id "$client" --output none
az ad app permission add --id "$client" --api "$aks" --api-permissions "$(permission $aks user.read)=Scope"
for name in openid profile email offline_access; do
    az ad app permission add --id "$client" --api "$graph" --api-permissions "$(permission $graph $name)=Scope"
done
az ad app permission admin-consent --id "$client"

printf 'OIDC_ISSUER_URL=https://login.microsoftonline.com/%s/v2.0\n' "$(az account show --query tenantId --output tsv)"
printf 'OIDC_CLIENT_ID=%s\n' "$client"
printf 'A secret: az ad app credential reset --id %s --append --query password --output tsv\n' "$client"
