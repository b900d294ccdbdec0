package app

import (
	"context"
	"log/slog"

	"google.golang.org/grpc"

	"orderhub/server/config"
	"orderhub/server/event"
)

// Beside is the API of a hub within this process, for the commands of the operator of this machine. It listens
// nowhere, and leaves what is due to a hub that may be running on the same database.
type Beside struct {
	grpc.ClientConnInterface

	hub *App
}

// OpenBeside opens the API for the operator known by name. Errors: *config.InvalidError, *MigrationError, those
// of
// the key and of the database.
func OpenBeside(ctx context.Context, cfg config.Config, operator string, log *slog.Logger) (*Beside, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	a := &App{config: cfg, log: log, bell: event.NewBell(), beside: true}
	err := a.start(ctx, a.openMetrics, a.openStore, a.newServices, a.sendWebhooks, a.serveOrders, a.newAPI)
	if err != nil {
		return nil, err
	}
	return &Beside{a.api.AsOperator(operator), a}, nil
}

// Close ends what is under way and closes the database.
func (b *Beside) Close() error { return b.hub.Close() }
