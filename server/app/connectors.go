package app

import (
	"orderhub/server/dialect/axcloud"
	"orderhub/server/dialect/bursagb"
	"orderhub/server/dialect/gameso"
	"orderhub/server/dialect/jsonhttp"
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
	stock.Name: directory.KindOf(func(s outbound.Setup, units stock.Units) (*stock.Connector, error) {
		return stock.New(units), s.Decode(&struct{}{}) // it has no settings
	}),
}
