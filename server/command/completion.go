package command

import (
	"github.com/alecthomas/kong"
	kongcompletion "github.com/jotaen/kong-completion"
)

type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Help explains the command with examples.
func (*completionCommand) Help() string {
	return `The script goes into the shell's own file of settings, and names this program by its whole path.

Examples:

    orderhub completion bash >> ~/.bashrc
    orderhub completion zsh >> ~/.zshrc
    orderhub completion fish > ~/.config/fish/completions/orderhub.fish`
}

// Run prints the script.
func (c *completionCommand) Run(parsed *kong.Context) error {
	return (&kongcompletion.Completion{Shell: c.Shell, Code: true}).Run(parsed)
}
