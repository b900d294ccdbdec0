package app

import (
	"context"
	"log/slog"

	"orderhub/server/directory"
	"orderhub/server/fulfil"
	"orderhub/server/store/stores"
)

// Fulfilment is an engine beside a hub that may be running, for an operator's
// commands: it decides and asks, and leaves the rest to the hub's jobs.
type Fulfilment struct {
	*fulfil.Engine

	Providers *fulfil.Providers
	directory *directory.Directory
}

// NewFulfilment works on the store. Close ends it, and leaves the store open.
func NewFulfilment(s *stores.All, log *slog.Logger) *Fulfilment {
	providers := directory.New(Connectors, s.Attempts, s.Products, s.Now)
	return &Fulfilment{
		Providers: fulfil.NewProviders(fulfil.ProvidersOptions{
			Store: s.Attempts, Directory: providers, CheckConnector: Connectors.Check, Log: log,
		}),
		Engine:    fulfil.NewEngine(fulfil.Options{Store: s.Attempts, Directory: providers, Log: log, Now: s.Now}),
		directory: providers,
	}
}

// Close ends the engine and its connections.
func (f *Fulfilment) Close(context.Context) error {
	f.Engine.Close()
	f.directory.Close()
	return nil
}
