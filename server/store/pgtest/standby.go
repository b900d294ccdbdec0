package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Standby starts another server that follows this one and can be read. Errors: as [Start].
func (s *Server) Standby(ctx context.Context) (*Server, error) {
	standby, err := s.copy(ctx, "--write-recovery-conf")
	if err != nil {
		return nil, err
	}
	if err := standby.run(ctx); err != nil {
		return nil, errors.Join(err, standby.Stop())
	}
	return standby, nil
}

// Confirming servers have commits wait for what is to be waited for.
var Confirming = Options{Settings: map[string]string{"synchronous_commit": "on"}}

// Archiving are settings of a server that keeps its write-ahead log for [Server.RecoverTo].
var Archiving = map[string]string{
	"archive_mode": "on", "archive_command": "mkdir -p ../archive && cp %p ../archive/%f",
}

// Backup copies the server's data. The copy is a server that does not run before [Server.RecoverTo]. Errors: as
// [Start].
func (s *Server) Backup(ctx context.Context) (*Server, error) { return s.copy(ctx) }

// RecoverTo starts a copy with what the archive of its source has up to a moment; it goes on from there.
func (s *Server) RecoverTo(ctx context.Context, source *Server, moment time.Time) error {
	signal := filepath.Join(s.dir, "data", "recovery.signal")
	if err := os.WriteFile(signal, nil, 0o600); err != nil {
		return err
	}
	if err := give(s.owner, signal); err != nil {
		return err
	}
	for name, value := range map[string]string{
		"restore_command":        "cp " + filepath.Join(source.dir, "archive") + "/%f %p",
		"recovery_target_time":   moment.UTC().Format("2006-01-02 15:04:05.999999+00"),
		"recovery_target_action": "promote", "archive_mode": "off",
	} {
		s.args = append(s.args, "-c", name+"="+value)
	}
	return s.run(ctx)
}

// copy copies the data of a server that runs, by pg_basebackup with further arguments.
func (s *Server) copy(ctx context.Context, args ...string) (*Server, error) {
	copier := filepath.Join(filepath.Dir(s.postgres), "pg_basebackup")
	if !isProgram(copier) {
		return nil, ErrNotInstalled
	}
	dir, err := os.MkdirTemp(filepath.Dir(s.dir), "pgtest-")
	if err != nil {
		return nil, fmt.Errorf("creating the copy's directory: %w", err)
	}
	copied := &Server{dir: dir, postgres: s.postgres, owner: s.owner}
	for _, arg := range s.args {
		copied.args = append(copied.args, strings.ReplaceAll(arg, s.dir, dir))
	}
	if err := copied.copyFrom(ctx, s, copier, args...); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return copied, nil
}

func (s *Server) copyFrom(ctx context.Context, primary *Server, copier string, args ...string) error {
	if err := give(s.owner, s.dir); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, copier, append([]string{
		"--pgdata", filepath.Join(s.dir, "data"), "--host", primary.dir, "--port", port,
		"--username", "postgres", "--wal-method", "stream", "--checkpoint", "fast", "--no-sync",
	}, args...)...)
	cmd.Dir = s.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.owner}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("pg_basebackup: %w\n%s", err, out)
	}
	return nil
}

// Promote makes a standby a server of its own, which takes writes when this returns.
func (s *Server) Promote(ctx context.Context) error { return s.exec(ctx, "SELECT pg_promote(true)") }

// WritableURL is the address of a database on whichever of the servers takes writes.
func WritableURL(database string, servers ...*Server) string {
	return AnyURL(database, servers...) + "&target_session_attrs=read-write"
}

// AnyURL is the address of a database on all of the servers.
func AnyURL(database string, servers ...*Server) string {
	var dirs []string
	for _, s := range servers {
		dirs = append(dirs, s.dir)
	}
	return address(database, port, dirs...)
}
