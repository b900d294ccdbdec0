package command

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Progress is told in what is imported, and what there is in all is a guess that
// says so.
func TestProgress(t *testing.T) {
	path := filepath.Join(t.TempDir(), "codes.txt")
	if err := os.WriteFile(path, []byte(strings.Repeat("AAAAAAAAA\n", 5000)), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	std := &Streams{Err: io.Discard}
	p := newProgress(std, file, "unit", "units")
	if _, err := io.CopyN(io.Discard, p, 12_000); err != nil {
		t.Fatal(err)
	}
	p.show(1200)
	if text := p.text(1200); text != "1,200 of about 5,000 units" {
		t.Errorf("of a file: %q", text)
	}
	if _, err := io.Copy(io.Discard, p); err != nil {
		t.Fatal(err)
	}
	if text := p.text(5000); text != "5,000 units" {
		t.Errorf("of a file that is read: %q", text)
	}
	if text := newProgress(std, strings.NewReader("A\n"), "unit", "units").text(1); text != "1 unit" {
		t.Errorf("of a pipe: %q", text)
	}
	p.end()
}

func TestSpoken(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 ms", 350 * time.Millisecond: "350 ms", 1500 * time.Millisecond: "1.5 s", 20 * time.Second: "20 s",
		90 * time.Second: "90 s", 15 * time.Minute: "15 min", 2 * time.Hour: "2 h", 150 * time.Minute: "150 min",
	} {
		if got := spoken(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}
