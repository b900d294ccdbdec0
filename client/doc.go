// Package client calls an orderhub over gRPC from a program in Go. It is what other modules import; nothing of the
// server comes with it.
//
//	hub, err := client.New("hub.example:9090", os.Getenv("ORDERHUB_API_KEY"))
//	…
//	defer hub.Close()
//	order, err := hub.CreateOrder(ctx, &orderhubv1.Order{
//		ReferenceId: "invoice-17", Lines: []*orderhubv1.OrderLine{{Sku: "EMAIL_BASIC", Quantity: 1}},
//	})
//	if refused, ok := errors.AsType[*client.Error](err); ok && refused.Reason == client.ReasonOutOfStock { … }
//
// The messages are those of orderhub/gen/orderhub/v1. Calls without a method here are made with the generated stubs
// over [Client.Conn], which has the key, the errors and the repeats of this package too.
//
// The module's path is orderhub, which no proxy serves: another module names a copy of the repository with a replace
// directive, or a workspace. See docs/clients.md.
package client

//go:generate go run ./internal/reasons ..
