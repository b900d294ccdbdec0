package command

import (
	"fmt"
	"runtime/debug"
)

// release is the version in CHANGELOG.md that this program becomes, or is where the commit has its tag.
const release = "0.1.0"

// version is the release, the commit it was built from and with which Go.
func version() string {
	info, known := debug.ReadBuildInfo()
	if !known {
		return "orderhub " + release
	}
	return fmt.Sprintf("orderhub %s, %s, %s", release, commitOf(info.Settings), info.GoVersion)
}

// commitOf names the commit as git shortens it, and whether files differed from it. `go run` does not say which it was.
func commitOf(settings []debug.BuildSetting) string {
	const short = 12
	said := make(map[string]string, len(settings))
	for _, s := range settings {
		said[s.Key] = s.Value
	}
	commit := said["vcs.revision"]
	switch {
	case commit == "":
		return "commit unknown"
	case said["vcs.modified"] == "true":
		return "commit " + commit[:min(short, len(commit))] + ", changed since"
	default:
		return "commit " + commit[:min(short, len(commit))]
	}
}
