package app

import (
	"encoding/json"
	"time"

	"orderhub/server/dialect"
	"orderhub/server/dialect/sim"
	"orderhub/server/fault"
)

// newConnector makes a connector from a provider's stored configuration.
type newConnector func(config json.RawMessage, now func() time.Time) (dialect.Connector, error)

// connectors lists the dialects in which the hub buys, by the name that a
// provider's row has.
var connectors = map[string]newConnector{
	"sim": func(config json.RawMessage, now func() time.Time) (dialect.Connector, error) {
		return sim.New(config, now)
	},
}

// checkConnector returns an *fault.InvalidError when no connector has the name,
// or when it does not take the settings.
func checkConnector(name string, settings json.RawMessage) error {
	connect, found := connectors[name]
	if !found {
		return fault.Invalid("connector", "must be one that this hub knows")
	}
	if _, err := connect(settings, time.Now); err != nil {
		return fault.Invalid("settings", "must be as the connector %s takes them", name)
	}
	return nil
}
