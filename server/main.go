// Orderhub takes orders for digital goods, charges prepaid wallets, delivers
// from stock or from providers, and gives back the money for what could not be
// delivered. Its commands are in package command.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"orderhub/server/command"
)

func main() {
	os.Exit(run())
}

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The first signal asks to stop in good order, a second one stops at once.
	context.AfterFunc(ctx, stop)
	return command.Run(ctx, os.Args[1:], command.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
}
