package app

import (
	"orderhub/server/dialect/axcloud"
	"orderhub/server/dialect/bursagb"
	"orderhub/server/dialect/gameso"
	"orderhub/server/dialect/jsonhttp"
	"orderhub/server/dialect/manual"
	"orderhub/server/dialect/marketacc"
	"orderhub/server/dialect/orderhub"
	"orderhub/server/dialect/outbound"
	"orderhub/server/dialect/sim"
	"orderhub/server/dialect/stock"
	"orderhub/server/directory"
)

// Connectors are the dialects in which the hub buys.
var Connectors = directory.Kinds{
	"sim": directory.Outward(func(s outbound.Setup) (*sim.Simulator, error) {
		return sim.New(s.Settings, s.Now)
	}),
	"axcloud":      directory.Outward(axcloud.NewConnector),
	bursagb.Name:   directory.Outward(bursagb.NewConnector),
	gameso.Name:    directory.Outward(gameso.NewConnector),
	jsonhttp.Name:  directory.Outward(jsonhttp.NewConnector),
	marketacc.Name: directory.Outward(marketacc.NewConnector),
	orderhub.Name:  directory.Outward(orderhub.NewConnector),
	manual.Name: directory.KindOf(func(s outbound.Setup, ours directory.Ours) (*manual.Connector, error) {
		return manual.New(ours.Purchases), s.Decode(&struct{}{}) // it has no settings
	}),
	stock.Name: directory.KindOf(func(s outbound.Setup, ours directory.Ours) (*stock.Connector, error) {
		return stock.New(ours.Units), s.Decode(&struct{}{}) // it has no settings
	}),
}
