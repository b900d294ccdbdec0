package command

import (
	"context"
	"errors"
	"fmt"
	"time"

	"orderhub/server/audit"
	"orderhub/server/retention"
)

type retentionCommand struct {
	databaseFlags
	keepFlags
	jsonFlag
	DryRun bool `help:"Only count what would go."`
}

func (*retentionCommand) Help() string {
	return `A hub that serves removes by itself, in small steps, what is older than its settings say. This does the same
once, beside it, with the same settings from the environment or from flags. Only what is done goes: nothing of an order
that is not final, no delivery that waits, no notice about an attempt that is open or disputed. Of payloads, attempts
at providers are emptied of what was said, and stay. Events go from the beginning of the log on, and only with
--keep-events.

Examples:

    orderhub retention --dry-run
    orderhub retention --dry-run --keep-deliveries 30d`
}

func (c *retentionCommand) Run(ctx context.Context, std *Streams) (err error) {
	use := keySeals // what is removed is recorded
	if c.DryRun {
		use = keyUnused
	}
	cfg := c.config(use)
	c.keepFlags.apply(&cfg)
	s, err := openStoreOf(ctx, &cfg, std)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if !c.DryRun {
		ages := make(map[string]any)
		for kind, age := range cfg.Ages() {
			ages[string(kind)] = keptFor(age)
		}
		if err := record(ctx, s, "retention", audit.Target{}, ages); err != nil {
			return err
		}
	}
	sweeper := retention.New(retention.Options{
		Store: s.Retention, Ages: cfg.Ages(), Now: s.Now, Log: s.Log,
		Removed: func(retention.Kind, int64) {}, Done: func(time.Time) {}, Failed: func() {},
	})
	removed, err := sweeper.Sweep(ctx, c.DryRun)
	if told := c.report(std, removed); err == nil {
		err = told
	}
	if errors.Is(err, retention.ErrElsewhere) {
		return errors.New("a hub removes what is no longer kept at this moment; try again when it is done")
	}
	return err
}

// removedJSON is a kind as --json prints it, one to a line.
type removedJSON struct {
	Kind       string `json:"kind"`
	AgeSeconds int64  `json:"ageSeconds"` // 0 for good
	Rows       int64  `json:"rows"`
	Removed    bool   `json:"removed"` // else only counted
}

func (c *retentionCommand) report(std *Streams, removed []retention.Removed) error {
	what := "REMOVED"
	if c.DryRun {
		what = "WOULD GO"
	}
	return printList(std, c.JSON, removed, func(r retention.Removed) removedJSON {
		return removedJSON{string(r.Kind), int64(r.Age.Seconds()), r.Rows, !c.DryRun}
	}, func(r retention.Removed) []string {
		return []string{string(r.Kind), keptFor(r.Age), grouped(int(r.Rows))}
	}, "KIND", "KEPT FOR", what)
}

// keptFor is an age in the words of flags.
func keptFor(age time.Duration) string {
	switch {
	case age <= 0:
		return "good"
	case age%(24*time.Hour) == 0:
		return fmt.Sprintf("%dd", age/(24*time.Hour))
	default:
		return age.String()
	}
}
