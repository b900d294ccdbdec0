//go:build !linux

package command

// giveBack does nothing here.
func giveBack([]byte) error { return nil }
