package testbed

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"orderhub/server/bench"
	"orderhub/server/config"
)

// SealingKey seals what the benchmark's databases hold, which is nothing real.
var SealingKey = base64.StdEncoding.EncodeToString([]byte("orderhub benchmark: not a secret"))

// Program is a built orderhub.
type Program struct {
	Path string
	Logs string // folder for what its hubs log
}

// Build compiles the source, which is any folder inside of the module.
func (p Program) Build(ctx context.Context, source string) error {
	build := exec.CommandContext(ctx, "go", "build", "-o", p.Path, "orderhub/server")
	build.Dir, build.Env = source, append(os.Environ(), "CGO_ENABLED=0")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	return build.Run()
}

// environment has no setting of a hub but the database and its key: whoever
// measures may have some for a hub of their own.
func environment(e Engine, database string) []string {
	return append(config.WithoutSettings(os.Environ()), "ORDERHUB_DATABASE="+e.URL(database), "ORDERHUB_KEY="+SealingKey)
}

// Command runs a command of the program other than serve on the database and
// returns what it prints.
func (p Program) Command(ctx context.Context, e Engine, database string, args ...string) (string, error) {
	var out bytes.Buffer
	if _, err := p.CommandTo(ctx, e, database, &out, args...); err != nil {
		return "", fmt.Errorf("%w: %s", err, tail(out.String()))
	}
	return out.String(), nil
}

// Spent is what a command took.
type Spent struct {
	Took     time.Duration
	Resident float64 // bytes at most
}

// CommandTo is Command that writes elsewhere what is printed, and says what it took.
func (p Program) CommandTo(
	ctx context.Context, e Engine, database string, out io.Writer, args ...string,
) (spent Spent, err error) {
	cmd := exec.CommandContext(ctx, p.Path, args...)
	cmd.Env = environment(e, database)
	var failure bytes.Buffer
	cmd.Stdout, cmd.Stderr = out, &failure
	began := time.Now()
	if err = cmd.Start(); err == nil {
		resident := watchMemory(cmd.Process.Pid)
		err = cmd.Wait()
		spent = Spent{time.Since(began), resident()}
	}
	if err != nil {
		return spent, fmt.Errorf("orderhub %s: %w: %s", strings.Join(args, " "), err, tail(failure.String()))
	}
	return spent, nil
}

// prepare makes a database with an operator and returns the operator's key.
func (p Program) prepare(ctx context.Context, e Engine, database string) (operatorKey string, err error) {
	if err := e.Create(ctx, database); err != nil {
		return "", err
	}
	for _, args := range [][]string{{"migrate"}, {"merchant", "create", "ops", "--operator"}} {
		if _, err := p.Command(ctx, e, database, args...); err != nil {
			return "", err
		}
	}
	key, err := p.Command(ctx, e, database, "key", "create", "ops")
	return strings.TrimSpace(key), err
}

// Seed makes a database with the seeds in it, whose operator's key it makes too,
// and stops the hub that made them.
func (p Program) Seed(ctx context.Context, e Engine, database string, seeds bench.Seeds) (b bench.Buyers, err error) {
	if seeds.OperatorKey, err = p.prepare(ctx, e, database); err != nil {
		return b, err
	}
	h, err := p.Serve(ctx, e, database)
	if err != nil {
		return b, err
	}
	b, err = bench.Sow(ctx, h.Conn, seeds)
	return b, errors.Join(err, h.Stop())
}

// Hold keeps the job queues of a database that no hub uses from being worked:
// what is bought from the provider and what is to be told waits, so that only
// placing is measured.
func Hold(ctx context.Context, e Engine, database string) error {
	return e.Execute(ctx, database, `INSERT INTO river_queue (name, created_at, metadata, paused_at, updated_at)
		VALUES ('default', CURRENT_TIMESTAMP, '{}', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP), ('webhooks', CURRENT_TIMESTAMP,
		'{}', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)
		ON CONFLICT (name) DO UPDATE SET paused_at = CURRENT_TIMESTAMP`)
}
