// Command composecheck checks a Compose file against the Compose Specification's
// schema, with every variable that it requires.
//
//	composecheck compose.yaml
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/compose-spec/compose-go/v2/cli"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: composecheck FILE")
		os.Exit(2)
	}
	if err := check(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "composecheck:", err)
		os.Exit(1)
	}
}

func check(ctx context.Context, file string) error {
	options, err := cli.NewProjectOptions([]string{file}, cli.WithOsEnv)
	if err != nil {
		return err
	}
	project, err := options.LoadProject(ctx)
	if err != nil {
		return err
	}
	for name, service := range project.Services {
		for needed := range service.DependsOn {
			if _, err := project.GetService(needed); err != nil {
				return fmt.Errorf("service %s: %w", name, err)
			}
		}
		for _, mounted := range service.Volumes {
			if mounted.Type != "bind" {
				continue
			}
			if _, err := os.Stat(mounted.Source); err != nil {
				return fmt.Errorf("service %s mounts what is not there: %w", name, err)
			}
		}
	}
	return nil
}
