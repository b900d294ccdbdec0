package session

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"

	"orderhub/server/password"
)

// KnownAge is how long a browser is known after an operator has signed in with it.
const KnownAge = 90 * 24 * time.Hour

const (
	// markBytes is how much of a mark is random, so that wrong passwords count for its browser.
	markBytes = 12
	// mostMark is more than a mark has.
	mostMark = 128
)

// Remember is a mark for the browser of an operator who has signed in. It lets nobody in. Who
// shows it as they sign in by the same name waits among those who are known, and guesses on
// an account of its own: strangers who besiege the door, or lock the name, do not keep them out.
func (s *Service) Remember(name string) string {
	random := make([]byte, markBytes)
	_, _ = rand.Read(random) // never fails: it ends the program instead
	said := strconv.FormatInt(s.now().Add(KnownAge).Unix(), 36) + "." + base64.RawURLEncoding.EncodeToString(random)
	return said + "." + base64.RawURLEncoding.EncodeToString(sign(s.keys[0], name, said))
}

// knows reports whether it is a mark that is good for the operator of this name, and what its
// browser is called in the count of guesses.
func (s *Service) knows(name, mark string) (browser string, ok bool) {
	cut := strings.LastIndexByte(mark, '.')
	if cut < 0 || len(mark) > mostMark {
		return "", false
	}
	said := mark[:cut]
	signature, err := base64.RawURLEncoding.DecodeString(mark[cut+1:])
	ours := func(key []byte) bool { return hmac.Equal(signature, sign(key, name, said)) }
	if err != nil || !slices.ContainsFunc(s.keys, ours) {
		return "", false
	}
	until, browser, _ := strings.Cut(said, ".")
	end, err := strconv.ParseInt(until, 36, 64)
	return browser, err == nil && s.now().Before(time.Unix(end, 0))
}

func sign(key []byte, name, said string) []byte {
	mac := hmac.New(sha256.New, key)
	// A name has no line break.
	mac.Write([]byte("orderhub known browser\n" + name + "\n" + said))
	return mac.Sum(nil)
}

// guesser is whose guesses at an operator count together, and how they wait: the browser's of a
// mark that is good, else everybody's. No e-mail address of a merchant has a blank.
func (s *Service) guesser(in *SignIn) (name string, guest password.Guest) {
	name, guest = "operator "+in.Name, password.Guest{From: in.Browser.Address}
	if browser, ok := s.knows(in.Name, in.Known); ok {
		name, guest.Known = name+" browser "+browser, true
	}
	return name, guest
}

// guesser is the same of who has signed in: they do not wait with strangers, and these lock them out of nothing. All
// sessions of an operator count together, so that a session which was stolen is no place to guess at for long.
func (s *Session) guesser() (name string, guest password.Guest) {
	return "operator " + s.Name + " in session", password.Guest{From: s.browser.Address, Known: true}
}
