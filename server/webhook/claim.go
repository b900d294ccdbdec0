package webhook

import "time"

// Why a delivery is not posted, for its merchant.
const (
	ReasonEndpointDeleted  = "the endpoint was deleted"
	ReasonEndpointInactive = "the endpoint was not active"
	ReasonUnreadable       = "the message cannot be read any more"
	ReasonLost             = "what was to be posted is no longer kept"
	ReasonErased           = "the order was erased, and with it the address it named"
	ReasonUnsigned         = "the address, or the secret that signs it, cannot be read"
)

const (
	// unsignedWait is how long what cannot be signed waits for another secret.
	unsignedWait = time.Hour
	// inOrderWait is when a delivery is looked at again that must not overtake another.
	inOrderWait = time.Second
)

// Claimed is a delivery that is due, with what decides whether it is posted.
type Claimed struct {
	ID         int64
	EndpointID int64 // or OwnAddress
	LineID     int64 // 0 for no line
	Sequence   int64
	Unreadable bool // its message is kept and cannot be opened
	Lost       bool // its message is not kept any more
	Unsigned   bool // its address or what signs it cannot be opened
	// Endpoint is nil for one that was deleted, and for an own address.
	Endpoint *Endpoint
}

// Sibling is a delivery about the same line as another.
type Sibling struct {
	ID, EndpointID, Sequence int64
	Status                   DeliveryStatus
	Claimed                  bool // somebody is posting it
}

// Fate is what becomes of a delivery that is not posted now.
type Fate struct {
	DeliveryID int64
	Status     DeliveryStatus
	Reason     string     // for people, or ""
	NextAt     *time.Time // when it is looked at again; nil for not by itself
}

// Claims decides, one delivery after the other, which of those that are due are posted.
type Claims struct {
	Now      time.Time
	Siblings map[int64][]Sibling // by line
	// Fates are of those that are not, and of older ones that they take the place of.
	Fates []Fate

	decided map[int64]bool // deliveries with a fate
}

// Post reports whether the delivery is posted. If not, it has a fate.
func (c *Claims) Post(d *Claimed) bool {
	if c.decided[d.ID] {
		return false
	}
	if fate, ended := d.ends(c.Now); ended {
		c.decide(fate)
		return false
	}
	for _, other := range c.Siblings[d.LineID] {
		if other.EndpointID != d.EndpointID || other.ID == d.ID || c.decided[other.ID] && other.Sequence <= d.Sequence {
			continue
		}
		switch {
		case other.Sequence > d.Sequence:
			c.decide(Fate{DeliveryID: d.ID, Status: DeliverySuperseded})
			return false
		case other.Claimed: // this one must not arrive before it
			c.decide(pending(d.ID, "", c.Now.Add(inOrderWait)))
			return false
		case other.Status == DeliveryPending:
			c.decide(Fate{DeliveryID: other.ID, Status: DeliverySuperseded})
		}
	}
	return true
}

func (c *Claims) decide(f Fate) {
	if c.decided == nil {
		c.decided = make(map[int64]bool)
	}
	c.decided[f.DeliveryID] = true
	c.Fates = append(c.Fates, f)
}

// ends reports whether nothing can be posted, whatever else waits.
func (d *Claimed) ends(now time.Time) (Fate, bool) {
	failed := func(reason string) (Fate, bool) {
		return Fate{DeliveryID: d.ID, Status: DeliveryFailed, Reason: reason}, true
	}
	switch {
	case d.Unreadable:
		return failed(ReasonUnreadable)
	case d.Lost:
		return failed(ReasonLost)
	case d.EndpointID != OwnAddress && d.Endpoint == nil:
		return failed(ReasonEndpointDeleted)
	case d.EndpointID != OwnAddress && d.Endpoint.Status != StatusActive:
		return d.Endpoint.withhold(d.ID), true
	case d.Unsigned: // another secret or address can still be given
		return pending(d.ID, ReasonUnsigned, now.Add(unsignedWait)), true
	default:
		return Fate{}, false
	}
}

// withhold is the fate of a delivery to an endpoint that is not active: it waits where its format does, else it is
// given up.
func (e *Endpoint) withhold(deliveryID int64) Fate {
	status := DeliveryFailed
	if formats[e.Format].Waits {
		status = DeliveryPending
	}
	return Fate{DeliveryID: deliveryID, Status: status, Reason: ReasonEndpointInactive}
}

// Begin is the state of a delivery that is made for an endpoint in a state, and why if it is never posted.
func Begin(format string, endpoint Status) (status DeliveryStatus, reason string) {
	if endpoint != StatusActive && !formats[format].Waits {
		return DeliveryFailed, ReasonEndpointInactive
	}
	return DeliveryPending, ""
}

func pending(id int64, reason string, next time.Time) Fate {
	return Fate{DeliveryID: id, Status: DeliveryPending, Reason: reason, NextAt: &next}
}
