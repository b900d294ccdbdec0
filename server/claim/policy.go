package claim

import (
	"time"
	_ "time/tzdata" // where the machine has no zones

	"orderhub/server/errs"
	"orderhub/server/order"
)

// Policy is what holds for a product after the sale. Zeros mean no bound and nothing
// that is answered by itself.
type Policy struct {
	ProductID    int64
	ClaimWithin  time.Duration // after the delivery
	AnswerWithin time.Duration // after the claim
	Answer       Verdict       // Refund or Replace, by itself; "" for nothing
	// Automatic: claimed so soon after the delivery, and so many units of one merchant in
	// a calendar month.
	AutomaticWithin time.Duration
	PerMonth        int
	TimeZone        string // in which days of use are meant; "" for UTC
	UpdatedAt       time.Time
}

// Check looks at what somebody sets. *errs.InvalidError.
func (p *Policy) Check() error {
	bad := &errs.InvalidError{}
	switch p.Answer {
	case "":
		if p.AutomaticWithin != 0 || p.PerMonth != 0 {
			bad.Add("automatic_answer", "must be set where there is a bound of it")
		}
	case Refund, Replace:
		if p.AutomaticWithin <= 0 {
			bad.Add("automatic_within_hours", "must be at least 1 where something is answered by itself")
		}
		if p.PerMonth <= 0 {
			bad.Add("automatic_per_month", "must be at least 1 where something is answered by itself")
		}
	default:
		bad.Add("automatic_answer", "must be a refund or a replacement")
	}
	if _, err := p.location(); err != nil {
		bad.Add("time_zone", "must be the name of a time zone such as Asia/Bangkok, or empty")
	}
	return bad.OrNil()
}

// location is the zone in which days of use are meant.
func (p *Policy) location() (*time.Location, error) {
	if p.TimeZone == "" {
		return time.UTC, nil
	}
	if p.TimeZone == "Local" { // of whatever machine it is
		return nil, errs.Invalid("time_zone", "must not be that of a machine")
	}
	return time.LoadLocation(p.TimeZone)
}

// until is the last moment at which a unit may be claimed; ends is false for never.
func (p *Policy) until(h *Held) (until time.Time, ends bool) {
	return h.DeliveredAt.Add(p.ClaimWithin), p.ClaimWithin > 0
}

func (p *Policy) answerBy(now time.Time) *time.Time {
	if p.AnswerWithin <= 0 {
		return nil
	}
	return new(now.Add(p.AnswerWithin))
}

// AnswerAgainBy is until when a claim should be answered of which units wait again from now on: as long as if it were
// made now, and no longer than by where other units of it wait anyway.
func AnswerAgainBy(by *time.Time, waiting int, within time.Duration, now time.Time) *time.Time {
	again := (&Policy{AnswerWithin: within}).answerBy(now)
	if waiting == 0 {
		return again
	}
	return earliest(again, by)
}

// answers reports whether a unit is answered by itself, when so many of the merchant
// were this month.
func (p *Policy) answers(h *Held, now time.Time, used int) bool {
	switch {
	case p.Answer == "", used >= p.PerMonth, now.Sub(h.DeliveredAt) > p.AutomaticWithin, h.Status == order.GoodsUsed:
		return false
	default:
		return p.Answer != Replace || !h.Ticketed
	}
}

// PaysMore reports whether the policy gives back by itself what the one before did not.
func (p *Policy) PaysMore(before *Policy) bool {
	return p.Answer == Refund && (before.Answer != Refund || p.AutomaticWithin > before.AutomaticWithin ||
		p.PerMonth > before.PerMonth)
}

// Month is the beginning of the calendar month that a policy counts in.
func Month(now time.Time) time.Time {
	now = now.UTC()
	return time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
}

// OnDay reports whether a moment is within a day of use, YYYY-MM-DD.
func (p *Policy) OnDay(at time.Time, useDate string) bool {
	zone, err := p.location()
	if err != nil {
		zone = time.UTC // it was set when the machine knew the zone
	}
	return at.In(zone).Format(time.DateOnly) == useDate
}
