// Package tlsfiles takes what TLS needs from files, and takes it anew when they change: certificates live for weeks,
// a hub for longer.
package tlsfiles

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"orderhub/server/clock"
)

// lookEvery is how soon a change is noticed. Looking, rather than being told by the file system, also sees a folder
// that is swapped as a whole, as Kubernetes does.
const lookEvery = 5 * time.Second

// Options say which files.
type Options struct {
	// Cert and Key are PEM files: the hub's certificate with those between it and its authority, and its private key.
	Cert, Key string
	// ClientCA is a PEM file with the authorities that clients' certificates must be of. "" asks clients for none.
	ClientCA string
	// ClientOptional lets in clients that show no certificate. One that is shown must be good all the same.
	ClientOptional bool
	Log            *slog.Logger
	Registry       prometheus.Registerer
	LookEvery      time.Duration // 0 for 5 s
}

// FileError says which file cannot be used.
type FileError struct {
	Flag, Path string
	Err        error
}

func (e *FileError) Error() string { return fmt.Sprintf("%s: %s: %v", e.Flag, e.Path, e.Err) }

func (e *FileError) Unwrap() error { return e.Err }

// Files are certificates as their files have them.
type Files struct {
	options  Options
	current  atomic.Pointer[material]
	failures prometheus.Counter
	problem  string // of the last look, "" for none
	told     bool   // it is in the log
}

// material is what was read at one time.
type material struct {
	cert, key, clientCA []byte
	config              *tls.Config
	ends, clientCAEnds  time.Time
}

// Load reads the files for the first time. Errors: *FileError.
func Load(o Options) (*Files, error) {
	o.LookEvery = cmp.Or(o.LookEvery, lookEvery)
	first, err := read(&o)
	if err != nil {
		return nil, err
	}
	f := &Files{options: o, failures: prometheus.NewCounter(prometheus.CounterOpts{
		Name: "orderhub_tls_reload_failures_total",
		Help: "Looks at the files of TLS that found something which cannot be used; what was read before goes on.",
	})}
	f.current.Store(first)
	o.Log.Info("certificates loaded", "expires", first.ends)
	return f, f.register()
}

func (f *Files) register() error {
	const name = "orderhub_tls_certificate_expiry_timestamp_seconds"
	expiry := func(certificate string, of func(*material) time.Time) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: name, Help: "When the hub's certificate, or the first of the clients' authorities, is no longer good.",
			ConstLabels: prometheus.Labels{"certificate": certificate},
		}, func() float64 { return float64(of(f.current.Load()).Unix()) })
	}
	collectors := []prometheus.Collector{
		f.failures, expiry("server", func(m *material) time.Time { return m.ends }),
	}
	if f.options.ClientCA != "" {
		collectors = append(collectors, expiry("client_ca", func(m *material) time.Time { return m.clientCAEnds }))
	}
	for _, c := range collectors {
		if err := f.options.Registry.Register(c); err != nil {
			return fmt.Errorf("register metrics: %w", err)
		}
	}
	return nil
}

// Config is for servers of these protocols, the one that is liked best first. It follows the files.
func (f *Files) Config(protocols ...string) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: protocols,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			config := f.current.Load().config.Clone()
			config.NextProtos = protocols
			return config, nil
		},
	}
}

// Run follows the files until ctx ends.
func (f *Files) Run(ctx context.Context) {
	clock.Every(ctx, f.options.LookEvery, func() { f.look(ctx) })
}

// look reads the files again. What cannot be used leaves what there is, and is only told when the next look finds it
// too: between two files that are replaced it passes.
func (f *Files) look(ctx context.Context) {
	log, before := f.options.Log, f.current.Load()
	next, err := read(&f.options)
	if err != nil {
		f.failures.Inc()
		if problem := err.Error(); problem != f.problem {
			f.problem, f.told = problem, false
		} else if !f.told {
			f.told = true
			log.ErrorContext(ctx, "certificates are not renewed", "error", problem, "expires", before.ends)
		}
		return
	}
	f.problem, f.told = "", false
	if next.equal(before) {
		return
	}
	f.current.Store(next)
	log.InfoContext(ctx, "certificates renewed", "expires", next.ends)
}

func (m *material) equal(other *material) bool {
	return bytes.Equal(m.cert, other.cert) && bytes.Equal(m.key, other.key) && bytes.Equal(m.clientCA, other.clientCA)
}

// read makes a configuration of the files.
func read(o *Options) (*material, error) {
	m := &material{}
	for _, file := range []struct {
		flag, path string
		into       *[]byte
	}{{"--tls-cert", o.Cert, &m.cert}, {"--tls-key", o.Key, &m.key}, {"--tls-client-ca", o.ClientCA, &m.clientCA}} {
		if file.path == "" {
			continue
		}
		var err error
		if *file.into, err = os.ReadFile(file.path); err != nil {
			return nil, &FileError{file.flag, file.path, errors.Unwrap(err)} // the path is said already
		}
	}
	pair, err := tls.X509KeyPair(m.cert, m.key)
	if err != nil {
		return nil, &FileError{"--tls-cert", o.Cert, err}
	}
	m.ends = pair.Leaf.NotAfter
	m.config = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}}
	if o.ClientCA == "" {
		return m, nil
	}
	if m.config.ClientCAs, m.clientCAEnds, err = authorities(m.clientCA); err != nil {
		return nil, &FileError{"--tls-client-ca", o.ClientCA, err}
	}
	m.config.ClientAuth = tls.RequireAndVerifyClientCert
	if o.ClientOptional {
		m.config.ClientAuth = tls.VerifyClientCertIfGiven
	}
	// A session that is taken up again would not be asked for a certificate, whoever is trusted by then.
	m.config.SessionTicketsDisabled = true
	return m, nil
}

// authorities reads certificates, and when the first of them ends.
func authorities(file []byte) (pool *x509.CertPool, ends time.Time, err error) {
	pool = x509.NewCertPool()
	for block, rest := pem.Decode(file); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		authority, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, ends, err
		}
		if pool.AddCert(authority); ends.IsZero() || authority.NotAfter.Before(ends) {
			ends = authority.NotAfter
		}
	}
	if ends.IsZero() {
		return nil, ends, errors.New("it has no certificate in PEM form")
	}
	return pool, ends, nil
}
