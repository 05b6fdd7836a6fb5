//go:build tools

// Package programs pins oauth2-proxy, which the tests put before Porthole as operators do.
package programs

import _ "github.com/oauth2-proxy/oauth2-proxy/v7"
