package command

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"orderhub/server/app"
	"orderhub/server/audit"
	"orderhub/server/config"
	"orderhub/server/store"
	"orderhub/server/store/stores"
)

type migrateCommand struct {
	databaseFlags
	New    bool `help:"Make a SQLite database although the file with its key exists."`
	JSON   bool `name:"json" help:"With --status: print one JSON object per line instead of text."`
	Status bool `help:"Only list the steps and whether they are applied; exit code 1 when some are not."`
}

func (*migrateCommand) Help() string {
	return `Applies the steps that are missing, each in a transaction of its own; what is applied already stays as it is. A
SQLite database is made if there is none.

Examples:

    orderhub migrate
    orderhub migrate --status --database sqlite:/var/lib/orderhub/orderhub.sqlite
    ORDERHUB_KEY_FILE=/etc/orderhub/key orderhub migrate --database postgres://orderhub@db.internal/orderhub`
}

func (c *migrateCommand) Run(ctx context.Context, std *Streams) (err error) {
	cfg := config.Default()
	c.apply(&cfg)
	cfg.Keyless, cfg.New = true, c.New
	if err := cfg.Validate(); err != nil {
		return err
	}
	demand := app.Anything
	if c.Status {
		demand = app.Existing
	}
	s, err := app.OpenStore(ctx, &cfg, demand, newLogger(std.Err, slog.LevelWarn))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	before, err := s.Migrations.Status(ctx)
	if err != nil {
		return err
	}
	if c.Status {
		return c.printSteps(std, before)
	}
	if err := s.Migrations.Up(ctx); err != nil {
		return err
	}
	applied := "nothing was missing"
	if missing := pending(before); missing > 0 {
		applied = count(missing, "step was applied", "steps were applied")
		if err := recordSteps(ctx, s, before); err != nil {
			return err
		}
	}
	fmt.Fprintf(std.Out, "%s is up to date: %s.\n", cfg.DatabaseName(), applied)
	return nil
}

// recordSteps records the steps that were missing, where the key is at hand: a schema is migrated without it, too.
func recordSteps(ctx context.Context, s *stores.All, before []store.Migration) error {
	if len(s.Sealer.KeyIDs()) == 0 {
		return nil
	}
	var applied []string
	for _, step := range before {
		if !step.Applied {
			applied = append(applied, fmt.Sprintf("%s %d %s", step.Set, step.Version, step.Name))
		}
	}
	return record(ctx, s, "migrate", audit.Target{}, map[string]any{"applied": applied})
}

func pending(steps []store.Migration) int {
	missing := 0
	for _, step := range steps {
		if !step.Applied {
			missing++
		}
	}
	return missing
}

type jsonStep struct {
	Set     string `json:"set"`
	Version int64  `json:"version"`
	Name    string `json:"name"`
	Applied bool   `json:"applied"`
}

func (c *migrateCommand) printSteps(std *Streams, steps []store.Migration) error {
	toJSON := func(step store.Migration) jsonStep { return jsonStep(step) }
	cells := func(step store.Migration) []string {
		applied := "yes"
		if !step.Applied {
			applied = "no"
		}
		return []string{step.Set, fmt.Sprint(step.Version), step.Name, applied}
	}
	if err := printList(std, c.JSON, steps, toJSON, cells, "SET", "VERSION", "NAME", "APPLIED"); err != nil {
		return err
	}
	if missing := pending(steps); missing > 0 {
		fmt.Fprintf(std.Err, "orderhub: %s not applied; run `orderhub migrate`\n", count(missing, "step is", "steps are"))
		return errReported
	}
	return nil
}
