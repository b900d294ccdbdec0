package webhook

import (
	"context"
	"errors"
	"time"

	"orderhub/server/event"
	"orderhub/server/order"
	"orderhub/server/trail"
)

// attempt posts a delivery once and writes down what came of it. The health is that of
// the lane afterwards, nil when that is not known.
func (s *Sender) attempt(ctx context.Context, d *Due, timeout time.Duration) (Answer, *Health) {
	began := s.o.Now()
	d.Parcel.At = began
	requestID := s.o.RequestID()
	header := s.o.Formats[d.Endpoint.Format].Header(&d.Parcel)
	header["X-Request-Id"] = []string{requestID}
	postCtx, cancel := context.WithTimeout(ctx, timeout)
	answer := s.followPost(postCtx, d, header)
	cancel()
	if ctx.Err() != nil {
		return answer, nil
	}
	s.o.Observer.Posted(d, &answer)
	if answer.OK() && !d.HappenedAt.IsZero() {
		s.o.Observer.Delivered(d.Endpoint.Format, s.o.Now().Sub(d.HappenedAt))
	}
	outcome := s.outcomeOf(d, Attempt{Number: d.Attempts + 1, RequestID: requestID, Answer: answer, At: began})
	// Not the post's context: what was answered is written down while we stop.
	settled, err := s.settled.Do(context.WithoutCancel(ctx), outcome)
	if err == nil {
		err = settled.err
	}
	if err != nil {
		s.o.Log.Error("a delivery's attempt is not written down; it will be posted again", "delivery_id", d.ID,
			"error", err)
		return answer, nil
	}
	if reason := s.disabling(d, &answer); reason != "" {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
		defer cancel()
		if err := s.o.Outbox.DisableEndpoint(ctx, d.Endpoint.MerchantID, d.Endpoint.ID, reason); err != nil {
			s.o.Log.Error("an endpoint is not switched off", "endpoint_id", d.Endpoint.ID, "error", err)
		}
	}
	return answer, &settled.of
}

// followPost posts, as a step of the order that the message is about.
func (s *Sender) followPost(ctx context.Context, d *Due, header map[string][]string) Answer {
	if s.o.Tracer == nil {
		return s.o.Poster.Post(ctx, d.Endpoint.URL, header, d.Parcel.Body)
	}
	ctx, end := s.o.Tracer.Begin(ctx, trail.Span{Name: "webhook post", Trail: d.Trail, Attrs: []trail.Attr{
		{Name: trail.Endpoint, Value: d.Endpoint.ID},
		{Name: trail.Format, Value: d.Endpoint.Format},
		{Name: trail.Event, Value: d.Parcel.Type},
		{Name: trail.OrderID, Value: d.OrderID},
		{Name: trail.Number, Value: int64(d.Attempts + 1)},
	}})
	answer := s.o.Poster.Post(ctx, d.Endpoint.URL, header, d.Parcel.Body)
	failure := ""
	if !answer.OK() {
		failure = "NOT_TAKEN"
	}
	end(failure)
	return answer
}

func (s *Sender) outcomeOf(d *Due, a Attempt) Outcome {
	o := Outcome{Due: d, Attempt: a, Status: DeliveryDelivered}
	if a.OK() {
		return o
	}
	o.Status = DeliveryFailed
	if d.Parcel.Type == TestType {
		return o
	}
	gap, more := d.Endpoint.gap(a.Number, s.o.Spread())
	if !more {
		return o
	}
	if formats[d.Endpoint.Format].Obeys {
		gap = max(gap, min(a.RetryAfter, LongestAsked))
	}
	o.Status, o.NextAt = DeliveryPending, new(s.o.Now().Add(gap))
	return o
}

// disabling is why an endpoint is to be switched off after an answer, "" when it
// is not.
func (s *Sender) disabling(d *Due, a *Answer) string {
	const gone = 410
	switch {
	case d.Endpoint.ID == OwnAddress || !formats[d.Endpoint.Format].Obeys || a.OK() || d.Parcel.Type == TestType:
		return ""
	case a.Status == gone:
		return "it answered 410 Gone"
	case d.Endpoint.FailingSince != nil && s.o.Now().Sub(*d.Endpoint.FailingSince) >= failedTooLong:
		return "nothing was delivered to it for 5 days"
	default:
		return ""
	}
}

// testsAtOnce bounds the tests of one merchant: each is a call that waits for a
// receiver, which may take its time.
const testsAtOnce = 2

// ErrTesting: the merchant has as many tests under way as it may have.
var ErrTesting = errors.New("tests of the merchant's endpoints are under way; wait for their answers")

// test makes one attempt for a caller that waits, whatever the state of the
// endpoint's lane. *order.RetryLaterError with ErrTesting.
func (s *Sender) test(ctx context.Context, merchantID int64, begin func() (*Due, error)) (*Due, error) {
	leave, tests := s.share(merchantID)
	defer leave()
	if !tests.tests.TryAcquire(1) {
		return nil, &order.RetryLaterError{Err: ErrTesting, After: time.Second}
	}
	defer tests.tests.Release(1)
	d, err := begin()
	if err == nil {
		// A caller that goes away must not leave a delivery that nobody settles.
		s.attempt(context.WithoutCancel(ctx), d, formats[d.Endpoint.Format].Timeout)
	}
	return d, err
}

// TestType is the type of messages that tell of nothing.
const TestType = string(event.WebhookTest)
