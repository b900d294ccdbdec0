package command

import (
	"os"
	"regexp"
	"runtime/debug"
	"strings"
	"testing"
)

func TestVersionNamesTheCommit(t *testing.T) {
	const commit = "0123456789abcdef0123456789abcdef01234567"
	for want, settings := range map[string][]debug.BuildSetting{
		"commit unknown":                     nil,
		"commit 0123456789ab":                {{Key: "vcs.revision", Value: commit}, {Key: "vcs.modified", Value: "false"}},
		"commit 0123456789ab, changed since": {{Key: "vcs.revision", Value: commit}, {Key: "vcs.modified", Value: "true"}},
	} {
		if got := commitOf(settings); got != want {
			t.Errorf("%v: %q, want %q", settings, got, want)
		}
	}
	if got := version(); !strings.HasPrefix(got, "orderhub "+release+", commit ") {
		t.Errorf("version %q", got)
	}
}

// TestReleaseIsInTheChangelog compares the program's version with the newest in the changelog.
func TestReleaseIsInTheChangelog(t *testing.T) {
	page, err := os.ReadFile("../../CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	newest := regexp.MustCompile(`(?m)^## \[(\d+\.\d+\.\d+)\]`).FindSubmatch(page)
	if newest == nil || string(newest[1]) != release {
		t.Errorf("the newest version in the changelog is %s, that of the program %s", newest, release)
	}
	npm, err := os.ReadFile("../../client/typescript/package.json")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(npm), `"version": "`+release+`"`) {
		t.Errorf("the TypeScript client has another version than %s", release)
	}
}
