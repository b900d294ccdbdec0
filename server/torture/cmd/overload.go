package main

import (
	"context"
	"fmt"
	"os"

	"orderhub/server/torture"
)

func runOverload(ctx context.Context, database, binary string) int {
	result, err := torture.Overload(ctx, torture.OverloadOptions{Database: database, Binary: binary, Out: os.Stdout})
	if err != nil {
		fmt.Fprintln(os.Stderr, "torture:", err)
		return 1
	}
	if problems := result.Problems(); len(problems) > 0 {
		for _, problem := range problems {
			fmt.Println("FAILED:", problem)
		}
		return 1
	}
	return 0
}
