package app

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"

	"orderhub/server/fulfil"
	"orderhub/server/store"
)

// Fulfilment is an engine beside a hub that may be running, for an operator's
// commands: it decides and asks, and leaves the rest to the hub's jobs.
type Fulfilment struct {
	*fulfil.Engine

	directory *providers
}

// NewFulfilment works on the store. Close ends it, and leaves the store open.
func NewFulfilment(s *store.Store, log *slog.Logger) *Fulfilment {
	directory := newProviders(s, s, s.Now)
	return &Fulfilment{
		Engine:    fulfil.NewEngine(fulfil.Options{Store: s, Directory: directory, Log: log, Now: s.Now}),
		directory: directory,
	}
}

// Close ends the engine and its connections.
func (f *Fulfilment) Close(context.Context) error {
	f.Engine.Close()
	f.directory.close()
	return nil
}

// Connectors are the names of the dialects in which the hub buys, in order.
func Connectors() []string {
	names := make([]string, 0, len(connectors))
	for name := range connectors {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// ListingConnectors are those whose providers say what they sell.
func ListingConnectors() []string {
	return slices.DeleteFunc(Connectors(), func(name string) bool { return !connectors[name].lists })
}

// CheckConnector returns an *fault.InvalidError when no connector has the name,
// or when it does not take the settings and credentials.
func CheckConnector(name string, settings json.RawMessage, credentials map[string]string) error {
	return checkConnector(name, settings, credentials)
}
