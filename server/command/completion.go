package command

import (
	"fmt"
	"os"
	"strings"

	"github.com/alecthomas/kong"
	kongcompletion "github.com/jotaen/kong-completion"
)

type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

func (*completionCommand) Help() string {
	return `The script goes into the shell's own file of settings, and names this program by its whole path.

Examples:

    orderhub completion bash >> ~/.bashrc
    orderhub completion zsh >> ~/.zshrc
    orderhub completion fish > ~/.config/fish/completions/orderhub.fish`
}

// completionScripts are those of shells that need more than one line. What is asked of the program is the same.
var completionScripts = map[string]string{
	// Settings without a completion of their own have not begun zsh's.
	"zsh": `(( $+functions[compdef] )) || { autoload -U compinit && compinit }
autoload -U +X bashcompinit && bashcompinit
complete -o default -o bashdefault -C PROGRAM orderhub
`,
	// Where nothing of the program can come, a file may.
	"fish": `function __complete_orderhub
    set -lx COMP_LINE (commandline -cp)
    test -z (commandline -ct)
    and set COMP_LINE "$COMP_LINE "
    set -l found (PROGRAM)
    if test (count $found) -gt 0
        printf '%s\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -f -c orderhub -a "(__complete_orderhub)"
`,
}

func (c *completionCommand) Run(parsed *kong.Context, std *Streams) error {
	script, own := completionScripts[c.Shell]
	if !own {
		return (&kongcompletion.Completion{Shell: c.Shell, Code: true}).Run(parsed)
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(std.Out, strings.ReplaceAll(script, "PROGRAM", program))
	return err
}
