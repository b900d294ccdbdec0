// Package api serves the contract orderhub.v1 over gRPC. It owns the way in:
// who is calling, what they may do, whether the input keeps the contract's
// rules, and how the domain's answers and errors look on the wire. What any of
// it means is decided in the domain packages.
//
// gRPC sends no answer beside an error, so a method converts what the domain found,
// which is the zero value then, and returns both.
//
// The same services and interceptors stand behind [Server.GRPC], a server to
// listen with, and [Server.InProcess], a channel for the REST gateway.
package api
