package app

import (
	"context"
	"log/slog"

	"google.golang.org/grpc"

	"orderhub/server/config"
	"orderhub/server/event"
)

// Console is the API of a hub within this process, for the commands of the operator of this machine. It listens
// nowhere, and leaves what is due to a hub that may be running on the same database.
type Console struct {
	grpc.ClientConnInterface

	hub *App
}

// OpenConsole opens the console for the operator known by name. Errors: *config.InvalidError, *MigrationError, those of
// the key and of the database.
func OpenConsole(ctx context.Context, cfg config.Config, operator string, log *slog.Logger) (*Console, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	a := &App{config: cfg, log: log, bell: event.NewBell(), beside: true}
	err := a.start(ctx, a.openMetrics, a.openStore, a.newServices, a.sendWebhooks, a.serveOrders, a.newAPI)
	if err != nil {
		return nil, err
	}
	return &Console{a.api.AsOperator(operator), a}, nil
}

// Close ends what is under way and closes the database.
func (c *Console) Close() error { return c.hub.Close() }
