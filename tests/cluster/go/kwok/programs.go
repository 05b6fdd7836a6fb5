//go:build tools

// Package programs pins kwok apart from Kubernetes: the two ask for different versions of the same modules.
package programs

import _ "sigs.k8s.io/kwok/cmd/kwok"
