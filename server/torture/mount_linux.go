package torture

import (
	"fmt"
	"syscall"
)

// mountMemory puts an empty file system of a size in bytes at dir.
func mountMemory(dir string, size int) error {
	return syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size))
}

func unmount(dir string) error { return syscall.Unmount(dir, syscall.MNT_DETACH) }
