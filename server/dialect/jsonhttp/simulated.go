package jsonhttp

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"orderhub/server/dialect/sim"
	"orderhub/server/door"
	"orderhub/server/webhook/standard"
)

// Simulated knows how a simulated supplier misbehaves.
type Simulated struct{}

// Request says what a call asks for, of which purchase and of what.
func (Simulated) Request(_, _ string, body []byte) (op sim.Operation, reference string, skus []string) {
	var call Call
	_ = json.Unmarshal(body, &call) // the supplier says what is wrong with it
	switch call.Type {
	case TypePlace:
		return sim.Place, call.Reference, []string{call.SKU}
	case TypeLookUp:
		return sim.Inquire, call.Reference, nil
	case TypeCancel:
		return sim.Cancel, call.Reference, nil
	case TypeList:
		return sim.List, "", nil
	case TypeBalance:
		return sim.Account, "", nil
	case TypeCheck:
		return sim.Check, "", []string{call.SKU}
	case TypeStatement:
		return sim.Statement, "", nil
	default:
		return sim.Other, "", nil
	}
}

func (Simulated) Words() *door.Words { return &words }

func (Simulated) Tamper(how sim.Effect, body []byte) ([]byte, bool) {
	return sim.Tamper(body, func(o *Order) bool {
		switch {
		case len(o.Goods) == 0:
			return false
		case how == sim.MoreUnits:
			o.Goods = append(o.Goods, Goods{Content: new("ONE-TOO-MANY")})
		case how == sim.FewerUnits && len(o.Goods) > 1:
			o.Goods = o.Goods[1:]
		case how == sim.Reversed:
			o.Status, o.Goods, o.Total = StatusCancelled, nil, ""
		default:
			return false
		}
		return true
	})
}

// Callback is what a supplier tells of an order, and its headers; id is the same
// however often it is sent.
func Callback(secret, id, reference string, at time.Time) (http.Header, []byte) {
	body, err := json.Marshal(Update{Type: TypeUpdated, Reference: reference})
	if err != nil {
		panic("jsonhttp: " + err.Error()) // texts always encode
	}
	header := make(http.Header)
	header.Set("Content-Type", "application/json")
	header.Set(HeaderID, id)
	header.Set(HeaderTimestamp, strconv.FormatInt(at.Unix(), 10))
	header.Set(HeaderSignature, standard.Sign(secret, id, at, body))
	return header, body
}
