package command

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"orderhub/server/secret"
)

const (
	// remoteTimeout is longer than any call of a hub takes.
	remoteTimeout = 2 * time.Minute
	// maxRemoteBytes is more than the largest page of a list has.
	maxRemoteBytes = 64 << 20
)

// hubFlags say which hub a command works on: the one of a database, or one elsewhere.
type hubFlags struct {
	databaseFlags
	Address    string `env:"ORDERHUB_ADDRESS" placeholder:"HOST:PORT" help:"Ask the hub that serves gRPC there instead of opening a database; --api-key says who asks."`
	APIKey     string `name:"api-key" env:"ORDERHUB_API_KEY" placeholder:"KEY" help:"With --address: an operator's key; --key and --key-file do as well. Better given in the environment or as a file."`
	Plaintext  bool   `env:"ORDERHUB_PLAINTEXT" help:"With --address: without TLS, as loopback addresses always are unless --tls-ca is given."`
	TLSCA      string `name:"tls-ca" env:"ORDERHUB_TLS_CA" placeholder:"FILE" help:"With --address: the authorities, as PEM, that the hub's certificate may be of (default: the system's)."`
	ClientCert string `env:"ORDERHUB_CLIENT_CERT" placeholder:"FILE" help:"With --address: a certificate to show to a hub that asks for one, as PEM."`
	ClientKey  string `env:"ORDERHUB_CLIENT_KEY" placeholder:"FILE" help:"Its private key."`
}

// readFlags are what commands take that only read.
type readFlags struct {
	hubFlags
	jsonFlag
}

type listFlags struct {
	readFlags
	watchFlag
}

// callFlags are what commands take that change something, or read what is sealed.
type callFlags struct {
	hubFlags
	jsonFlag
}

func (*hubFlags) access() access  { return access{} }
func (*callFlags) access() access { return access{key: keySeals} }

// hubFlagNames are the flags that may also come before the command.
var hubFlagNames = []string{
	"address", "api-key", "key", "key-file", "plaintext", "tls-ca", "client-cert", "client-key", "database",
}

// withAPI gives work the API of the hub.
func (f *hubFlags) withAPI(ctx context.Context, std *Streams, a access, work func(*client) error) (err error) {
	if f.Address == "" {
		return f.databaseFlags.withAPI(ctx, std, a, work)
	}
	if a.allowLocal {
		return errors.New("--allow-local-targets: the hub at --address has a setting of its own for it")
	}
	conn, err := f.dial()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	return useAPI(conn, std, work)
}

// dial prepares the connection, which is opened when it is first used.
func (f *hubFlags) dial() (*grpc.ClientConn, error) {
	if _, port, err := net.SplitHostPort(f.Address); err != nil || port == "" {
		return nil, fmt.Errorf("--address: must be HOST:PORT, not %q", f.Address)
	}
	key, err := f.remoteKey()
	if err != nil {
		return nil, err
	}
	transport, err := f.transport()
	if err != nil {
		return nil, err
	}
	return grpc.NewClient(
		// Proxies of the environment are for the web.
		"dns:///"+f.Address, grpc.WithNoProxy(), grpc.WithTransportCredentials(transport),
		grpc.WithUserAgent("orderhub/"+version()), grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxRemoteBytes)),
		grpc.WithChainUnaryInterceptor(inWords, f.reached, oneAct(), bounded),
		grpc.WithPerRPCCredentials(apiKey(key)),
	)
}

// reached says of a hub that could not be asked where it was looked for.
func (f *hubFlags) reached(
	ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker,
	opts ...grpc.CallOption,
) error {
	err := invoke(ctx, method, req, reply, cc, opts...)
	said := status.Convert(err)
	switch {
	case len(said.Details()) > 0: // the hub's own answers have some
	case said.Code() == codes.Unavailable:
		return status.Errorf(codes.Unavailable, "the hub at %s cannot be reached: %s", f.Address, said.Message())
	case said.Code() == codes.DeadlineExceeded:
		return status.Errorf(codes.DeadlineExceeded, "the hub at %s did not answer within %v", f.Address, remoteTimeout)
	case said.Code() == codes.Unimplemented:
		return status.Errorf(codes.Unimplemented, "the hub at %s does not know this call: it may be an older one", f.Address)
	}
	return err
}

// bounded gives a call its time-out.
func bounded(
	ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker,
	opts ...grpc.CallOption,
) error {
	ctx, cancel := context.WithTimeout(ctx, remoteTimeout)
	defer cancel()
	return invoke(ctx, method, req, reply, cc, opts...)
}

// apiKey is sent with every call.
type apiKey string

func (k apiKey) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"x-api-key": string(k)}, nil
}

// RequireTransportSecurity implements credentials.PerRPCCredentials: whether there is any says transport.
func (apiKey) RequireTransportSecurity() bool { return false }

// remoteKey is the key that is sent. A key that seals a database looks like no API
// key, and never leaves the machine.
func (f *hubFlags) remoteKey() (string, error) {
	key, from := f.APIKey, "--api-key"
	if key == "" {
		key, from = f.Key, "--key"
	}
	if key == "" && f.KeyFile != "" {
		text, err := os.ReadFile(f.KeyFile)
		if err != nil {
			return "", fmt.Errorf("--key-file: %w", err)
		}
		key, from = strings.TrimSpace(string(text)), "--key-file"
	}
	if key == "" {
		return "", errors.New("--address needs --api-key: an operator's key, as \"orderhub operator key create\" prints it")
	}
	if _, err := secret.ParseKeys(key); err == nil {
		return "", fmt.Errorf("%s: this key seals a database and is not sent anywhere; --api-key takes an operator's", from)
	}
	if strings.ContainsFunc(key, func(r rune) bool { return r < '!' || r > '~' }) {
		return "", fmt.Errorf("%s: must be one key of visible ASCII characters", from)
	}
	return key, nil
}

// transport is TLS, but for loopback addresses that no authority is named for.
func (f *hubFlags) transport() (credentials.TransportCredentials, error) {
	host, _, _ := net.SplitHostPort(f.Address)
	if f.Plaintext || f.TLSCA == "" && f.ClientCert == "" && isLoopback(host) {
		if f.TLSCA != "" || f.ClientCert != "" {
			return nil, errors.New("--plaintext goes without --tls-ca and --client-cert")
		}
		return insecure.NewCredentials(), nil
	}
	settings := &tls.Config{MinVersion: tls.VersionTLS12}
	if f.TLSCA != "" {
		text, err := os.ReadFile(f.TLSCA)
		if err != nil {
			return nil, fmt.Errorf("--tls-ca: %w", err)
		}
		settings.RootCAs = x509.NewCertPool()
		if !settings.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("--tls-ca: %s has no certificate as PEM", f.TLSCA)
		}
	}
	if f.ClientCert != "" || f.ClientKey != "" {
		own, err := tls.LoadX509KeyPair(f.ClientCert, cmp.Or(f.ClientKey, f.ClientCert))
		if err != nil {
			return nil, fmt.Errorf("--client-cert: %w", err)
		}
		settings.Certificates = []tls.Certificate{own}
	}
	return credentials.NewTLS(settings), nil
}

func isLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}
