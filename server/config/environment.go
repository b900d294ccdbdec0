package config

import (
	"slices"
	"strings"
)

// WithoutSettings returns the variables of an environment that are no settings of a hub: a hub that is started for a
// test or a measurement must not go by those of another that its user runs. A variable is "NAME=value".
func WithoutSettings(environ []string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(variable string) bool {
		return strings.HasPrefix(variable, "ORDERHUB_")
	})
}
