package testbed

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Export writes the files of a commit into a new folder, which no repository knows
// of. top is a folder of the repository.
func Export(ctx context.Context, top, commit, into string) error {
	if err := os.Mkdir(into, 0o700); err != nil {
		return err
	}
	packed := into + ".tar"
	if _, err := Git(ctx, top, "archive", "--output", packed, commit); err != nil {
		return err
	}
	_, err := output(exec.CommandContext(ctx, "tar", "-x", "-f", packed, "-C", into))
	return err
}

// Git runs git in a folder and returns what it prints, without the line's end.
func Git(ctx context.Context, dir string, args ...string) (string, error) {
	return output(exec.CommandContext(ctx, "git", append([]string{"-C", dir}, args...)...))
}

func output(cmd *exec.Cmd) (string, error) {
	var failure bytes.Buffer
	cmd.Stderr = &failure
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, strings.TrimSpace(failure.String()))
	}
	return strings.TrimSpace(string(out)), nil
}
