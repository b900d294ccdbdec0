package operatorevent_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/operatorevent"
)

var declared = regexp.MustCompile(`Kind += "([a-z_]+\.[a-z_]+)"`)

// Kinds are exactly those that packages declare, sorted, each in the documentation.
func TestKinds(t *testing.T) {
	var found []operatorevent.Kind
	err := filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(text), "operatorevent") {
			return err
		}
		for _, match := range declared.FindAllSubmatch(text, -1) {
			found = append(found, operatorevent.Kind(match[1]))
		}
		return nil
	})
	require.NoError(t, err)
	slices.Sort(found)
	require.Equal(t, found, operatorevent.Kinds)

	documented, err := os.ReadFile("../../docs/events.md")
	require.NoError(t, err)
	for _, kind := range operatorevent.Kinds {
		require.Contains(t, string(documented), "`"+string(kind)+"`")
	}
}
