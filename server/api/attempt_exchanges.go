package api

import (
	"google.golang.org/protobuf/types/known/durationpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/dialect"
	"orderhub/server/fulfil"
)

// toAPIAttemptWhole is an attempt with what was exchanged about it.
func toAPIAttemptWhole(a *fulfil.Attempt, providers map[int64]string) *orderhubv1.Attempt {
	whole := toAPIAttempt(a, providers)
	for i := range a.Exchanges {
		whole.Exchanges = append(whole.Exchanges, toAPIExchange(&a.Exchanges[i]))
	}
	return whole
}

func toAPIExchange(e *dialect.Exchange) *orderhubv1.AttemptExchange {
	return &orderhubv1.AttemptExchange{
		Operation: e.Operation, SendTime: toAPITime(e.At), Duration: durationpb.New(e.Took), Result: e.Result,
		Target: e.Target, Request: e.Request, Status: e.Status, Answer: e.Answer, Error: e.Error,
	}
}
