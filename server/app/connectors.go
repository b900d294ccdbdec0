package app

import (
	"encoding/json"
	"time"

	"orderhub/server/dialect"
	"orderhub/server/dialect/outbound"
	"orderhub/server/dialect/sim"
	"orderhub/server/fault"
)

// newConnector makes a connector from a provider's settings and credentials.
type newConnector func(s outbound.Setup) (dialect.Connector, error)

// connectors lists the dialects in which the hub buys, by the name that a
// provider's row has.
var connectors = map[string]newConnector{
	"sim": func(s outbound.Setup) (dialect.Connector, error) { return sim.New(s.Settings, s.Now) },
}

// checkConnector returns an *fault.InvalidError when no connector has the name,
// or when it does not take the settings and credentials.
func checkConnector(name string, settings json.RawMessage, credentials map[string]string) error {
	connect, found := connectors[name]
	if !found {
		return fault.Invalid("connector", "must be one that this hub knows")
	}
	connector, err := connect(outbound.Setup{Settings: settings, Credentials: credentials, Now: time.Now})
	if err != nil {
		return fault.Invalid("settings", "must be as the connector %s takes them: %v", name, err)
	}
	closeConnector(connector)
	return nil
}
