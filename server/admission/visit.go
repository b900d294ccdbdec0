package admission

import (
	"context"
	"net/netip"
)

// Visit is the stay of one call. It holds a place while the hub works for it,
// none while its caller is waited for, and the bytes of what was sent until the
// end. It is used by one goroutine at a time.
type Visit struct {
	control *Control
	party   party
	working bool
	bytes   int64
	holder  party // of the bytes
}

// Stranger reports whether nobody knows yet whose call it is.
func (v *Visit) Stranger() bool { return v.party.merchantID == 0 }

// Enter gives a call from the address a place. The error is a *FullError; else
// the visit has to be left.
func (c *Control) Enter(ctx context.Context, address netip.Addr) (*Visit, error) {
	v := &Visit{control: c, party: party{network: Network(address)}}
	if err := v.Work(ctx); err != nil {
		return nil, err
	}
	return v, nil
}

// Await is a visit without a place, for a call that its own queue sees to.
func (c *Control) Await(address netip.Addr) *Visit {
	return &Visit{control: c, party: party{network: Network(address)}}
}

// Identify says whose call it is, once that is known: a merchant's or, below 0, an
// operator's. The error is a *FullError:
// the merchant has its share of the places.
func (v *Visit) Identify(ctx context.Context, merchantID int64) error {
	if v.party.merchantID != 0 || merchantID == 0 {
		return nil
	}
	if v.working && !v.control.merchants.Acquire(merchantID, 1) {
		return v.control.turnAway(ctx)
	}
	v.party.merchantID = merchantID
	return nil
}

// Wait gives the place back until Work: what comes next is the caller's turn.
func (v *Visit) Wait() {
	if !v.working {
		return
	}
	v.working = false
	v.control.networks.Give(v.party.network, 1)
	if v.party.merchantID != 0 {
		v.control.merchants.Give(v.party.merchantID, 1)
	}
}

// Work takes a place. The error is a *FullError.
func (v *Visit) Work(ctx context.Context) error {
	if v.working {
		return nil
	}
	c := v.control
	if !c.networks.Acquire(v.party.network, 1) {
		return c.turnAway(ctx)
	}
	if v.party.merchantID != 0 && !c.merchants.Acquire(v.party.merchantID, 1) {
		c.networks.Give(v.party.network, 1)
		return c.turnAway(ctx)
	}
	v.working = true
	return nil
}

// Reserve makes room for n more bytes of the request. The error is a *FullError.
func (v *Visit) Reserve(ctx context.Context, n int64) error {
	if v.bytes == 0 {
		v.holder = v.party
		if v.party.merchantID != 0 {
			v.holder.network = netip.Addr{} // wherever the merchant calls from
		}
	}
	strange := v.holder.merchantID == 0
	if strange && !v.control.strangers.Acquire(v.holder.network, n) {
		return v.control.turnAway(ctx)
	}
	if !v.control.bytes.Acquire(v.holder, n) {
		if strange {
			v.control.strangers.Give(v.holder.network, n)
		}
		return v.control.turnAway(ctx)
	}
	v.bytes += n
	return nil
}

// Leave gives everything back. Leaving again does nothing.
func (v *Visit) Leave() {
	v.Wait()
	if v.bytes > 0 {
		v.control.bytes.Give(v.holder, v.bytes)
		if v.holder.merchantID == 0 {
			v.control.strangers.Give(v.holder.network, v.bytes)
		}
		v.bytes = 0
	}
}
