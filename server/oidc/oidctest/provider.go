// Package oidctest is an OpenID provider for tests, over loopback HTTP.
package oidctest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/coreos/go-oidc/v3/oidc/oidctest"
)

// What the provider knows the hub by.
const (
	ClientID = "orderhub"
	Secret   = "provider-secret"
	keyID    = "one"
)

// Provider answers for one person, whoever asks.
type Provider struct {
	*httptest.Server

	Claims map[string]any // of that person; they take the place of the usual ones
	Key    *ecdsa.PrivateKey
	// Methods of being told the secret that the provider says it supports, and insists on; nil to say none, and to
	// take the usual one.
	Methods []string

	mu    sync.Mutex
	codes map[string]url.Values // what was asked for, by code; each is good once
	calls int                   // to exchange a code
}

// New starts one.
func New(tb testing.TB) *Provider {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	p := &Provider{Claims: map[string]any{}, Key: key, codes: map[string]url.Values{}}
	described := &oidctest.Server{
		PublicKeys: []oidctest.PublicKey{{PublicKey: key.Public(), KeyID: keyID, Algorithm: oidc.ES256}},
		Algorithms: []string{oidc.ES256},
	}
	mux := http.NewServeMux()
	mux.Handle("/", described)
	mux.HandleFunc("GET /.well-known/openid-configuration", p.describe(described))
	mux.HandleFunc("GET /auth", p.authorize)
	mux.HandleFunc("POST /token", p.exchange)
	p.Server = httptest.NewServer(mux)
	tb.Cleanup(p.Close)
	described.SetIssuer(p.URL)
	return p
}

// Exchanges is how often somebody wanted a code exchanged.
func (p *Provider) Exchanges() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls
}

// describe adds the methods to what is described.
func (p *Provider) describe(described http.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		plain, says := httptest.NewRecorder(), map[string]any{}
		described.ServeHTTP(plain, r)
		if err := json.Unmarshal(plain.Body.Bytes(), &says); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		if p.Methods != nil {
			says["token_endpoint_auth_methods_supported"] = p.Methods
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(says)
	}
}

// known reports whether the hub says the secret, in a way that the provider supports.
func (p *Provider) known(r *http.Request) bool {
	if id, secret, ok := r.BasicAuth(); ok {
		return id == ClientID && secret == Secret && (p.Methods == nil || slices.Contains(p.Methods, "client_secret_basic"))
	}
	return r.PostFormValue("client_id") == ClientID && r.PostFormValue("client_secret") == Secret &&
		slices.Contains(p.Methods, "client_secret_post")
}

// authorize lets the person in without a word.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	asked := r.URL.Query()
	if asked.Get("client_id") != ClientID || asked.Get("response_type") != "code" ||
		asked.Get("code_challenge_method") != "S256" || asked.Get("nonce") == "" {
		http.Error(w, "invalid_request", http.StatusBadRequest)
		return
	}
	code := rand.Text()
	p.mu.Lock()
	p.codes[code] = asked
	p.mu.Unlock()
	back := asked.Get("redirect_uri") + "?" + url.Values{"code": {code}, "state": {asked.Get("state")}}.Encode()
	http.Redirect(w, r, back, http.StatusFound)
}

func (p *Provider) exchange(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.calls++
	asked := p.codes[r.PostFormValue("code")]
	delete(p.codes, r.PostFormValue("code"))
	p.mu.Unlock()
	challenge := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	w.Header().Set("Content-Type", "application/json")
	if asked == nil || !p.known(r) ||
		r.PostFormValue("redirect_uri") != asked.Get("redirect_uri") ||
		base64.RawURLEncoding.EncodeToString(challenge[:]) != asked.Get("code_challenge") {
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": "invalid_grant"})
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{
		"access_token": rand.Text(), "token_type": "Bearer", "id_token": p.token(asked.Get("nonce")),
	})
}

func (p *Provider) token(nonce string) string {
	claims := map[string]any{
		"iss": p.URL, "aud": ClientID, "sub": "4711", "nonce": nonce, "iat": time.Now().Unix(),
		"exp": time.Now().Add(time.Minute).Unix(), "email": "Ada@Example.com", "email_verified": true,
	}
	maps.Copy(claims, p.Claims)
	text, err := json.Marshal(claims)
	if err != nil {
		panic(err) // texts and numbers always have a form
	}
	return oidctest.SignIDToken(p.Key, keyID, oidc.ES256, string(text))
}
