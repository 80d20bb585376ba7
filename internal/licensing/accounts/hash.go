package accounts

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// cost is what a hash costs (RFC 9106, section 3.1).
type cost struct {
	memory uint32 // KiB
	time   uint32 // passes
	lanes  uint8
}

// usual is the cost of new hashes: 19 MiB and two passes, so that many attempts at once do not fill the memory.
var usual = cost{memory: 19 * 1024, time: 2, lanes: 1}

const (
	saltLength = 16
	hashLength = 32
)

// waiting is how many attempts wait for each processor at the most: about a second's work.
const waiting = 32

// hasher hashes passwords, as many at once as there are processors. A bounded number of others waits; who comes then is sent away, so that
// a crowd costs neither memory nor time.
type hasher struct {
	seats chan struct{}
	slots chan struct{}
	// nobody is a hash that no password fits: checking against it costs what a real check costs.
	nobody string
}

func newHasher() *hasher {
	n := runtime.GOMAXPROCS(0)
	h := &hasher{seats: make(chan struct{}, n*(1+waiting)), slots: make(chan struct{}, n)}
	var salt, hash [hashLength]byte
	rand.Read(salt[:])
	rand.Read(hash[:])
	h.nobody = encodeHash(usual, salt[:saltLength], hash[:])
	return h
}

// admit takes a seat for one attempt, which leave gives back; whoever hashes has one. Errors: Limited "accounts.too_many_attempts".
func (h *hasher) admit() (leave func(), err error) {
	select {
	case h.seats <- struct{}{}:
		return func() { <-h.seats }, nil
	default:
		return nil, errManyAttempts
	}
}

func (h *hasher) enter(ctx context.Context) error {
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// hash returns the stored form of a password: the PHC string of argon2id, with its parameters in it.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer func() { <-h.slots }()
	salt := make([]byte, saltLength)
	rand.Read(salt)
	return encodeHash(usual, salt, derive(usual, salt, password)), nil
}

// check reports whether password fits the stored form, and whether that form is of another cost than new ones. An empty
// stored form costs the same and fits nothing.
func (h *hasher) check(ctx context.Context, stored, password string) (fits, outdated bool, err error) {
	missing := stored == ""
	if missing {
		stored = h.nobody
	}
	c, salt, want, err := decodeHash(stored)
	if err != nil {
		return false, false, err
	}
	if err := h.enter(ctx); err != nil {
		return false, false, err
	}
	defer func() { <-h.slots }()
	same := subtle.ConstantTimeCompare(derive(c, salt, password), want) == 1
	return same && !missing, c != usual, nil
}

// derive hashes the password in NFC, so that an è typed on another keyboard is the same è.
func derive(c cost, salt []byte, password string) []byte {
	return argon2.IDKey([]byte(norm.NFC.String(password)), salt, c.time, c.memory, c.lanes, hashLength)
}

func encodeHash(c cost, salt, hash []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.memory, c.time, c.lanes, b64.EncodeToString(salt), b64.EncodeToString(hash))
}

func decodeHash(s string) (c cost, salt, hash []byte, err error) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return cost{}, nil, nil, fmt.Errorf("a stored password is not an argon2id hash of version %d", argon2.Version)
	}
	if _, err = fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.memory, &c.time, &c.lanes); err != nil || c.time == 0 || c.lanes == 0 {
		return cost{}, nil, nil, fmt.Errorf("a stored password has parameters that cannot be read")
	}
	if salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return cost{}, nil, nil, fmt.Errorf("a stored password has a salt that cannot be read")
	}
	if hash, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || len(hash) != hashLength {
		return cost{}, nil, nil, fmt.Errorf("a stored password has a hash that cannot be read")
	}
	return c, salt, hash, nil
}
