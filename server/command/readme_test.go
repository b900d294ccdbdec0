package command_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every setting of serve stands in README's table, and nothing else does.
func TestSettingsAreInREADME(t *testing.T) {
	content, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(content), "### Settings\n")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "\n### ")
	var documented []string
	for _, row := range regexp.MustCompile(
		"(?m)^\\| `(--[a-z-]+)` \\| `(ORDERHUB_[A-Z_]+)`",
	).FindAllStringSubmatch(table, -1) {
		documented = append(documented, row[1])
	}
	help := do(t, "serve", "--help")
	var settings []string
	for _, row := range regexp.MustCompile(`(?m)^ +(?:-\w, +)?(--[a-z-]+)`).FindAllStringSubmatch(help, -1) {
		if row[1] != "--help" && row[1] != "--version" {
			settings = append(settings, row[1])
		}
	}
	require.NotEmpty(t, settings)
	require.ElementsMatch(t, settings, documented)
}
